/** JSON values as the API server handles them: guards, copies and comparison without assumptions about their shape. */

export type JsonObject = Record<string, unknown>

/** True for a JSON object (not null, not an array). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one: for reading optional parts. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** The value as a list, or an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The items of a list that are objects. */
export const objectsOf = (value: unknown): JsonObject[] => listOf(value).filter(isObject)

/** The value as text, '' when it is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** An unfrozen deep copy. */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(clone) as T
  const copy: JsonObject = {}
  for (const key in value) setOwn(copy, key, clone(value[key]))
  return copy as T
}

/** Sets a key that comes from a client: `__proto__` becomes an ordinary key. */
export function setOwn(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}

/** Equality of JSON values; a key whose value is undefined counts as absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  for (const key in a) if (!equal(a[key], b[key])) return false
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false
  return true
}

/** The value at a path of keys, undefined when something on the way is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  let current = value
  for (const key of path) {
    if (!isObject(current)) return undefined
    current = current[key]
  }
  return current
}
