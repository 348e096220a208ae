/** Reading JSON whose shape the far end decides: what is not there is empty. */

export type Json = Readonly<Record<string, unknown>>

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const objectsOf = (value: unknown): Json[] => listOf(value).filter(isObject)

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const stringsOf = (value: unknown): string[] =>
  listOf(value).filter((element): element is string => typeof element === 'string')

/** protobuf's JSON writes 64-bit numbers as strings. */
export const numberOf = (value: unknown): number => Number(value ?? 0)

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Go's json.MarshalIndent. */
export const indented = (value: unknown, indent: string): string => JSON.stringify(value, undefined, indent)
