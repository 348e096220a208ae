/**
 * The messages of the kinds served here, as `messages/*.ts` write them, a line each (its continuations are indented):
 *
 *     *Deployment: 1 metadata meta.ObjectMeta, 2 spec DeploymentSpec, …
 *
 * A star marks what a body can hold. A field is number, JSON name (`name=GoName` where Go's name does not follow from
 * it) and type: a scalar, `json` (a message of raw JSON), a message of the same package or `package.Message`; `[T]` is
 * repeated, `{T}` a map by string. A scalar with `?` is a pointer in Go: its zero value is kept; without, its zero value
 * is absence. With `!` a field has no omitempty: it is written whether it is there or not. The name `...` puts a
 * message's fields into their parent, `=` makes a field's value that of the whole message.
 */
import { goFieldName } from './go-field-name.ts'
import admissionregistration from './messages/admissionregistration.ts'
import apiextensions from './messages/apiextensions.ts'
import apps from './messages/apps.ts'
import authentication from './messages/authentication.ts'
import authorization from './messages/authorization.ts'
import autoscaling from './messages/autoscaling.ts'
import batch from './messages/batch.ts'
import coordination from './messages/coordination.ts'
import core from './messages/core.ts'
import discovery from './messages/discovery.ts'
import events from './messages/events.ts'
import meta from './messages/meta.ts'
import networking from './messages/networking.ts'
import policy from './messages/policy.ts'
import rbac from './messages/rbac.ts'

export interface Field {
  name: string
  /** As errors name it. */
  goName: string
  placement: 'named' | 'inline' | 'whole'
  shape: 'single' | 'list' | 'map'
  /** A scalar's name, or `package.Message`. */
  type: string
  /** A zero value on the wire is a value. */
  keepsZero: boolean
  /** What Go writes where the wire has nothing; undefined is nothing as well. */
  absent: unknown
}

export interface Message {
  name: string
  fields: ReadonlyMap<number, Field>
}

/** Messages whose JSON is not an object of their fields; `values.ts` converts them. */
const WELL_KNOWN = `
IntOrString: 1 type int64?, 2 intVal int32?, 3 strVal string?
Quantity: 1 string=String_ string?
json: 1 raw bytes?
RawExtension: 1 raw bytes?
Time: 1 seconds int64?, 2 nanos int32?
MicroTime: 1 seconds int64?, 2 nanos int32?
`

const SCALARS: ReadonlySet<string> = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'double'])

/** Zero values that are not null. */
const ZEROS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['string', ''],
  ['bool', false],
  ['int32', 0],
  ['int64', 0],
  ['double', 0],
])

/** What serves which package; every other group has its first label as the package's name. */
const PACKAGES: Record<string, { apiVersion: string; text: string }> = {
  '': { apiVersion: '', text: WELL_KNOWN },
  meta: { apiVersion: 'meta.k8s.io/v1', text: meta },
  core: { apiVersion: 'v1', text: core },
  admissionregistration: { apiVersion: 'admissionregistration.k8s.io/v1', text: admissionregistration },
  apiextensions: { apiVersion: 'apiextensions.k8s.io/v1', text: apiextensions },
  apps: { apiVersion: 'apps/v1', text: apps },
  authentication: { apiVersion: 'authentication.k8s.io/v1', text: authentication },
  authorization: { apiVersion: 'authorization.k8s.io/v1', text: authorization },
  autoscaling: { apiVersion: 'autoscaling/v1', text: autoscaling },
  batch: { apiVersion: 'batch/v1', text: batch },
  coordination: { apiVersion: 'coordination.k8s.io/v1', text: coordination },
  discovery: { apiVersion: 'discovery.k8s.io/v1', text: discovery },
  events: { apiVersion: 'events.k8s.io/v1', text: events },
  networking: { apiVersion: 'networking.k8s.io/v1', text: networking },
  policy: { apiVersion: 'policy/v1', text: policy },
  rbac: { apiVersion: 'rbac.authorization.k8s.io/v1', text: rbac },
}

/** Unread lines by qualified name, and names of kinds by `apiVersion kind`. */
const lines = new Map<string, string>()
const kinds = new Map<string, string>()
for (const [own, { apiVersion, text }] of Object.entries(PACKAGES)) {
  for (const [, star, name = '', fields = ''] of text.matchAll(/^(\*?)(\w+):((?:.*)(?:\n {2}.*)*)/gm)) {
    const type = qualified(name, own)
    lines.set(type, fields)
    if (star === '*') kinds.set(`${apiVersion} ${name}`, type)
  }
}

const messages = new Map<string, Message>()

/** The message of that qualified name; a RangeError when the table lacks it. */
export function messageOf(type: string): Message {
  const known = messages.get(type)
  if (known) return known
  const line = lines.get(type)
  if (line === undefined) throw new RangeError(`no message is called ${type}; add it to messages/`)
  const [own = '', name = own] = type.split('.')
  const fields = new Map<number, Field>()
  for (const text of line.split(',')) {
    const [number, label = '', shape = ''] = text.trim().split(/\s+/)
    if (number) fields.set(Number(number), fieldOf(label, shape, name === own ? '' : own))
  }
  const message = { name, fields }
  messages.set(type, message)
  return message
}

function fieldOf(label: string, shape: string, own: string): Field {
  const [name = '', goName = goFieldName(name)] = label === '=' ? [label] : label.split('=')
  const type = shape.replace(/[[\]{}?!]/g, '')
  const form = shape.startsWith('[') ? 'list' : shape.startsWith('{') ? 'map' : 'single'
  return {
    name,
    goName,
    placement: label === '...' ? 'inline' : label === '=' ? 'whole' : 'named',
    shape: form,
    type: SCALARS.has(type) || lines.has(type) ? type : qualified(type, own),
    keepsZero: !SCALARS.has(type) || /[?!]$/.test(shape),
    absent: shape.endsWith('!') ? absentValue(form, type, shape.includes('?')) : undefined,
  }
}

const absentValue = (form: Field['shape'], type: string, isPointer: boolean): unknown =>
  form === 'single' && !isPointer ? (ZEROS.get(type) ?? null) : null

function qualified(type: string, own: string): string {
  return own === '' || type.includes('.') ? type : `${own}.${type}`
}

/** Every message's qualified name. */
export const messageTypes = (): Iterable<string> => lines.keys()

/** The message of a body's kind; options of a request may come under any group. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  return kinds.get(`${apiVersion} ${kind}`) ?? kinds.get(`meta.k8s.io/v1 ${kind}`)
}
