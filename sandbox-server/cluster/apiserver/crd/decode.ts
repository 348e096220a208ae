/**
 * A client's custom resource: unknown fields are pruned by the version's structural schema (and reported), metadata is
 * read as Go reads ObjectMeta. Types are checked later, by validation.
 */
import { type Decoded, DecodeError, decodeObject } from '../decoding/decode.ts'
import { clone, isObject, type JsonObject, setOwn } from '../json.ts'
import type { Kind } from '../kinds/kind.ts'
import { definition } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'
import { badRequest } from '../status.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Prunes and reads metadata; a 400 StatusError when metadata is malformed. */
export function decodeCustomObject(kind: Kind, version: string, input: JsonObject): Decoded {
  const unknown: string[] = []
  const schema = kind.schema(version)
  const { apiVersion, kind: kindName, metadata, ...rest } = input
  const value = prune(schema, rest, '', unknown)
  const result: JsonObject = { apiVersion, kind: kindName, ...(isObject(value) ? value : {}) }
  result.metadata = customMetadata(metadata, unknown)
  return { value: result, unknown }
}

function customMetadata(metadata: unknown, unknown: string[]): JsonObject {
  if (metadata === undefined || metadata === null) return {}
  if (!isObject(metadata)) {
    throw badRequest(
      `error decoding request: metadata must be an object`.replace('error decoding request: ', ''),
    )
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

/** The value without fields that the schema does not know; their paths are added to `unknown`. */
export function prune(schema: Schema | undefined, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => prune(schema?.items, item, `${path}[${index}]`, unknown))
  }
  if (!isObject(value)) return value
  if (!schema) return clone(value)
  const result: JsonObject = {}
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const additional = schema.additionalProperties
  for (const [key, child] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    const property =
      schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (property) setOwn(result, key, prune(property, child, at, unknown))
    else if (isObject(additional)) setOwn(result, key, prune(additional, child, at, unknown))
    else if (keeps || additional === true || (embedded && ['apiVersion', 'kind', 'metadata'].includes(key))) {
      setOwn(result, key, clone(child))
    } else unknown.push(at)
  }
  return result
}
