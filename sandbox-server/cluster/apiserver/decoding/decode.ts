/**
 * A client's object becomes one of a built-in kind, as Go's decoder fills a struct: unknown fields are dropped (and
 * reported), a wrong type is refused in Go's words, zero values that Go would not write again are left out and those it
 * always writes are there.
 */
import { clone, isObject, type JsonObject, setOwn } from '../json.ts'
import { goName, resolve } from '../schema/definitions.ts'
import { canonicalQuantity, QUANTITY_ERROR } from '../schema/quantity.ts'
import type { Schema } from '../schema/schema.ts'
import { POINTER_FIELDS } from './pointers.ts'

/** A value that does not fit its Go type. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

export interface Decoded {
  value: JsonObject
  /** Paths of fields that the kind does not have. */
  unknown: string[]
}

/** How wrong types are worded: a JSON body (`json`) or a patched object (`conversion`: runtime's FromUnstructured). */
export type Wording = 'json' | 'conversion'

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'
const TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Time'
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime'
const FIELDS_V1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1'
const RAW = new Set([FIELDS_V1, 'io.k8s.apimachinery.pkg.runtime.RawExtension', 'JSON', 'JSONSchemaProps'])

/** Decodes a whole object of the kind that `schema` describes. */
export function decodeObject(
  kind: string,
  schema: Schema,
  input: JsonObject,
  wording: Wording = 'json',
): Decoded {
  const decoder = new Decoder(wording)
  const value = decoder.struct(resolve(schema), kind, input, '', '')
  return { value, unknown: decoder.unknown }
}

class Decoder {
  readonly unknown: string[] = []
  readonly #wording: Wording

  constructor(wording: Wording) {
    this.#wording = wording
  }

  /** `path` is for people (with indices), `goPath` for Go's messages (without). */
  struct(schema: Schema, name: string, input: JsonObject, path: string, goPath: string): JsonObject {
    const properties = schema.properties ?? {}
    const result: JsonObject = {}
    for (const key of Object.keys(input)) {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined
      if (!property) {
        const similar = Object.keys(properties).find(
          candidate => candidate.toLowerCase() === key.toLowerCase(),
        )
        this.unknown.push(join(path, similar && !Object.hasOwn(input, similar) ? key : key))
        continue
      }
      const field = { struct: name, path: join(path, key), goPath: join(goPath, key) }
      const value = this.#field(property, input[key], field)
      if (value !== undefined && !dropsZero(name, key, property, value)) result[key] = value
    }
    for (const [key, property] of Object.entries(properties)) {
      if (property.default !== undefined && result[key] === undefined) {
        result[key] = this.#zero(property)
      }
    }
    return result
  }

  /** What Go writes for a field without omitempty: a struct's own such fields in turn. */
  #zero(property: Schema): unknown {
    const schema = resolve(property)
    return schema.properties ? this.struct(schema, '', {}, '', '') : clone(property.default)
  }

  #field(property: Schema, input: unknown, field: Field): unknown {
    if (input === null) return property.default === undefined ? undefined : this.#zero(property)
    const special = this.#special(property.$ref, input, field)
    if (special !== NOT_SPECIAL) return special
    const schema = resolve(property)
    if (schema.type === 'object' || schema.properties) return this.#object(property, schema, input, field)
    if (schema.type === 'array') return this.#array(schema, input, field)
    return this.#scalar(schema, input, field)
  }

  #object(property: Schema, schema: Schema, input: unknown, field: Field): unknown {
    if (schema.properties) {
      if (!isObject(input))
        throw this.#mismatch(input, property.$ref ? goName(property.$ref) : 'struct', field)
      const name = property.$ref ? (property.$ref.split('.').at(-1) ?? '') : field.struct
      return this.struct(schema, name, input, field.path, field.goPath)
    }
    const values = schema.additionalProperties
    if (!isObject(values)) return clone(input)
    if (!isObject(input)) throw this.#mismatch(input, typeName(schema), field)
    const result: JsonObject = {}
    for (const [key, value] of Object.entries(input)) {
      const entry = { ...field, path: `${field.path}.${key}` }
      const decoded = this.#field(values, value, entry)
      setOwn(result, key, decoded === undefined ? zeroOf(resolve(values)) : decoded)
    }
    return result
  }

  #array(schema: Schema, input: unknown, field: Field): unknown {
    if (!Array.isArray(input)) throw this.#mismatch(input, typeName(schema), field)
    const items = schema.items
    if (!items) return clone(input)
    return input.map((item, index) => {
      const value = this.#field(items, item, { ...field, path: `${field.path}[${index}]` })
      if (value !== undefined) return value
      const itemSchema = resolve(items)
      return itemSchema.properties ? this.struct(itemSchema, '', {}, '', '') : zeroOf(itemSchema)
    })
  }

  #scalar(schema: Schema, input: unknown, field: Field): unknown {
    const type = typeName(schema)
    switch (schema.type) {
      case 'string':
        if (typeof input !== 'string') throw this.#mismatch(input, type, field)
        if (schema.format === 'byte') checkBase64(input)
        return input
      case 'boolean':
        if (typeof input !== 'boolean') throw this.#mismatch(input, type, field)
        return input
      case 'integer':
        if (typeof input !== 'number') throw this.#mismatch(input, type, field)
        if (!Number.isInteger(input) || Math.abs(input) > (type === 'int32' ? 2 ** 31 - 1 : 2 ** 63)) {
          throw this.#mismatch(input, type, field, ` ${input}`)
        }
        return input
      case 'number':
        if (typeof input !== 'number') throw this.#mismatch(input, 'float64', field)
        return input
      default:
        return clone(input)
    }
  }

  #special(reference: string | undefined, input: unknown, field: Field): unknown {
    switch (reference) {
      case QUANTITY:
        return quantityOf(input)
      case INT_OR_STRING:
        if (typeof input === 'string' || (typeof input === 'number' && Number.isInteger(input))) return input
        throw new DecodeError(`json: cannot unmarshal ${goKind(input)} into Go value of type int32`)
      case TIME:
      case MICRO_TIME:
        return timeOf(input, reference === MICRO_TIME)
      default:
        return reference !== undefined && (RAW.has(reference) || RAW.has(reference.split('.').at(-1) ?? ''))
          ? clone(input)
          : this.#wrongStruct(reference, input, field)
    }
  }

  #wrongStruct(_reference: string | undefined, _input: unknown, _field: Field): unknown {
    return NOT_SPECIAL
  }

  #mismatch(input: unknown, type: string, field: Field, shown = ''): DecodeError {
    if (this.#wording === 'conversion') return new DecodeError(conversionWords(input, type))
    return new DecodeError(
      `json: cannot unmarshal ${goKind(input)}${shown} into Go struct field ${field.struct}.${field.goPath} of type ${type}`,
    )
  }
}

