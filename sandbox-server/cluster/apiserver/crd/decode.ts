/**
 * A client's custom resource: unknown fields are pruned by the version's structural schema (and reported), metadata is
 * read as Go reads ObjectMeta. Types are checked later, by validation.
 */
import { type Decoded, DecodeError, decodeObject } from '../decoding/decode.ts'
import { clone, isObject, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds/kind.ts'
import { definition } from '../schema/definitions.ts'
import { pruneContent } from '../schema/index.ts'
import { badRequest } from '../status.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Prunes and reads metadata; a 400 StatusError when metadata is malformed. */
export function decodeCustomObject(kind: Kind, version: string, input: JsonObject): Decoded {
  const { apiVersion, kind: kindName, metadata, ...rest } = input
  const content = clone(rest)
  const unknown = pruneContent(kind.schema(version), content)
  const result: JsonObject = { apiVersion, kind: kindName, ...content }
  result.metadata = customMetadata(metadata, unknown)
  return { value: result, unknown }
}

function customMetadata(metadata: unknown, unknown: string[]): JsonObject {
  if (metadata === undefined || metadata === null) return {}
  if (!isObject(metadata)) {
    throw badRequest('metadata must be an object')
  }
  try {
    const decoded = decodeObject('ObjectMeta', definition(OBJECT_META), metadata)
    unknown.push(...decoded.unknown.map(path => `metadata.${path}`))
    return decoded.value
  } catch (error) {
    if (error instanceof DecodeError)
      throw badRequest(error.message.replace('ObjectMeta.', 'ObjectMeta.metadata.'))
    throw error
  }
}
