/** Job, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { clone, equal, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import {
  always,
  bool,
  core,
  int32,
  int64,
  keyedList,
  kindSchema,
  labelSelector,
  list,
  object,
  setOf,
  text,
  time,
} from '../../schema/declare.ts'
import type { StatusCause } from '../../status.ts'
import { immutable, invalidValue, notSupported, required } from '../../validation/causes.ts'
import { internalTemplate } from '../../validation/internal-form.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { defaultTemplate, TEMPLATE_COLUMNS, templateCells, validateTemplate } from '../template.ts'
import { age, humanDuration } from '../time.ts'

const SCHEMA = kindSchema({
  spec: always(
    object(
      {
        activeDeadlineSeconds: int64,
        backoffLimit: int32,
        backoffLimitPerIndex: int32,
        completionMode: text,
        completions: int32,
        managedBy: text,
        manualSelector: bool,
        maxFailedIndexes: int32,
        parallelism: int32,
        podFailurePolicy: object({ rules: list({ $ref: 'io.k8s.apimachinery.pkg.runtime.RawExtension' }) }),
        podReplacementPolicy: text,
        selector: labelSelector,
        successPolicy: object({ rules: list({ $ref: 'io.k8s.apimachinery.pkg.runtime.RawExtension' }) }),
        suspend: bool,
        template: always(core('PodTemplateSpec')),
        ttlSecondsAfterFinished: int32,
      },
      ['template'],
    ),
  ),
  status: always(
    object({
      active: int32,
      completedIndexes: text,
      completionTime: time,
      conditions: {
        ...keyedList(
          ['type'],
          object({
            type: always(text, ''),
            status: always(text, ''),
            lastProbeTime: time,
            lastTransitionTime: time,
            reason: text,
            message: text,
          }),
          'type',
        ),
        'x-kubernetes-list-type': 'atomic',
      },
      failed: int32,
      failedIndexes: text,
      ready: int32,
      startTime: time,
      succeeded: int32,
      terminating: int32,
      uncountedTerminatedPods: object({ failed: setOf(text), succeeded: setOf(text) }),
    }),
  ),
})

const UID_LABEL = 'batch.kubernetes.io/controller-uid'

function defaults(job: JsonObject): void {
  const spec = objectOf(job.spec)
  job.spec = spec
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  if (spec.backoffLimit === undefined)
    spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'
  spec.manualSelector ??= false
  const template = isObject(spec.template) ? spec.template : {}
  spec.template = template
  // Unlike other controllers' templates: no restartPolicy is an error, so it must not be filled in.
  const hadPolicy = textOf(objectOf(template.spec).restartPolicy) !== ''
  defaultTemplate(spec)
  if (!hadPolicy) objectOf(template.spec).restartPolicy = 'Always'
  const labels = objectOf(template.metadata).labels
  const metadata = objectOf(job.metadata)
  if (isObject(labels) && Object.keys(objectOf(metadata.labels)).length === 0) metadata.labels = clone(labels)
}

/** Selector and labels by the job's uid, unless the selector is the user's own. */
function generateSelector(job: JsonObject): void {
  const spec = objectOf(job.spec)
  if (spec.manualSelector === true) return
  const { uid } = objectOf(job.metadata)
  const name = textOf(objectOf(job.metadata).name)
  const template = objectOf(spec.template)
  const metadata = isObject(template.metadata) ? template.metadata : {}
  template.metadata = metadata
  metadata.labels = {
    ...objectOf(metadata.labels),
    [UID_LABEL]: uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const own = objectOf(job.metadata)
  if (Object.keys(objectOf(own.labels)).length === 0) own.labels = clone(metadata.labels)
  if (!isObject(spec.selector)) spec.selector = { matchLabels: { [UID_LABEL]: uid } }
}

function validate(job: ApiObject): StatusCause[] {
  const spec = objectOf(job.spec)
  const causes: StatusCause[] = []
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ]) {
    const value = spec[field]
    if (typeof value === 'number' && value < 0)
      causes.push(invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0'))
  }
  if (!['NonIndexed', 'Indexed'].includes(textOf(spec.completionMode))) {
    causes.push(notSupported('spec.completionMode', spec.completionMode, ['Indexed', 'NonIndexed']))
  }
  causes.push(...validateTemplate(spec))
  const policy = objectOf(objectOf(spec.template).spec).restartPolicy
  if (policy === 'Always' || textOf(policy) === '') {
    causes.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'))
  }
  return causes
}

