import { describe, expect, it } from 'vitest'
import { goRegexpError } from './go-regexp.ts'

/** Texts as Go 1.26 prints them. */
const WRONG: readonly (readonly [expression: string, error: string])[] = [
  ['[a', 'missing closing ]: `[a`'],
  ['a)', 'unexpected ): `a)`'],
  ['(a', 'missing closing ): `(a`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['a|*', 'missing argument to repetition operator: `*`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{3,1}', 'invalid repeat count: `{3,1}`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
  ['\\p{Foo}', 'invalid character class range: `\\p{Foo}`'],
  ['\\Z', 'invalid escape sequence: `\\Z`'],
  ['\\1', 'invalid escape sequence: `\\1`'],
  ['a\\', 'trailing backslash at end of expression: ``'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?<=a)', 'invalid named capture: `(?<=a)`'],
  ['(?P<n', 'invalid named capture: `(?P<n`'],
]

describe('goRegexpError', () => {
  it.each(WRONG)("names Go's first complaint about %s", (expression, error) => {
    expect(goRegexpError(expression)).toBe(`error parsing regexp: ${error}`)
  })

  it.each([
    '',
    '^/v[12]/.*$',
    '(?i)ab+?',
    '(?P<n>x)',
    '[]a]',
    '[^]a-]',
    'a{,2}',
    '\\Q(*\\E',
    '\\pL\\d',
    'x{1,3}?',
  ])('takes %s', expression => {
    expect(goRegexpError(expression)).toBeUndefined()
  })
})
