/** Whether a schema has CEL rules anywhere, remembered per schema. */
import { isObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'

const FOUND = new WeakMap<Schema, boolean>()

export function hasRules(schema: Schema): boolean {
  const known = FOUND.get(schema)
  if (known !== undefined) return known
  const children = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  const found =
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    children.some(child => isObject(child) && hasRules(child as Schema))
  FOUND.set(schema, found)
  return found
}
