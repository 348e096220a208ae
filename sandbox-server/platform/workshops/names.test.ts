import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanName, cleanText, nameKey } from './names.ts'

test.each([
  ['  Anna   Müller ', 'Anna Müller'],
  ['李雷', '李雷'],
  ['محمد', 'محمد'],
  ['می‌خواهم', 'می‌خواهم'],
  ['👩‍💻 Ada', '👩‍💻 Ada'],
  ['a\u202Eb\u2066c\u200F', 'abc'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b]0;title\x07bob', 'bob'],
  ['<b>x</b>', '<b>x</b>'],
  ['line\nbreak', 'line break'],
])('%j is kept as %j', (given, kept) => expect(cleanName(given)).toBe(kept))

test.each([[''], ['   '], ['\u202E\u200B'], ['---'], ['x'.repeat(61)], ['\x1b[2J']])('%j is no name', text =>
  expect(() => cleanName(text)).toThrow(/no name/),
)

test('whatever is given, what is kept has no control, no direction change, and is kept as it is the next time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
      let name: string
      try {
        name = cleanName(text)
      } catch {
        return true
      }
      expect(name).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u)
      return cleanName(name) === name
    }),
    { numRuns: 2000 },
  )
})

test('letters do not pile up marks without end', () => {
  expect(cleanName(`Z${'\u0335'.repeat(50)}algo`).length).toBeLessThan(12)
})

test('spelling, case, width and spaces do not make another person', () => {
  expect(nameKey('ANNA  Müller')).toBe(nameKey('anna mu\u0308ller'))
  expect(nameKey('Ａｎｎａ')).toBe(nameKey('Anna'))
  expect(nameKey('Anna')).not.toBe(nameKey('Anne'))
})

test('a message keeps its lines and loses its escapes', () => {
  expect(cleanText(' try\r\nthis:\t\x1b[1mls\x1b[0m\u202E ')).toBe('try\nthis:\tls')
})
