/**
 * Finds the protobuf descriptors that are compiled into an Envoy binary (the C++ protobuf runtime keeps every .proto it
 * knows as a serialized FileDescriptorProto) and condenses them to what encoding needs. So our messages always have
 * the fields of the very Envoy that reads them, and no .proto file is shipped.
 */
import { readFields } from './wire.ts'

/** [name in snake_case, number, type (FieldDescriptorProto.Type), repeated 0|1, message or enum name]. */
export type FieldSchema = [name: string, number: number, type: number, repeated: 0 | 1, typeName?: string]

/** What encoding proto3 JSON needs to know, by full names such as `envoy.config.route.v3.Route`. */
export interface ProtobufSchema {
  messages: Record<string, FieldSchema[]>
  /** Names of the synthetic entry messages of map fields. */
  mapEntries: string[]
  enums: Record<string, Record<string, number>>
}

const LABEL_REPEATED = 3
const LAST_FILE_FIELD = 14
/** Discovery services, admin dumps and log records are never sent by us. */
const WANTED =
  /^(envoy\/(config|extensions|type|annotations|watchdog)\/|xds\/|udpa\/type\/|cel\/expr\/|google\/(rpc\/status|api\/expr\/))/

/** Reads all descriptors out of the bytes of an Envoy executable. */
export function extractSchema(executable: Buffer): ProtobufSchema {
  const schema: ProtobufSchema = { messages: {}, mapEntries: [], enums: {} }
  const seen = new Set<string>()
  const suffix = Buffer.from('.proto')
  for (let at = executable.indexOf(suffix); at !== -1; at = executable.indexOf(suffix, at + 1)) {
    const nameEnd = at + suffix.length
    const start = descriptorStart(executable, nameEnd)
    if (start === undefined) continue
    const name = executable.toString('latin1', start + 2, nameEnd)
    if (seen.has(name) || !WANTED.test(name)) continue
    seen.add(name)
    addFile(schema, executable.subarray(start, fileEnd(executable, start)))
  }
  return schema
}

/** A FileDescriptorProto starts with field 1, its name: 0x0a, the length, the text; then field 2, the package. */
function descriptorStart(bytes: Buffer, nameEnd: number): number | undefined {
  if (bytes[nameEnd] !== 0x12) return undefined
  for (let length = 7; length < 128; length++) {
    const start = nameEnd - length - 2
    if (start < 0) return undefined
    if (bytes[start] !== 0x0a || bytes[start + 1] !== length) continue
    const name = bytes.toString('latin1', start + 2, nameEnd)
    if (/^[\w/.-]+$/.test(name)) return start
  }
  return undefined
}

/** The descriptor has no length of its own: it ends where the next bytes are no field of a FileDescriptorProto. */
function fileEnd(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const tag = bytes[at] ?? 0
    const number = tag >> 3
    const wireType = tag & 7
    const first = at === start
    if (number < 1 || number > LAST_FILE_FIELD || (number === 1 && !first)) return at
    if (wireType !== 2 && wireType !== 0) return at
    let next = at + 1
    let value = 0
    let factor = 1
    for (;;) {
      const byte = bytes[next++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) break
    }
    at = wireType === 2 ? next + value : next
  }
}

function addFile(schema: ProtobufSchema, file: Buffer): void {
  let packageName = ''
  const messages: Buffer[] = []
  const enums: Buffer[] = []
  for (const field of readFields(file)) {
    if (field.number === 2) packageName = field.bytes.toString()
    else if (field.number === 4) messages.push(field.bytes)
    else if (field.number === 5) enums.push(field.bytes)
  }
  for (const message of messages) addMessage(schema, packageName, message)
  for (const values of enums) addEnum(schema, packageName, values)
}

function addMessage(schema: ProtobufSchema, scope: string, message: Buffer): void {
  let name = ''
  const fields: FieldSchema[] = []
  const nested: Buffer[] = []
  const enums: Buffer[] = []
  let isMapEntry = false
  for (const field of readFields(message)) {
    if (field.number === 1) name = `${scope}.${field.bytes.toString()}`
    else if (field.number === 2) fields.push(fieldSchema(field.bytes))
    else if (field.number === 3) nested.push(field.bytes)
    else if (field.number === 4) enums.push(field.bytes)
    else if (field.number === 7)
      isMapEntry = [...readFields(field.bytes)].some(o => o.number === 7 && o.value === 1)
  }
  schema.messages[name] = fields
  if (isMapEntry) schema.mapEntries.push(name)
  for (const inner of nested) addMessage(schema, name, inner)
  for (const values of enums) addEnum(schema, name, values)
}

function fieldSchema(field: Buffer): FieldSchema {
  let name = ''
  let number = 0
  let type = 0
  let repeated: 0 | 1 = 0
  let typeName: string | undefined
  for (const part of readFields(field)) {
    if (part.number === 1) name = part.bytes.toString()
    else if (part.number === 3) number = part.value
    else if (part.number === 4) repeated = part.value === LABEL_REPEATED ? 1 : 0
    else if (part.number === 5) type = part.value
    else if (part.number === 6) typeName = part.bytes.toString().slice(1)
  }
  return typeName === undefined ? [name, number, type, repeated] : [name, number, type, repeated, typeName]
}

function addEnum(schema: ProtobufSchema, scope: string, values: Buffer): void {
  let name = ''
  const numbers: Record<string, number> = {}
  for (const field of readFields(values)) {
    if (field.number === 1) name = `${scope}.${field.bytes.toString()}`
    if (field.number !== 2) continue
    let valueName = ''
    let number = 0
    for (const part of readFields(field.bytes)) {
      if (part.number === 1) valueName = part.bytes.toString()
      else if (part.number === 2) number = part.value
    }
    numbers[valueName] = number
  }
  schema.enums[name] = numbers
}
