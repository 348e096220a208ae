/** What surrounds an object in a protobuf body: four bytes of prefix, then runtime.Unknown {typeMeta, raw}. */
import { WIRE_TYPES, WireError, WireReader } from './wire.ts'

export interface Envelope {
  /** '' where the client did not say. */
  apiVersion: string
  kind: string
  /** The object's message; a view of the body. */
  raw: Buffer
}

const PREFIX = Buffer.from('k8s\0')

/** Opens a body; throws WireError in the words of apimachinery's serializer/protobuf. */
export function decodeEnvelope(body: Buffer): Envelope {
  if (body.length === 0) throw new WireError('empty data')
  if (!body.subarray(0, PREFIX.length).equals(PREFIX)) {
    throw new WireError(
      `provided data does not appear to be a protobuf message, expected prefix [${[...PREFIX].join(' ')}]`,
    )
  }
  if (body.length === PREFIX.length) throw new WireError('empty body')
  const unknown = delimitedFields('Unknown', body.subarray(PREFIX.length), [
    'TypeMeta',
    'Raw',
    'ContentEncoding',
    'ContentType',
  ])
  const [typeMeta, raw] = unknown
  const [apiVersion, kind] = typeMeta ? delimitedFields('TypeMeta', typeMeta, ['APIVersion', 'Kind']) : []
  return {
    apiVersion: apiVersion?.toString() ?? '',
    kind: kind?.toString() ?? '',
    raw: raw ?? Buffer.alloc(0),
  }
}

/** The last value of each of a message's fields, which are numbered from 1 in the order of `names`. */
function delimitedFields(message: string, bytes: Buffer, names: readonly string[]): (Buffer | undefined)[] {
  const values: (Buffer | undefined)[] = names.map(() => undefined)
  const reader = new WireReader(bytes)
  while (!reader.done) {
    const { number, wireType } = reader.tag(message)
    const name = names[number - 1]
    if (name === undefined) reader.skip(wireType)
    else if (wireType === WIRE_TYPES.delimited) values[number - 1] = reader.delimited()
    else throw new WireError(`proto: wrong wireType = ${wireType} for field ${name}`)
  }
  return values
}
