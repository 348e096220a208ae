/**
 * Protobuf bodies, which Go's typed clients (kubectl create, auth can-i …) send: decoded to the JSON they stand for.
 * Answers are always JSON, which those clients accept as well.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { isObject, type JsonObject, setOwn } from '../json.ts'

/** A body that is no protobuf of a kind known here. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

type Fields = Record<string, string>

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00])
/** Fields whose message is embedded in its parent's JSON. */
const INLINED = new Set(['volumeSource', 'handler', 'localObjectReference', 'ephemeralContainerCommon', 'persistentVolumeSource'])

let loaded: Record<string, Fields> | undefined

function fieldsOf(message: string): Fields {
  loaded ??= JSON.parse(gunzipSync(readFileSync(new URL('messages.json.gz', import.meta.url))).toString()) as Record<string, Fields>
  const fields = loaded[message]
  if (!fields) throw new ProtobufError(`no protobuf message is called ${message}`)
  return fields
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new ProtobufError('unexpected EOF')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new ProtobufError('integer overflow')
  }

  bytes(): Buffer {
    return this.#take(Number(this.varint()))
  }

  fixed(size: 4 | 8): Buffer {
    return this.#take(size)
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new ProtobufError('unexpected EOF')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

/** Calls back with each field's number and raw value. */
function eachField(bytes: Buffer, visit: (number: number, value: bigint | Buffer) => void): void {
  const reader = new Reader(bytes)
  while (!reader.done) {
    const tag = Number(reader.varint())
    switch (tag & 7) {
      case 0:
        visit(tag >> 3, reader.varint())
        break
      case 1:
        visit(tag >> 3, reader.fixed(8))
        break
      case 2:
        visit(tag >> 3, reader.bytes())
        break
      case 5:
        visit(tag >> 3, reader.fixed(4))
        break
      default:
        throw new ProtobufError(`illegal wire type ${tag & 7}`)
    }
  }
}

function numbered(bytes: Buffer): Map<number, bigint | Buffer> {
  const values = new Map<number, bigint | Buffer>()
  eachField(bytes, (number, value) => values.set(number, value))
  return values
}

const text = (value: bigint | Buffer | undefined): string => (Buffer.isBuffer(value) ? value.toString() : '')

/** Messages that are something else than an object in JSON. */
function special(type: string, bytes: Buffer): unknown {
  const values = (): Map<number, bigint | Buffer> => numbered(bytes)
  switch (type.split('.').at(-1)) {
    case 'Time':
    case 'MicroTime':
      return timeOf(values(), type.endsWith('MicroTime'))
    case 'Quantity':
      return text(values().get(1))
    case 'IntOrString': {
      const found = values()
      return found.get(1) === 1n ? text(found.get(3)) : Number(found.get(2) ?? 0n)
    }
    case 'FieldsV1':
    case 'RawExtension':
    case 'JSON': {
      const raw = text(values().get(1))
      return raw === '' ? null : JSON.parse(raw)
    }
    case 'ExtraValue': {
      const items: string[] = []
      eachField(bytes, (_number, value) => items.push(text(value)))
      return items
    }
    default:
      return undefined
  }
}

function timeOf(values: Map<number, bigint | Buffer>, micro: boolean): string | null {
  const seconds = values.get(1)
  if (typeof seconds !== 'bigint') return null
  const nanos = values.get(2)
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return micro ? `${text}.${String(Number(nanos ?? 0n) / 1000 | 0).padStart(6, '0')}Z` : `${text}Z`
}

function decodeValue(type: string, value: bigint | Buffer): unknown {
  if (type === 'string') return text(value)
  if (type === 'bytes') return Buffer.isBuffer(value) ? value.toString('base64') : ''
  if (type === 'bool') return value === 1n
  if (type === 'double') return Buffer.isBuffer(value) ? value.readDoubleLE() : 0
  if (typeof value === 'bigint') return Number(value)
  const found = special(type, value)
  return found === undefined ? decodeMessage(type, value) : found
}

function decodeMessage(message: string, bytes: Buffer): JsonObject {
  const fields = fieldsOf(message)
  const result: JsonObject = {}
  eachField(bytes, (number, value) => {
    const [name = '', declared = ''] = (fields[String(number)] ?? '').split(' ')
    if (name === '') return
    if (declared.endsWith('{}')) addEntry(result, name, declared.slice(0, -2), value)
    else if (declared.endsWith('[]')) {
      const list = Array.isArray(result[name]) ? result[name] : []
      list.push(decodeValue(declared.slice(0, -2), value))
      result[name] = list
    } else {
      const decoded = decodeValue(declared, value)
      if (INLINED.has(name) && isObject(decoded)) Object.assign(result, decoded)
      else result[name] = decoded
    }
  })
  return result
}

function addEntry(result: JsonObject, name: string, type: string, value: bigint | Buffer): void {
  if (!Buffer.isBuffer(value)) return
  const entry = numbered(value)
  const map = isObject(result[name]) ? result[name] : {}
  setOwn(map, text(entry.get(1)), decodeValue(type, entry.get(2) ?? Buffer.alloc(0)))
  result[name] = map
}

/** The object in a body (`k8s\0` and a runtime.Unknown); throws ProtobufError when it is none. */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(MAGIC)) throw new ProtobufError('provided data does not appear to be a protobuf message')
  const unknown = numbered(body.subarray(4))
  const typeMeta = unknown.get(1)
  const raw = unknown.get(2)
  if (!Buffer.isBuffer(typeMeta)) throw new ProtobufError('the message has no type')
  const type = numbered(typeMeta)
  const apiVersion = text(type.get(1))
  const kind = text(type.get(2))
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0]?.split('.')[0] ?? '') : 'core'
  const version = apiVersion.split('/').at(-1)
  const content = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0)
  const message = kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : `${group}.${version}.${kind}`
  return { apiVersion, kind, ...decodeMessage(message, content) }
}
