/** A map of texts, e.g. labels; what is no text is left out. */
import { objectOf } from './json.ts'

export const stringMap = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(objectOf(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
