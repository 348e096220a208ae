/** Join codes and PINs: short, read out in a room, without characters that look or sound alike. */
import { randomInt } from 'node:crypto'

/** No 0 O, 1 I L, 2 Z, 5 S, 8 B, and no vowels but A E U, Y: hardly a word comes out. */
const ALPHABET = 'ACDEFGHJKMNPQRTUVWXY34679'
const LENGTH = 8
const GROUP = 4

export function newJoinCode(): string {
  let code = ''
  while (code.length < LENGTH) code += ALPHABET[randomInt(ALPHABET.length)] ?? ''
  return code
}

/** As it is shown: `K7PM-3WQD`. */
export const shownCode = (code: string): string => `${code.slice(0, GROUP)}-${code.slice(GROUP)}`

/** What somebody typed, as it is kept; undefined when it cannot be a code. */
export function readCode(text: string): string | undefined {
  const code = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}_.]/gu, '')
  return code.length === LENGTH && [...code].every(letter => ALPHABET.includes(letter)) ? code : undefined
}

const PIN = /^\d{4,8}$/
export const readPin = (text: string): string | undefined => {
  const pin = text.normalize('NFKC').trim()
  return PIN.test(pin) ? pin : undefined
}

export const newPin = (): string => String(randomInt(10_000)).padStart(4, '0')
