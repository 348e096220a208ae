/**
 * Reads untyped objects into typed ones: a field of the wrong type counts as absent, as istiod skips what it cannot read,
 * so that malformed configuration can never stop the translation.
 */

/** Gives the value when it has the wanted shape, undefined otherwise. */
export type Decoder<T> = (value: unknown) => T | undefined

/** The type a decoder gives. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never

type Shape = Record<string, Decoder<unknown>>
type ObjectOf<S extends Shape> = { [K in keyof S]?: Decoded<S[K]> }

/** Whether the value is a plain JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const str: Decoder<string> = value => (typeof value === 'string' ? value : undefined)

export const bool: Decoder<boolean> = value => (typeof value === 'boolean' ? value : undefined)

/** Numbers, and numbers in strings as proto3 JSON writes 64-bit integers. */
export const num: Decoder<number> = value => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : undefined
}

/** A string or a number, as Kubernetes' IntOrString. */
export const intOrStr: Decoder<string | number> = value =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined

/** A list; elements of another type are left out. */
export function list<T>(element: Decoder<T>): Decoder<T[]> {
  return value => {
    if (!Array.isArray(value)) return undefined
    const out: T[] = []
    for (const item of value) {
      const decoded = element(item)
      if (decoded !== undefined) out.push(decoded)
    }
    return out
  }
}

/** An object with any keys; entries of another type are left out. */
export function map<T>(element: Decoder<T>): Decoder<Record<string, T>> {
  return value => {
    if (!isObject(value)) return undefined
    const out: Record<string, T> = {}
    for (const key of Object.keys(value)) {
      const decoded = element(value[key])
      if (decoded !== undefined) out[key] = decoded
    }
    return out
  }
}

/** An object with the named fields; every one is optional, unknown ones are dropped. */
export function obj<S extends Shape>(shape: S): Decoder<ObjectOf<S>> {
  const fields = Object.entries(shape)
  return value => {
    if (!isObject(value)) return undefined
    const out: Partial<Record<keyof S, unknown>> = {}
    for (const [name, decode] of fields) {
      if (value[name] === undefined || value[name] === null) continue
      const decoded = decode(value[name])
      if (decoded !== undefined) out[name as keyof S] = decoded
    }
    return out as ObjectOf<S>
  }
}

/** Any object as it is, for parts that are passed on. */
export const anyObject: Decoder<Record<string, unknown>> = value => (isObject(value) ? value : undefined)
