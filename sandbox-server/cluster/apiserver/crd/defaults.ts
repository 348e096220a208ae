/** Defaults of a structural schema, filled into an object in place. */
import { clone, isObject, type JsonObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'

const HAS_DEFAULTS = new WeakMap<Schema, boolean>()

/** Whether anything below has a default, remembered: most schemas have none and need no walk. */
function hasDefaults(schema: Schema): boolean {
  const known = HAS_DEFAULTS.get(schema)
  if (known !== undefined) return known
  const children = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  const found =
    schema.default !== undefined || children.some(child => isObject(child) && hasDefaults(child as Schema))
  HAS_DEFAULTS.set(schema, found)
  return found
}

/** Sets defaults of missing fields; null where the schema is not nullable counts as missing. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (!hasDefaults(schema)) return
  if (Array.isArray(value)) {
    const { items } = schema
    if (items) for (const item of value) applySchemaDefaults(items, item)
    return
  }
  if (!isObject(value)) return
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const missing = value[key] === undefined || (value[key] === null && !property.nullable)
    if (missing && property.default !== undefined) value[key] = clone(property.default)
    if (value[key] !== undefined) applySchemaDefaults(property, value[key])
  }
  const additional = schema.additionalProperties
  if (isObject(additional)) {
    for (const [key, child] of Object.entries(value as JsonObject)) {
      if (!schema.properties || !Object.hasOwn(schema.properties, key))
        applySchemaDefaults(additional as Schema, child)
    }
  }
}
