/**
 * A request's body of type application/vnd.kubernetes.protobuf as what the same client would send as JSON. Loaded when
 * the first such body comes: kubectl's typed commands (create, run, drain, auth, …) send them.
 */
import type { JsonObject } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { badRequest } from '../status.ts'
import { decodeEnvelope } from './envelope.ts'
import { decodeMessage } from './message.ts'
import { messageOfKind } from './table.ts'
import { WireError } from './wire.ts'

/** What the path of a request expects. */
export interface ExpectedKind {
  kind: Pick<Kind, 'kind'> & Partial<Pick<Kind, 'group' | 'custom'>>
  version: string
}

/** The body's object; a 400 StatusError in the real server's words when it cannot be read. */
export function decodeProtobufBody(body: Buffer, { kind, version }: ExpectedKind): JsonObject {
  const envelope = orRefuse(
    () => decodeEnvelope(body),
    detail =>
      `the object provided is unrecognized (must be of type ${kind.kind}): ${detail} (${summary(body)})`,
  )
  const apiVersion = envelope.apiVersion || groupVersion(kind.group ?? '', version)
  const given = envelope.kind || kind.kind
  return orRefuse(
    () => {
      if (kind.custom) throw new WireError(NOT_FOR_CUSTOM_OBJECTS)
      return { apiVersion, kind: given, ...decodeMessage(typeOf(apiVersion, given), envelope.raw) }
    },
    detail =>
      `${given} in version ${JSON.stringify(versionOf(apiVersion))} cannot be handled as a ${kind.kind}: ${detail}`,
  )
}

/** A DELETE's options, which may name any group; a 400 StatusError when they cannot be read. */
export function decodeProtobufDeleteOptions(body: Buffer): JsonObject {
  return orRefuse(
    () => {
      const { apiVersion, kind, raw } = decodeEnvelope(body)
      const type = typeOf(apiVersion || 'meta.k8s.io/v1', kind || 'DeleteOptions')
      if (type !== 'meta.DeleteOptions') {
        throw new WireError('decoded object cannot be converted to DeleteOptions')
      }
      return decodeMessage(type, raw)
    },
    detail => detail,
  )
}

const NOT_FOR_CUSTOM_OBJECTS =
  'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message'

const versionOf = (apiVersion: string): string => apiVersion.split('/').at(-1) ?? ''

function typeOf(apiVersion: string, kind: string): string {
  const type = messageOfKind(apiVersion, kind)
  if (type !== undefined) return type
  throw new WireError(
    `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  )
}

function orRefuse<T>(decode: () => T, message: (detail: string) => string): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof WireError) throw badRequest(message(error.message))
    throw error
  }
}

const SHOWN_LIMIT_BYTES = 30

/** The body's first bytes, as handlers/rest.go shows what it cannot recognize. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const shown = body.subarray(0, SHOWN_LIMIT_BYTES).toString(body[0] === 0x7b ? 'utf8' : 'hex')
  return body.length > SHOWN_LIMIT_BYTES ? `${shown} ...` : shown
}
