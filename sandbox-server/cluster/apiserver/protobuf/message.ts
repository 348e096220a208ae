/**
 * A message's bytes as the JSON object that Go would write of it: proto2 says which fields are there, the table which
 * zero values count (pointers, fields without omitempty) and which are absence.
 */
import { isObject, type JsonObject, setOwn } from '../json.ts'
import { type Field, type Message, messageOf } from './table.ts'
import { CONVERSIONS } from './values.ts'
import { WIRE_TYPES, WireError, WireReader } from './wire.ts'

/** Upstream has no such limit; nothing that people write comes near it, and a stack has an end. */
const NESTING_LIMIT = 1000

/** Decodes a message of the table, e.g. `core.Pod`; throws WireError. */
export function decodeMessage(type: string, bytes: Buffer): JsonObject {
  const value = messageValue(type, bytes, undefined, 0)
  return isObject(value) ? value : {}
}

/** `previous` is what an earlier field of the same number gave: messages are merged. */
function messageValue(type: string, bytes: Buffer, previous: unknown, depth: number): unknown {
  if (depth > NESTING_LIMIT) throw new WireError('proto: exceeded max depth')
  const message = messageOf(type)
  const convert = CONVERSIONS.get(type)
  const object = isObject(previous) && !convert ? previous : {}
  readFields(message, bytes, object, depth)
  if (convert) return convert(object)
  for (const field of message.fields.values())
    if (field.placement === 'whole') return wholeValue(message, object)
  return object
}

/** Of the fields that stand for the whole message the last in number counts, as Go's MarshalJSON prefers them. */
function wholeValue(message: Message, object: JsonObject): unknown {
  let value: unknown
  for (const number of message.fields.keys()) if (object[number] !== undefined) value = object[number]
  return value ?? null
}

function readFields(message: Message, bytes: Buffer, into: JsonObject, depth: number): void {
  const reader = new WireReader(bytes)
  while (!reader.done) {
    const { number, wireType } = reader.tag(message.name)
    const field = message.fields.get(number)
    if (!field) {
      reader.skip(wireType)
      continue
    }
    const key = field.placement === 'whole' ? String(number) : field.name
    if (field.shape === 'map') readEntry(field, key, reader, wireType, into, depth)
    else if (field.shape === 'list') readItems(field, key, reader, wireType, into, depth)
    else readSingle(field, key, reader, wireType, into, depth)
  }
  for (const { name, absent } of message.fields.values()) {
    if (absent !== undefined && into[name] === undefined) into[name] = absent
  }
}

function readSingle(
  field: Field,
  key: string,
  reader: WireReader,
  wireType: number,
  into: JsonObject,
  depth: number,
): void {
  if (field.placement === 'inline') {
    expectWireType(WIRE_TYPES.delimited, wireType, field)
    return readFields(messageOf(field.type), reader.delimited(), into, depth + 1)
  }
  const value = readValue(field, reader, wireType, into[key], depth)
  if (value === undefined || (!field.keepsZero && isZero(value))) delete into[key]
  else into[key] = value
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false

function readItems(
  field: Field,
  key: string,
  reader: WireReader,
  wireType: number,
  into: JsonObject,
  depth: number,
): void {
  const known = into[key]
  const items: unknown[] = Array.isArray(known) ? known : []
  into[key] = items
  if (wireType === WIRE_TYPES.delimited && SCALAR_WIRE_TYPES.has(field.type)) {
    // Numbers may come packed: many values in one field.
    const packed = new WireReader(reader.delimited())
    while (!packed.done) items.push(readScalar(field.type, packed))
    return
  }
  items.push(readValue(field, reader, wireType, undefined, depth) ?? null)
}

function readEntry(
  field: Field,
  key: string,
  reader: WireReader,
  wireType: number,
  into: JsonObject,
  depth: number,
): void {
  expectWireType(WIRE_TYPES.delimited, wireType, field)
  const known = into[key]
  const entries: JsonObject = isObject(known) ? known : {}
  into[key] = entries
  const entry = new WireReader(reader.delimited())
  let name = ''
  let value: unknown
  while (!entry.done) {
    const tag = entry.tag(field.goName)
    if (tag.number === 1 && tag.wireType === WIRE_TYPES.delimited) name = entry.delimited().toString()
    else if (tag.number === 2) value = readValue(field, entry, tag.wireType, undefined, depth)
    else entry.skip(tag.wireType)
  }
  setOwn(entries, name, value ?? absentValue(field, depth))
}

/** What a map's entry holds that came without a value. */
const absentValue = ({ type }: Field, depth: number): unknown =>
  type === 'string' || type === 'bytes' ? '' : messageValue(type, Buffer.alloc(0), undefined, depth + 1)

const SCALAR_WIRE_TYPES: ReadonlyMap<string, number> = new Map([
  ['bool', WIRE_TYPES.varint],
  ['int32', WIRE_TYPES.varint],
  ['int64', WIRE_TYPES.varint],
  ['double', WIRE_TYPES.fixed64],
])

function readValue(
  field: Field,
  reader: WireReader,
  wireType: number,
  previous: unknown,
  depth: number,
): unknown {
  expectWireType(SCALAR_WIRE_TYPES.get(field.type) ?? WIRE_TYPES.delimited, wireType, field)
  switch (field.type) {
    case 'string':
      return reader.delimited().toString()
    case 'bytes':
      return reader.delimited().toString('base64')
    case 'bool':
    case 'int32':
    case 'int64':
    case 'double':
      return readScalar(field.type, reader)
    default:
      return messageValue(field.type, reader.delimited(), previous, depth + 1)
  }
}

function readScalar(type: string, reader: WireReader): unknown {
  if (type === 'double') return finite(reader.double())
  const value = reader.varint()
  if (type === 'bool') return value !== 0n
  return Number(BigInt.asIntN(type === 'int32' ? 32 : 64, value))
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new WireError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
}

function expectWireType(expected: number, given: number, field: Field): void {
  if (given === expected) return
  throw new WireError(`proto: wrong wireType = ${given} for field ${field.goName}`)
}
