/**
 * What a CRD's schema does to an object before it is judged: unknown fields are found and dropped, nulls that may not
 * be null are dropped, defaults are filled in. After k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,
 * defaulting}. All three change the object in place: it is the server's own decoded copy.
 */
import { atChild, atIndex } from './field-error.ts'
import { isMap, type JsonSchema, propertySchema, valueSchema } from './json-schema.ts'

const TYPE_AND_METADATA: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

const METADATA_FIELDS: ReadonlySet<string> = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
])

/**
 * Drops what the schema does not know and returns the dropped fields' paths (`spec.http[0].rute`): those of metadata
 * first, then the rest sorted. With strict field validation each one is an `unknown field "<path>"`.
 */
export const pruneUnknownFields = (schema: JsonSchema, object: Record<string, unknown>): string[] => {
  const metadata = pruneMetadata(object.metadata, 'metadata')
  return [...metadata, ...pruneContent(schema, object)]
}

/** The same beside apiVersion, kind and metadata, which are left alone. */
export const pruneContent = (schema: JsonSchema, object: Record<string, unknown>): string[] => {
  const unknown: string[] = []
  prune({ ...schema, 'x-kubernetes-embedded-resource': true }, object, '', unknown)
  return unknown.sort()
}

/** The same, leaving the object as it is. */
export const unknownFields = (schema: JsonSchema, object: Record<string, unknown>): string[] =>
  pruneUnknownFields(schema, structuredClone(object))

const pruneMetadata = (metadata: unknown, path: string): string[] => {
  if (!isMap(metadata)) return []
  const unknown = Object.keys(metadata).filter(name => !METADATA_FIELDS.has(name))
  for (const name of unknown) delete metadata[name]
  return unknown.sort().map(name => atChild(path, name))
}

const prune = (schema: JsonSchema | undefined, value: unknown, path: string, unknown: string[]): void => {
  const keepsUnknown = schema?.['x-kubernetes-preserve-unknown-fields'] === true
  if (Array.isArray(value)) {
    const items = keepsUnknown ? (schema?.items ?? schema) : schema?.items
    value.forEach((item, i) => {
      prune(items, item, atIndex(path, i), unknown)
    })
    return
  }
  if (!isMap(value)) return
  const values = schema && valueSchema(schema)
  for (const key of Object.keys(value)) {
    if (schema?.['x-kubernetes-embedded-resource'] && TYPE_AND_METADATA.has(key)) continue
    const known = (schema && propertySchema(schema, key)) ?? values
    if (known) prune(known, value[key], atChild(path, key), unknown)
    else if (!keepsUnknown && schema?.additionalProperties !== true) {
      unknown.push(atChild(path, key))
      delete value[key]
    }
  }
}

/** Drops nulls where the schema allows none and has no default. */
export const dropNulls = (schema: JsonSchema | undefined, value: unknown): void => {
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(schema?.items, item)
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    const field = schema && (propertySchema(schema, key) ?? valueSchema(schema))
    if (value[key] === null && field && !field.nullable && field.default === undefined) delete value[key]
    else dropNulls(field, value[key])
  }
}

const known = new WeakMap<JsonSchema, boolean>()

/** Whether anything in the schema has a default: most have none and need no walk through the object. */
const hasDefaults = (schema: JsonSchema): boolean => {
  const cached = known.get(schema)
  if (cached !== undefined) return cached
  const values = valueSchema(schema)
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(values ? [values] : []),
    ...(schema.items ? [schema.items] : []),
  ]
  const result = schema.default !== undefined || parts.some(hasDefaults)
  known.set(schema, result)
  return result
}

/** Fills in the schema's defaults, also for nulls where null is not allowed. */
export const applyDefaults = (schema: JsonSchema | undefined, value: unknown): void => {
  if (!schema || !hasDefaults(schema)) return
  if (Array.isArray(value)) {
    defaultItems(schema.items, value)
    return
  }
  if (!isMap(value)) return
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue
    const absent = !Object.hasOwn(value, name) || (value[name] === null && !property.nullable)
    if (absent) value[name] = structuredClone(property.default)
  }
  const values = valueSchema(schema)
  for (const key of Object.keys(value)) {
    const property = propertySchema(schema, key)
    if (!property && values && value[key] === null && !values.nullable)
      value[key] = structuredClone(values.default)
    applyDefaults(property ?? values, value[key])
  }
}

const defaultItems = (items: JsonSchema | undefined, list: unknown[]): void => {
  if (!items) return
  list.forEach((item, i) => {
    if (item === null && !items.nullable && items.default !== undefined)
      list[i] = structuredClone(items.default)
    applyDefaults(items, list[i])
  })
}
