/**
 * `x-kubernetes-list-type: set` and `map`: their elements (or keys) may occur once.
 * After k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype.
 */
import { atChild, atIndex, atKey, duplicate, type FieldError, invalid } from './field-error.ts'
import { isMap, type JsonSchema, propertySchema, valueSchema } from './json-schema.ts'

/** A cause for the first repetition of each element or key. */
export const validateListTypes = (
  schema: JsonSchema | undefined,
  value: unknown,
  path = '',
): FieldError[] => {
  if (!schema) return []
  if (Array.isArray(value)) {
    const below = value.flatMap((item, i) => validateListTypes(schema.items, item, atIndex(path, i)))
    return [...checkList(schema, value, path), ...below]
  }
  if (!isMap(value)) return []
  const values = valueSchema(schema)
  return Object.keys(value).flatMap(key => {
    const property = propertySchema(schema, key)
    if (property) return validateListTypes(property, value[key], atChild(path, key))
    return values ? validateListTypes(values, value[key], atKey(path, key)) : []
  })
}

const checkList = (schema: JsonSchema, list: readonly unknown[], path: string): FieldError[] => {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return repeated(list).map(i => duplicate(atIndex(path, i), list[i]))
  if (type !== 'map') return []
  const wrong = list.findIndex(item => item !== null && !isMap(item))
  if (wrong >= 0) {
    return [invalid(atIndex(path, wrong), list[wrong], 'must be an object for an array of list-type map')]
  }
  const keys = list.map(item => keysOf(item, schema['x-kubernetes-list-map-keys'] ?? []))
  return repeated(keys).map(i => duplicate(atIndex(path, i), keys[i]))
}

const keysOf = (item: unknown, names: readonly string[]): Record<string, unknown> =>
  isMap(item) ? Object.fromEntries(names.filter(n => Object.hasOwn(item, n)).map(n => [n, item[n]])) : {}

/** Indexes of second occurrences. */
const repeated = (list: readonly unknown[]): number[] => {
  const times = new Map<string, number>()
  const found: number[] = []
  list.forEach((item, i) => {
    const text = JSON.stringify(item)
    const seen = times.get(text) ?? 0
    if (seen === 1) found.push(i)
    times.set(text, seen + 1)
  })
  return found
}
