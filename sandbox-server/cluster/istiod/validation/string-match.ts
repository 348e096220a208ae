/** StringMatch: exact, prefix or regex. */
import type { GoError } from './go-error.ts'
import { q } from './go-error.ts'
import { goRegexpError } from './go-regexp.ts'
import { has, type Message, text } from './reading.ts'

const MAX_REGEX_BYTES = 1024

/** A regular expression of a field called `where`. */
export const checkRegex = (regex: string, where: string): GoError => {
  if (Buffer.byteLength(regex) > MAX_REGEX_BYTES) {
    return `${q(where)}: regex is too large, max length allowed is 1024`
  }
  const error = goRegexpError(regex)
  return error === undefined
    ? undefined
    : `${q(where)}: ${error}; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)`
}

/** Only a regex can be wrong (an empty prefix is fine for uri). */
export const checkMatchRegex = (match: Message | undefined, where: string): GoError => {
  if (!has(match, 'regex')) return undefined
  const regex = text(match, 'regex')
  return regex === '' ? `${q(where)}: regex string match should not be empty` : checkRegex(regex, where)
}

export const checkStringMatch = (match: Message | undefined, where: string): GoError =>
  has(match, 'prefix') && text(match, 'prefix') === ''
    ? `${q(where)}: prefix string match should not be empty`
    : checkMatchRegex(match, where)