interface Field {
  struct: string
  path: string
  goPath: string
}

const NOT_SPECIAL = Symbol('not special')

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const goKind = (value: unknown): string =>
  Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value

/** k8s.io/apimachinery/pkg/runtime/converter.go's sentences. */
function conversionWords(input: unknown, type: string): string {
  const from = Array.isArray(input) ? 'slice' : isObject(input) ? 'map' : goScalar(input)
  if (type === 'string' && from === 'int64') return 'cannot convert int64 to string'
  if (type.startsWith('[]')) return `cannot restore slice from ${from}`
  if (type.startsWith('map[')) return `cannot restore map from ${from}`
  if (type.includes('.'))
    return `cannot restore struct from: ${from === 'map' || from === 'slice' ? from : from}`
  return `unrecognized type: ${type}`
}

const goScalar = (value: unknown): string =>
  typeof value === 'boolean'
    ? 'bool'
    : typeof value === 'number'
      ? Number.isInteger(value)
        ? 'int64'
        : 'float64'
      : typeof value

function typeName(schema: Schema): string {
  if (schema.$ref) return goName(schema.$ref)
  switch (schema.type) {
    case 'array':
      return `[]${schema.items ? typeName(schema.items) : 'interface {}'}`
    case 'object':
      return `map[string]${isObject(schema.additionalProperties) ? typeName(schema.additionalProperties) : 'interface {}'}`
    case 'boolean':
      return 'bool'
    case 'integer':
      return schema.format ?? 'int64'
    case 'number':
      return 'float64'
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string'
    default:
      return 'interface {}'
  }
}

const zeroOf = (schema: Schema): unknown =>
  schema.type === 'string'
    ? ''
    : schema.type === 'boolean'
      ? false
      : schema.type === 'array'
        ? []
        : schema.type === 'integer'
          ? 0
          : {}

/** omitempty: empty maps and lists, and zero scalars of fields that are no pointers and have no default. */
function dropsZero(struct: string, key: string, property: Schema, value: unknown): boolean {
  if (property.default !== undefined || POINTER_FIELDS.has(key) || POINTER_FIELDS.has(`${struct}.${key}`)) {
    return false
  }
  if (value === '' || value === 0 || value === false) return property.$ref !== INT_OR_STRING
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value) && Object.keys(value).length === 0)
    return isObject(resolve(property).additionalProperties)
  return false
}

function checkBase64(text: string): void {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text)
  const clean = text.replace(/[\r\n]/g, '')
  if (!bad && clean.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return
  const padding = clean.indexOf('=')
  const index = bad
    ? bad.index
    : padding >= 0 && padding < clean.length - 2
      ? padding
      : Math.floor(clean.length / 4) * 4
  throw new DecodeError(
    `illegal base64 data at input byte ${bad ? index : padding >= 0 ? index : Math.max(0, clean.length - (clean.length % 4))}`,
  )
}

function quantityOf(input: unknown): string {
  const text = typeof input === 'number' ? String(input) : input
  const canonical = typeof text === 'string' ? canonicalQuantity(text) : undefined
  if (canonical === undefined) throw new DecodeError(QUANTITY_ERROR)
  return canonical
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

function timeOf(input: unknown, micro: boolean): string {
  if (typeof input !== 'string')
    throw new DecodeError(`json: cannot unmarshal ${goKind(input)} into Go value of type string`)
  if (!RFC3339.test(input) || Number.isNaN(Date.parse(input))) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(input)} as "2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00": cannot parse ${JSON.stringify(input)} as "2006"`,
    )
  }
  if (!micro) return `${new Date(Date.parse(input)).toISOString().slice(0, 19)}Z`
  const fraction = /\.(\d+)/.exec(input)?.[1] ?? ''
  return `${new Date(Date.parse(input)).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`
}
