/**
 * Proto3 JSON → protobuf bytes, led by the schema read from Envoy itself
 * (https://protobuf.dev/programming-guides/json/). Names in camelCase and snake_case are both taken.
 */
import type { FieldSchema, ProtobufSchema } from './descriptors.ts'
import { WIRE_32_BIT, WIRE_64_BIT, WIRE_BYTES, WIRE_VARINT, WireWriter } from './wire.ts'

/** The JSON does not fit the message; `path` leads to the place, e.g. `filter_chains[0].filters[1]`. */
export class EncodeError extends Error {
  readonly path: string
  constructor(path: string, message: string) {
    super(path === '' ? message : `${path}: ${message}`)
    this.name = 'EncodeError'
    this.path = path
  }
}

type JsonObject = Record<string, unknown>

interface Field {
  name: string
  number: number
  type: number
  repeated: boolean
  typeName: string
  isMap: boolean
}

const TYPE_URL_PREFIX = 'type.googleapis.com/'
const WRAPPERS: Record<string, number> = {
  'google.protobuf.DoubleValue': 1,
  'google.protobuf.FloatValue': 2,
  'google.protobuf.Int64Value': 3,
  'google.protobuf.UInt64Value': 4,
  'google.protobuf.Int32Value': 5,
  'google.protobuf.BoolValue': 8,
  'google.protobuf.StringValue': 9,
  'google.protobuf.BytesValue': 12,
  'google.protobuf.UInt32Value': 13,
}
/** FieldDescriptorProto.Type. */
const TYPE_STRING = 9
const TYPE_MESSAGE = 11
const TYPE_BYTES = 12
const TYPE_ENUM = 14
const WIRE_TYPES: Record<number, number> = {
  1: WIRE_64_BIT,
  2: WIRE_32_BIT,
  6: WIRE_64_BIT,
  7: WIRE_32_BIT,
  9: WIRE_BYTES,
  12: WIRE_BYTES,
  15: WIRE_32_BIT,
  16: WIRE_64_BIT,
}

/** Encodes messages of one schema. Holds a scratch buffer, so one instance serves one caller at a time. */
export class MessageEncoder {
  readonly #schema: ProtobufSchema
  readonly #mapEntries: ReadonlySet<string>
  readonly #fields = new Map<string, Map<string, Field>>()
  readonly #out = new WireWriter(64 * 1024)

  constructor(schema: ProtobufSchema) {
    this.#schema = schema
    this.#mapEntries = new Set(schema.mapEntries)
  }

  /** The bytes of `json` as a message of type `typeName`; throws EncodeError. */
  encode(typeName: string, json: JsonObject): Buffer {
    this.#out.reset()
    this.#message(typeName, json, '')
    return this.#out.finish()
  }

  /** Whether Envoy knows the type; extensions of Istio's own Envoy build are not there. */
  knows(typeName: string): boolean {
    return this.#schema.messages[typeName] !== undefined || typeName.startsWith('google.protobuf.')
  }

