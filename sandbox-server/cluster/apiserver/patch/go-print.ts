/** Values as Go's `%v` prints them: `map[a:1 b:[x y]]`, keys sorted. */
import { isObject } from '../json.ts'

export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.keys(value)
    .sort()
    .map(key => `${key}:${goPrint(value[key])}`)
  return `map[${entries.join(' ')}]`
}