function validateUpdate(job: ApiObject, old: ApiObject): StatusCause[] {
  const spec = objectOf(job.spec)
  const before = objectOf(old.spec)
  const causes = validate(job)
  for (const field of ['completions', 'selector', 'template', 'completionMode']) {
    if (field === 'completions' && spec.completionMode === 'Indexed') continue
    const was = field === 'template' ? templateBefore(spec, old) : before[field]
    if (!equal(spec[field], was)) causes.push(immutable(`spec.${field}`, shownField(field, spec[field])))
  }
  return causes
}

const shownField = (field: string, value: unknown): unknown =>
  field === 'template' ? internalTemplate(objectOf(value)) : value

const SCHEDULING_DIRECTIVES = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates'] as const

/** A suspended Job that never ran may still be told where to run: that part of the template is taken as unchanged. */
function templateBefore(spec: JsonObject, old: ApiObject): unknown {
  const before = objectOf(old.spec)
  if (before.suspend !== true || objectOf(old.status).startTime !== undefined) return before.template
  const wanted = objectOf(spec.template)
  const template = clone(objectOf(before.template))
  const podSpec = objectOf(template.spec)
  for (const field of SCHEDULING_DIRECTIVES) {
    const value = objectOf(wanted.spec)[field]
    if (value === undefined) delete podSpec[field]
    else podSpec[field] = value
  }
  const { labels, annotations } = objectOf(wanted.metadata)
  template.metadata = { ...objectOf(template.metadata), labels, annotations }
  return template
}

const conditionIs = (job: ApiObject, type: string): boolean =>
  objectsOf(objectOf(job.status).conditions).some(
    condition => condition.type === type && condition.status === 'True',
  )

function statusWord(job: ApiObject): string {
  for (const [type, word] of [
    ['Complete', 'Complete'],
    ['Failed', 'Failed'],
  ] as const)
    if (conditionIs(job, type)) return word
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (conditionIs(job, 'Suspended')) return 'Suspended'
  if (conditionIs(job, 'FailureTarget')) return 'FailureTarget'
  return conditionIs(job, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function completions(job: ApiObject): string {
  const spec = objectOf(job.spec)
  const succeeded = objectOf(job.status).succeeded ?? 0
  if (typeof spec.completions === 'number') return `${succeeded}/${spec.completions}`
  const parallelism = Number(spec.parallelism ?? 0)
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration(job: ApiObject, now: number): string {
  const { startTime, completionTime } = objectOf(job.status)
  if (typeof startTime !== 'string') return ''
  return humanDuration(
    (typeof completionTime === 'string' ? Date.parse(completionTime) : now) - Date.parse(startTime),
  )
}

export const job: Kind = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  namespaced: true,
  nameRule: 'subdomain',
  categories: ['all'],
  status: true,
  generation: true,
  schema: () => SCHEMA,
  defaults,
  prepareCreate: created => {
    created.status = {}
    generateSelector(created)
  },
  validate,
  validateUpdate,
  fields: { 'status.successful': found => String(objectOf(found.status).succeeded ?? 0) },
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'Status of the job.'),
    column(
      'Completions',
      'string',
      'The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.',
    ),
    column('Duration', 'string', 'Time required to complete the job.'),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
    wide(
      'Selector',
      'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    ),
  ],
  row: (found, now) => [
    found.metadata.name,
    statusWord(found),
    completions(found),
    duration(found, now),
    age(found, now),
    ...templateCells(found),
  ],
}
