/** Objects as Go's encoding/json prints the API server's internal types: Go's names, every field, null where none is. */
import { isObject, type JsonObject, objectOf } from '../json.ts'
import { INTERNAL_TYPES } from './internal-types.ts'

interface GoField {
  goName: string
  jsonName: string
  /** `?`, `0`, `false`, `quantity`, `T`, `*T`, `[T]`; empty for text. */
  type: string
}

/** `DNSPolicy` → `dnsPolicy`, `SELinuxOptions` → `seLinuxOptions`, `TTY` → `tty`. */
const jsonName = (goName: string): string =>
  goName.replace(/^(?:[A-Z]+(?=[A-Z][a-z]|$)|[A-Z])/, start => start.toLowerCase())

const lines = new Map<string, string>()
for (const [, name = '', fields = ''] of INTERNAL_TYPES.matchAll(/^(\w+):((?:.*)(?:\n {2}.*)*)/gm)) {
  lines.set(name, fields)
}
const types = new Map<string, readonly GoField[]>()

function fieldsOf(type: string): readonly GoField[] {
  const known = types.get(type)
  if (known) return known
  const words = (lines.get(type) ?? '').split(/\s+/).filter(word => word !== '')
  const fields = words.flatMap(word => {
    if (word.startsWith('+')) return fieldsOf(word.slice(1))
    const [name = '', fieldType = ''] = word.split(':')
    const [goName = '', json = jsonName(goName)] = name.replace(')', '').split('(')
    return [{ goName, jsonName: json, type: fieldType }]
  })
  types.set(type, fields)
  return fields
}

function formOf(value: unknown, type: string): unknown {
  switch (type) {
    case '':
      return value ?? ''
    case '0':
      return value ?? 0
    case 'false':
      return value ?? false
    case 'quantity':
      return value ?? '0'
    case '?':
      return isObject(value) ? inMapOrder(value) : (value ?? null)
  }
  if (type.startsWith('[')) {
    const element = type.slice(1, -1)
    return Array.isArray(value) ? value.map(item => internalForm(element, objectOf(item))) : null
  }
  if (type.startsWith('*')) return isObject(value) ? internalForm(type.slice(1), value) : null
  return internalForm(type, objectOf(value))
}

/** A value of an internal type; properties are in Go's order. */
export function internalForm(type: string, value: JsonObject): JsonObject {
  const source = type === 'PodSpec' ? withHostFields(value) : value
  return Object.fromEntries(
    fieldsOf(type).map(field => [field.goName, formOf(source[field.jsonName], field.type)]),
  )
}

/** Go sorts a map's keys; the one struct among these, a label selector, has its labels first. */
const inMapOrder = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => Number(b === 'matchLabels') - Number(a === 'matchLabels') || (a < b ? -1 : 1))
      .map(([key, item]) => [key, isObject(item) ? inMapOrder(item) : item]),
  )

const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers']

/** Internally the host's namespaces belong to the pod's security context. */
function withHostFields(spec: JsonObject): JsonObject {
  const moved = HOST_FIELDS.filter(field => spec[field] !== undefined).map(field => [field, spec[field]])
  return { ...spec, securityContext: { ...objectOf(spec.securityContext), ...Object.fromEntries(moved) } }
}

const METADATA_ORDER = ['name', 'generateName', 'namespace', 'labels', 'annotations', 'finalizers']

/** A pod template: its metadata's own JSON names beside `Spec`. */
export function internalTemplate(template: JsonObject): JsonObject {
  const metadata = objectOf(template.metadata)
  const shown = METADATA_ORDER.filter(field => metadata[field] !== undefined).map(field => [
    field,
    isObject(metadata[field]) ? inMapOrder(metadata[field]) : metadata[field],
  ])
  return { ...Object.fromEntries(shown), Spec: internalForm('PodSpec', objectOf(template.spec)) }
}

const ESCAPED: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }

/** JSON as Go writes it, with `indent` blanks a level; 0 keeps it on one line. */
export const goJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(/[<>&]/g, character => ESCAPED[character] ?? character)
