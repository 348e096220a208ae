/** Deployment, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { equal, isObject, type JsonObject, objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { StatusCause } from '../../status.ts'
import { forbiddenField, immutable, invalidValue, notSupported } from '../../validation/causes.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../columns.ts'
import type { Kind } from '../kind.ts'
import {
  alwaysRestart,
  defaultTemplate,
  selectorText,
  TEMPLATE_COLUMNS,
  templateCells,
  validateSelector,
  validateTemplate,
} from '../template.ts'
import { age } from '../time.ts'

const QUARTER = '25%'

function defaults(deployment: JsonObject): void {
  const spec = objectOf(deployment.spec)
  deployment.spec = spec
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  const strategy = isObject(spec.strategy) ? spec.strategy : {}
  spec.strategy = strategy
  if (textOf(strategy.type) === '') strategy.type = 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    const rolling = isObject(strategy.rollingUpdate) ? strategy.rollingUpdate : {}
    strategy.rollingUpdate = rolling
    rolling.maxUnavailable ??= QUARTER
    rolling.maxSurge ??= QUARTER
  }
  defaultTemplate(spec)
}

const isZero = (value: unknown): boolean => value === 0 || value === '0%'

function validateStrategy(spec: JsonObject): StatusCause[] {
  const strategy = objectOf(spec.strategy)
  const path = 'spec.strategy'
  if (strategy.type === 'Recreate') {
    return strategy.rollingUpdate === undefined
      ? []
      : [forbiddenField(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (strategy.type !== 'RollingUpdate') {
    return [
      notSupported(path, { Type: strategy.type, RollingUpdate: strategy.rollingUpdate ?? null }, [
        'Recreate',
        'RollingUpdate',
      ]),
    ]
  }
  const rolling = objectOf(strategy.rollingUpdate)
  const causes: StatusCause[] = []
  for (const field of ['maxUnavailable', 'maxSurge']) {
    const value = rolling[field]
    if (typeof value === 'string' && !/^\d+%$/.test(value)) {
      causes.push(
        invalidValue(
          `${path}.rollingUpdate.${field}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      )
    } else if (typeof value === 'number' && value < 0) {
      causes.push(invalidValue(`${path}.rollingUpdate.${field}`, value, 'must be greater than or equal to 0'))
    }
  }
  if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
    causes.push(
      invalidValue(
        `${path}.rollingUpdate.maxUnavailable`,
        rolling.maxUnavailable,
        'may not be 0 when `maxSurge` is 0',
      ),
    )
  }
  return causes
}

function validate(deployment: ApiObject): StatusCause[] {
  const spec = objectOf(deployment.spec)
  const causes: StatusCause[] = []
  const notNegative = (field: string): void => {
    const value = spec[field]
    if (typeof value === 'number' && value < 0)
      causes.push(invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0'))
  }
  notNegative('replicas')
  causes.push(
    ...validateSelector(spec),
    ...validateTemplate(spec),
    ...alwaysRestart(spec),
    ...validateStrategy(spec),
  )
  notNegative('minReadySeconds')
  notNegative('revisionHistoryLimit')
  notNegative('progressDeadlineSeconds')
  const { progressDeadlineSeconds: deadline, minReadySeconds: ready = 0 } = spec
  if (typeof deadline === 'number' && typeof ready === 'number' && deadline <= ready) {
    causes.push(
      invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'),
    )
  }
  return causes
}

export const deployment: Kind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['deploy'],
  categories: ['all'],
  status: true,
  generation: true,
  generationCountsAnnotations: true,
  scale: {
    specReplicas: ['spec', 'replicas'],
    statusReplicas: ['status', 'replicas'],
    selector: object => selectorText(objectOf(object.spec).selector),
  },
  schema: () => definition('io.k8s.api.apps.v1.Deployment'),
  defaults,
  prepareCreate: object => {
    object.status = {}
  },
  validate,
  validateUpdate: (object, old) => {
    const selector = objectOf(object.spec).selector
    const same = equal(selector, objectOf(old.spec).selector)
    return [...validate(object), ...(same ? [] : [immutable('spec.selector', selector)])]
  },
  columns: [
    NAME_COLUMN,
    column('Ready', 'string', 'Number of the pod with ready state'),
    column(
      'Up-to-date',
      'string',
      'Total number of non-terminating pods targeted by this deployment that have the desired template spec.',
    ),
    column(
      'Available',
      'string',
      'Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.',
    ),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
    wide(
      'Selector',
      'Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.',
    ),
  ],
  row: (object, now) => {
    const status = objectOf(object.status)
    const ready = `${status.readyReplicas ?? 0}/${objectOf(object.spec).replicas ?? 0}`
    return [
      object.metadata.name,
      ready,
      status.updatedReplicas ?? 0,
      status.availableReplicas ?? 0,
      age(object, now),
      ...templateCells(object),
    ]
  },
}
