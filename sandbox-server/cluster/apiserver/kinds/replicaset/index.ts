/** ReplicaSet, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { equal, type JsonObject, objectOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, invalidValue } from '../../validation/causes.ts'
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

function defaults(replicaSet: JsonObject): void {
  const spec = objectOf(replicaSet.spec)
  replicaSet.spec = spec
  spec.replicas ??= 1
  defaultTemplate(spec)
}

function validate(replicaSet: ApiObject): StatusCause[] {
  const spec = objectOf(replicaSet.spec)
  const { replicas } = spec
  const causes: StatusCause[] = []
  if (typeof replicas === 'number' && replicas < 0) {
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  }
  return [...causes, ...validateSelector(spec), ...validateTemplate(spec), ...alwaysRestart(spec)]
}

export const replicaSet: Kind = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['rs'],
  categories: ['all'],
  status: true,
  generation: true,
  scale: {
    specReplicas: ['spec', 'replicas'],
    statusReplicas: ['status', 'replicas'],
    selector: object => selectorText(objectOf(object.spec).selector),
  },
  schema: () => definition('io.k8s.api.apps.v1.ReplicaSet'),
  defaults,
  prepareCreate: object => {
    object.status = { replicas: 0 }
  },
  validate,
  validateUpdate: (object, old) => {
    const selector = objectOf(object.spec).selector
    const same = equal(selector, objectOf(old.spec).selector)
    return [...validate(object), ...(same ? [] : [immutable('spec.selector', selector)])]
  },
  fields: { 'status.replicas': object => String(objectOf(object.status).replicas ?? 0) },
  columns: [
    NAME_COLUMN,
    column(
      'Desired',
      'integer',
      'Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    ),
    column(
      'Current',
      'integer',
      'Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    ),
    column(
      'Ready',
      'integer',
      'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.',
    ),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
    wide(
      'Selector',
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  row: (object, now) => {
    const status = objectOf(object.status)
    return [
      object.metadata.name,
      objectOf(object.spec).replicas ?? 0,
      status.replicas ?? 0,
      status.readyReplicas ?? 0,
      age(object, now),
      ...templateCells(object),
    ]
  },
}
