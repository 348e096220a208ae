/**
 * Names as Kubernetes generates them: an alphabet without vowels and look-alikes (apimachinery `util/rand`), so that
 * no generated name reads as a word.
 */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** The text with every character mapped into the safe alphabet (`rand.SafeEncodeString`). */
export const safeEncode = (text: string): string =>
  Array.from(text, character => ALPHABET[character.charCodeAt(0) % ALPHABET.length]).join('')

/** The 32-bit FNV-1a hash (`hash/fnv`.New32a). */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** JSON with keys in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