  #fieldsOf(typeName: string, path: string): Map<string, Field> {
    const known = this.#fields.get(typeName)
    if (known) return known
    const schema = this.#schema.messages[typeName]
    if (!schema) throw new EncodeError(path, `unknown message type ${typeName}`)
    const fields = new Map<string, Field>()
    for (const entry of schema) {
      const field = this.#field(entry)
      fields.set(field.name, field)
      fields.set(camelCase(field.name), field)
    }
    this.#fields.set(typeName, fields)
    return fields
  }

  #field([name, number, type, repeated, typeName = '']: FieldSchema): Field {
    const isMap = this.#mapEntries.has(typeName)
    return { name, number, type, repeated: repeated === 1, typeName, isMap }
  }

  #message(typeName: string, json: unknown, path: string): void {
    if (typeName.startsWith('google.protobuf.') && this.#wellKnown(typeName, json, path)) return
    const fields = this.#fieldsOf(typeName, path)
    for (const [key, value] of Object.entries(objectAt(json, path))) {
      if (value === null || value === undefined || key === '@type') continue
      const field = fields.get(key)
      if (!field) throw new EncodeError(path, `no such field: ${key} in ${typeName}`)
      this.#fieldValue(field, value, path === '' ? key : `${path}.${key}`)
    }
  }

  #fieldValue(field: Field, value: unknown, path: string): void {
    if (field.isMap) return this.#map(field, value, path)
    if (!field.repeated) return this.#single(field, value, path)
    if (!Array.isArray(value)) throw new EncodeError(path, 'expected a list')
    const packed = field.type !== TYPE_MESSAGE && field.type !== TYPE_STRING && field.type !== TYPE_BYTES
    if (!packed) {
      for (const [index, element] of value.entries()) this.#single(field, element, `${path}[${index}]`)
    } else if (value.length > 0) {
      this.#out.nested(field.number, () => {
        for (const element of value) this.#scalar(field, element, path)
      })
    }
  }

  #map(field: Field, value: unknown, path: string): void {
    const entry = this.#fieldsOf(field.typeName, path)
    const keyField = entry.get('key')
    const valueField = entry.get('value')
    if (!keyField || !valueField) throw new EncodeError(path, `${field.typeName} is not a map entry`)
    for (const [key, element] of Object.entries(objectAt(value, path))) {
      this.#out.nested(field.number, () => {
        this.#single(keyField, keyField.type === TYPE_STRING ? key : JSON.parse(key), path)
        this.#single(valueField, element, `${path}.${key}`)
      })
    }
  }

  #single(field: Field, value: unknown, path: string): void {
    if (field.type === TYPE_MESSAGE) {
      this.#out.nested(field.number, () => this.#message(field.typeName, value, path))
      return
    }
    this.#out.tag(field.number, WIRE_TYPES[field.type] ?? WIRE_VARINT)
    this.#scalar(field, value, path)
  }

  #scalar(field: Pick<Field, 'type' | 'typeName'>, value: unknown, path: string): void {
    const out = this.#out
    switch (field.type) {
      case 1:
        return out.double(numberAt(value, path))
      case 2:
        return out.float(numberAt(value, path))
      case 6:
      case 16:
        return out.fixed64(bigAt(value, path))
      case 7:
      case 15:
        return out.fixed32(numberAt(value, path))
      case 8:
        if (typeof value !== 'boolean')
          throw new EncodeError(path, `expected true or false, not ${JSON.stringify(value)}`)
        return out.varint(value ? 1 : 0)
      case TYPE_STRING:
        if (typeof value !== 'string')
          throw new EncodeError(path, `expected a string, not ${JSON.stringify(value)}`)
        return out.string(value)
      case TYPE_BYTES:
        if (typeof value !== 'string') throw new EncodeError(path, 'expected base64')
        return out.bytes(Buffer.from(value, 'base64'))
      case TYPE_ENUM:
        return out.bigVarint(BigInt(this.#enumNumber(field.typeName, value, path)))
      case 17:
      case 18: {
        const number = bigAt(value, path)
        return out.bigVarint((number << 1n) ^ (number >> 63n))
      }
      default:
        return out.bigVarint(bigAt(value, path))
    }
  }

  #enumNumber(typeName: string, value: unknown, path: string): number {
    if (typeof value === 'number') return value
    if (typeName === 'google.protobuf.NullValue') return 0
    const number = this.#schema.enums[typeName]?.[String(value)]
    if (number === undefined)
      throw new EncodeError(path, `invalid value ${JSON.stringify(value)} for enum ${typeName}`)
    return number
  }

  /** Types with a JSON form of their own; false when it is an ordinary message after all. */
  #wellKnown(typeName: string, json: unknown, path: string): boolean {
    const wrapped = WRAPPERS[typeName]
    if (wrapped !== undefined) {
      this.#single(
        { name: 'value', number: 1, type: wrapped, repeated: false, typeName: '', isMap: false },
        json,
        path,
      )
      return true
    }
    switch (typeName) {
      case 'google.protobuf.Any':
        this.#any(objectAt(json, path), path)
        return true
      case 'google.protobuf.Duration':
        this.#duration(json, path)
        return true
      case 'google.protobuf.Timestamp':
        this.#seconds(BigInt(Math.floor(Date.parse(String(json)) / 1000)), 0)
        return true
      case 'google.protobuf.Empty':
        return true
      case 'google.protobuf.Struct':
        this.#struct(objectAt(json, path))
        return true
      case 'google.protobuf.Value':
        this.#value(json)
        return true
      case 'google.protobuf.ListValue':
        for (const element of Array.isArray(json) ? json : []) this.#out.nested(1, () => this.#value(element))
        return true
      default:
        return false
    }
  }

  #any(json: JsonObject, path: string): void {
    const url = json['@type']
    if (typeof url !== 'string') throw new EncodeError(path, '"@type" is missing')
    const typeName = url.slice(url.lastIndexOf('/') + 1)
    this.#out.stringField(1, TYPE_URL_PREFIX + typeName)
    const special = typeName.startsWith('google.protobuf.') && 'value' in json
    this.#out.nested(2, () => this.#message(typeName, special ? json.value : json, path))
  }

  #duration(json: unknown, path: string): void {
    const match = typeof json === 'string' ? /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(json) : null
    if (!match) throw new EncodeError(path, `expected a duration such as "1.5s", not ${JSON.stringify(json)}`)
    const sign = match[1] === '-' ? -1 : 1
    const nanos = Number((match[3] ?? '').padEnd(9, '0')) * sign
    this.#seconds(BigInt(match[2] ?? '0') * BigInt(sign), nanos)
  }

  #seconds(seconds: bigint, nanos: number): void {
    this.#out.tag(1, WIRE_VARINT)
    this.#out.bigVarint(seconds)
    if (nanos === 0) return
    this.#out.tag(2, WIRE_VARINT)
    this.#out.bigVarint(BigInt(nanos))
  }

  #struct(json: JsonObject): void {
    for (const [key, value] of Object.entries(json)) {
      this.#out.nested(1, () => {
        this.#out.stringField(1, key)
        this.#out.nested(2, () => this.#value(value))
      })
    }
  }

  #value(json: unknown): void {
    const out = this.#out
    if (json === null || json === undefined) {
      out.tag(1, WIRE_VARINT)
      out.varint(0)
    } else if (typeof json === 'number') {
      out.tag(2, WIRE_64_BIT)
      out.double(json)
    } else if (typeof json === 'string') out.stringField(3, json)
    else if (typeof json === 'boolean') {
      out.tag(4, WIRE_VARINT)
      out.varint(json ? 1 : 0)
    } else if (Array.isArray(json)) {
      out.nested(6, () => {
        for (const element of json) out.nested(1, () => this.#value(element))
      })
    } else out.nested(5, () => this.#struct(objectAt(json, '')))
  }
}

function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function objectAt(json: unknown, path: string): JsonObject {
  if (!isObject(json)) throw new EncodeError(path, `expected an object, not ${JSON.stringify(json)}`)
  return json
}

function numberAt(value: unknown, path: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || (Number.isNaN(number) && value !== 'NaN')) {
    throw new EncodeError(path, `expected a number, not ${JSON.stringify(value)}`)
  }
  return number
}

function bigAt(value: unknown, path: string): bigint {
  if (
    (typeof value === 'number' && Number.isInteger(value)) ||
    (typeof value === 'string' && /^-?\d+$/.test(value))
  ) {
    return BigInt(value)
  }
  throw new EncodeError(path, `expected a whole number, not ${JSON.stringify(value)}`)
}

/** protobuf's json_name. */
const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
