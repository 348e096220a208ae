/** Event: one collection, read as core/v1 or as events.k8s.io/v1. */
import type { ApiObject } from '../../api.ts'
import { clone, isObject, type JsonObject, objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { Schema } from '../../schema/schema.ts'
import type { StatusCause } from '../../status.ts'
import { invalidValue, required } from '../../validation/causes.ts'
import { column, NAME_COLUMN, wide } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { humanDuration } from '../time.ts'

/** Fields that Go writes whether they are set or not. */
function defaults(event: JsonObject): void {
  event.source ??= {}
  for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) event[field] ??= null
  for (const field of ['reportingComponent', 'reportingInstance']) event[field] ??= ''
}

/** Events with an eventTime are of the new kind: they say who did what to what. */
function validate(event: ApiObject): StatusCause[] {
  const { namespace = '' } = event.metadata
  const regarded = textOf(objectOf(event.involvedObject).namespace)
  const matches = regarded === namespace || (regarded === '' && namespace === 'default')
  const causes = matches
    ? []
    : [invalidValue('involvedObject.namespace', regarded, 'does not match event.namespace')]
  if (typeof event.eventTime !== 'string') return causes
  for (const field of ['reportingComponent', 'reportingInstance', 'action', 'reason'])
    if (textOf(event[field]) === '') causes.push(required(field))
  return causes
}

const instant = (...times: unknown[]): number | undefined => {
  const found = times.find(time => typeof time === 'string')
  return typeof found === 'string' ? Date.parse(found) : undefined
}

function row(event: ApiObject, now: number): unknown[] {
  const series = objectOf(event.series)
  const count = Number(event.count ?? series.count ?? 1) || 1
  const first = instant(event.firstTimestamp, event.eventTime)
  const last = instant(series.lastObservedTime, event.lastTimestamp, event.eventTime, event.firstTimestamp)
  const ago = (time: number | undefined): string =>
    time === undefined ? '<unknown>' : humanDuration(now - time)
  const isRepeated = count > 1 && isObject(event.series)
  const involved = objectOf(event.involvedObject)
  const source = objectOf(event.source)
  const component = textOf(source.component) || textOf(event.reportingComponent)
  const host = textOf(source.host) || textOf(event.reportingInstance)
  const name = textOf(involved.name)
  return [
    isRepeated ? `${ago(last)} (x${count} over ${ago(first)})` : ago(last),
    textOf(event.type),
    textOf(event.reason),
    `${textOf(involved.kind).toLowerCase()}${name === '' ? '' : `/${name}`}`,
    textOf(involved.fieldPath),
    [component, host].filter(part => part !== '').join(', '),
    textOf(event.message).trim(),
    ago(first),
    count,
    event.metadata.name,
  ]
}

const involved =
  (field: string) =>
  (event: ApiObject): string =>
    textOf(objectOf(event.involvedObject)[field])

export const event: Kind = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['ev'],
  schema: () => definition('io.k8s.api.core.v1.Event'),
  defaults,
  validate,
  fields: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: found => textOf(found.reason),
    reportingComponent: found => textOf(found.reportingComponent),
    source: found => textOf(objectOf(found.source).component),
    type: found => textOf(found.type),
  },
  columns: [
    column('Last Seen', 'string', 'The time at which the most recent occurrence of this event was recorded.'),
    column('Type', 'string', 'Type of this event (Normal, Warning), new types could be added in the future'),
    column(
      'Reason',
      'string',
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    ),
    column('Object', 'string', 'The object that this event is about.'),
    wide(
      'Subobject',
      'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
    ),
    wide('Source', 'The component reporting this event. Should be a short machine understandable string.'),
    column('Message', 'string', 'A human-readable description of the status of this operation.'),
    wide(
      'First Seen',
      'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)',
    ),
    wide('Count', 'The number of times this event has occurred.'),
    { ...NAME_COLUMN, priority: 1 },
  ],
  row,
}

/** What events.k8s.io/v1 asks of an event beyond core/v1; `event` is in core's form. */
function validateGroupEvent(event: ApiObject): StatusCause[] {
  const causes = validate(event).map(cause =>
    cause.field === 'reportingComponent' ? { ...cause, field: 'reportingController' } : cause,
  )
  if (typeof event.eventTime !== 'string') causes.push(required('eventTime'))
  const type = textOf(event.type)
  if (type !== 'Normal' && type !== 'Warning')
    causes.push(invalidValue('type', '', `has invalid value: ${type}`))
  return causes
}

function groupSchema(): Schema {
  const { properties = {}, ...rest } = definition('io.k8s.api.core.v1.Event')
  const groupNames = new Map<string, string>(RENAMED)
  const renamedProperties = Object.entries(properties).map(([name, schema]) => [
    groupNames.get(name) ?? name,
    schema,
  ])
  return { ...rest, properties: Object.fromEntries(renamedProperties), required: ['eventTime'] }
}

/** The same events as events.k8s.io/v1, which is what newer recorders write. */
export const groupEvent: Kind = {
  ...event,
  group: 'events.k8s.io',
  storedAs: '/events',
  stored: {
    kind: { ...event, validate: validateGroupEvent, validateUpdate: validate },
    form: object => renamed(object, false),
  },
  schema: groupSchema,
  row: (found, now) => row(renamed(found, false), now),
  convert: found => renamed(found, true),
}

/** events.k8s.io/v1's names for core/v1's fields. */
const RENAMED = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const

/** A core/v1 event as events.k8s.io/v1 reads it, or back. */
export function renamed(object: ApiObject, toGroup: boolean): ApiObject {
  const result = clone(object)
  for (const [coreName, groupName] of RENAMED) {
    const [from, to] = toGroup ? [coreName, groupName] : [groupName, coreName]
    if (result[from] !== undefined) result[to] = result[from]
    delete result[from]
  }
  result.apiVersion = toGroup ? 'events.k8s.io/v1' : 'v1'
  return result
}
