/**
 * A request's body of type application/vnd.kubernetes.protobuf: the bytes `k8s\0`, then runtime.Unknown, which names
 * apiVersion and kind and carries the object's message. What comes out is what the same client would send as JSON.
 */
import type { JsonObject } from '../json.ts'
import { textOf } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { badRequest } from '../status.ts'
import { decodeEnvelope, type Envelope } from './envelope.ts'
import { decodeMessage } from './message.ts'
import { messageOfKind } from './table.ts'
import { WireError } from './wire.ts'

const SHOWN_LIMIT_BYTES = 30

/** What the path of a request expects. */
export interface ExpectedKind {
  kind: Pick<Kind, 'kind'> & Partial<Pick<Kind, 'group' | 'custom'>>
  version: string
}

/** The body as JSON; a 400 StatusError in the real server's words when it cannot be read. */
export function decodeProtobufBody(body: Buffer, expected: ExpectedKind): JsonObject {
  const { kind, version } = expected
  const envelope = wellFormed(() => decodeEnvelope(body), detail =>
    badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${detail} (${shown(body)})`),
  )
  const named = { apiVersion: envelope.apiVersion || groupVersion(kind.group ?? '', version), kind: envelope.kind || kind.kind }
  const givenVersion = named.apiVersion.split('/').at(-1) ?? ''
  return wellFormed(
    () => {
      if (kind.custom) throw new WireError(NO_CUSTOM_OBJECTS)
      return { ...named, ...decodeMessage(typeOf(envelope, named), envelope.raw) }
    },
    detail =>
      badRequest(
        `${named.kind} in version ${JSON.stringify(givenVersion)} cannot be handled as a ${kind.kind}: ${detail}`,
      ),
  )
}

/** Options of a request (DeleteOptions) as JSON; a 400 StatusError when they cannot be read. */
export function decodeProtobufOptions(body: Buffer, kind: string): JsonObject {
  return wellFormed(() => {
    const envelope = decodeEnvelope(body)
    const named = { apiVersion: envelope.apiVersion || 'meta.k8s.io/v1', kind: envelope.kind || kind }
    return decodeMessage(typeOf(envelope, named), envelope.raw)
  }, badRequest)
}

const NO_CUSTOM_OBJECTS =
  'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message'

