/** The secret that a browser keeps in its cookie, and the name a learner gets. */
import { createHash, randomBytes, randomInt } from 'node:crypto'

const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits, base64url. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

export const isToken = (text: string): boolean => TOKEN.test(text)

/** Only this is stored: whoever reads the database cannot become a learner. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

const LETTERS = 'abcdefghijkmnpqrstuvwxyz'
const LETTERS_AND_DIGITS = `${LETTERS}23456789`
const ID_LENGTH = 8

/** Short, lower-case, without look-alikes: it is part of the namespace's name that the learner reads. */
export function newLearnerId(): string {
  let id = LETTERS[randomInt(LETTERS.length)] ?? 'a'
  while (id.length < ID_LENGTH) id += LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)] ?? '2'
  return id
}
