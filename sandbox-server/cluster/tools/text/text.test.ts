import { expect, test } from 'vitest'
import { humanDuration } from '../../apiserver/kinds/time.ts'
import { durationMs, durationText } from './duration.ts'
import { goFloat } from './go-float.ts'
import { toYaml } from './go-yaml.ts'
import { tabulate } from './tabwriter.ts'

test.each([
  [0.00037496, undefined, '0.00037496'],
  [0.000077394, undefined, '7.7394e-05'],
  [19.946107037175384, undefined, '19.946107037175384'],
  [1_000_000, undefined, '1e+06'],
  [123_456, undefined, '123456'],
  [0.000036810123, 4, '3.681e-05'],
  [102.75, 8, '102.75'],
  [1901.0783391609305, 5, '1901.1'],
  [64.6374, 5, '64.637'],
  [2055, 9, '2055'],
  [-1.5, undefined, '-1.5'],
  [0, 4, '0'],
])('prints %d with precision %j as Go does', (value, precision, text) => {
  expect(goFloat(value, precision)).toBe(text)
})

test.each([
  ['1h2m3.5s', 3_723_500],
  ['300ms', 300],
  ['-2s', -2000],
  ['0', 0],
  ['3', undefined],
  ['', undefined],
  ['1x', undefined],
])('reads the duration %j', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test.each([
  [309_418_139, '309.418139ms'],
  [5_000_000_000, '5s'],
  [120_000_000_000, '2m0s'],
  [3_723_500_000_000, '1h2m3.5s'],
  [1500, '1.5µs'],
  [0, '0s'],
])('writes %d nanoseconds', (nanoseconds, text) => {
  expect(durationText(nanoseconds)).toBe(text)
})

test.each([
  [5_000, '5s'],
  [119_000, '119s'],
  [150_000, '2m30s'],
  [600_000, '10m'],
  [4 * 3_600_000, '4h'],
  [50 * 3_600_000, '2d2h'],
])('says how long %d ms are for people', (ms, text) => {
  expect(humanDuration(ms)).toBe(text)
})

test('aligns columns over adjacent rows and does not pad the last cell', () => {
  const rows = [
    ['NAME', 'X', 'LAST'],
    ['a', 'long cell', ''],
  ]
  expect(tabulate(rows, { padding: 2 })).toBe('NAME  X          LAST\na     long cell  \n')
})

test('writes YAML with keys in order and quotes only where something else would be read', () => {
  const value = {
    b: ['x', { c: 1, a: 'true' }],
    a: {
      port10: '15020',
      port9: '1.5',
      empty: '',
      star: '*',
      multi: 'one\ntwo\n',
      colon: 'a: b',
      plain: 'a:b',
    },
    none: undefined,
    nothing: null,
  }
  expect(toYaml(value)).toBe(`a:
  colon: 'a: b'
  empty: ""
  multi: |
    one
    two
  plain: a:b
  port9: "1.5"
  port10: "15020"
  star: '*'
b:
- x
- a: "true"
  c: 1
nothing: null
`)
})
