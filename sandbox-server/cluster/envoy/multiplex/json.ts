/** Guards for the loose JSON that Envoy resources are. */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'

export function isObject(value: unknown): value is EnvoyResource {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object, or an empty one. */
export const objectOf = (value: unknown): EnvoyResource => (isObject(value) ? value : {})

/** The objects of a list, or none. */
export const objectsOf = (value: unknown): EnvoyResource[] =>
  Array.isArray(value) ? value.filter(isObject) : []

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')
