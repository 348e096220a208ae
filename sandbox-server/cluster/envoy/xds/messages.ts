/** The two messages of Envoy's incremental discovery and gRPC's framing of them (envoy/service/discovery/v3). */
import { readFields, WireWriter } from '../protobuf/wire.ts'
import type { EncodedResource } from './resources.ts'

const GRPC_HEADER_BYTES = 5

/** DeltaDiscoveryRequest without the node, which nobody here asks for. */
export interface DeltaRequest {
  typeUrl: string
  subscribe: string[]
  unsubscribe: string[]
  /** What a reconnecting Envoy holds already, by resource name. */
  initialVersions: Map<string, string>
  /** Of the response that this acknowledges, or ''. */
  nonce: string
  /** Why the response was refused; undefined is an acknowledgement. */
  error?: string
}

export interface DeltaResponse {
  typeUrl: string
  nonce: string
  resources: ReadonlyMap<string, EncodedResource>
  removed: readonly string[]
}

/** Reads a DeltaDiscoveryRequest. */
export function readDeltaRequest(message: Buffer): DeltaRequest {
  const request: DeltaRequest = {
    typeUrl: '',
    subscribe: [],
    unsubscribe: [],
    initialVersions: new Map(),
    nonce: '',
  }
  for (const { number, bytes } of readFields(message)) {
    if (number === 2) request.typeUrl = bytes.toString()
    else if (number === 3) request.subscribe.push(bytes.toString())
    else if (number === 4) request.unsubscribe.push(bytes.toString())
    else if (number === 5) {
      const [name = '', version = ''] = strings(bytes, [1, 2])
      request.initialVersions.set(name, version)
    } else if (number === 6) request.nonce = bytes.toString()
    else if (number === 7) request.error = strings(bytes, [2])[0] ?? 'rejected'
  }
  return request
}

function strings(message: Buffer, numbers: readonly number[]): (string | undefined)[] {
  const found = new Map<number, string>()
  for (const { number, bytes } of readFields(message)) found.set(number, bytes.toString())
  return numbers.map(number => found.get(number))
}

/** A DeltaDiscoveryResponse in its gRPC frame. */
export function deltaResponseFrame(response: DeltaResponse): Buffer {
  const out = new WireWriter(64 * 1024)
  for (const [name, resource] of response.resources) {
    out.nested(2, () => {
      out.stringField(1, resource.version)
      out.nested(2, () => {
        out.stringField(1, response.typeUrl)
        out.bytesField(2, resource.bytes)
      })
      out.stringField(3, name)
    })
  }
  out.stringField(4, response.typeUrl)
  out.stringField(5, response.nonce)
  for (const name of response.removed) out.stringField(6, name)
  const message = out.finish()
  const header = Buffer.alloc(GRPC_HEADER_BYTES)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

/** Cuts a byte stream into gRPC messages. */
export class GrpcMessages {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that are complete with this chunk. */
  push(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    while (this.#rest.length >= GRPC_HEADER_BYTES) {
      const end = GRPC_HEADER_BYTES + this.#rest.readUInt32BE(1)
      if (this.#rest.length < end) break
      messages.push(this.#rest.subarray(GRPC_HEADER_BYTES, end))
      this.#rest = this.#rest.subarray(end)
    }
    return messages
  }
}
