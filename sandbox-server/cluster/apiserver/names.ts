/** Generated names and the alphabet they use (k8s.io/apimachinery/pkg/util/rand: no vowels, no digits that look alike). */
import { randomInt } from 'node:crypto'

const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
const MAXIMUM_NAME_LENGTH = 63

/** `length` characters that are safe in names. */
export function safeRandom(length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += SAFE_ALPHABET[randomInt(SAFE_ALPHABET.length)]
  return text
}

/** generateName plus five random characters; a long prefix is cut. */
export const generatedName = (prefix: string): string =>
  prefix.slice(0, MAXIMUM_NAME_LENGTH - SUFFIX_LENGTH) + safeRandom(SUFFIX_LENGTH)

/** The key of an object in its bucket. */
export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace ? `${namespace}/${name}` : name
