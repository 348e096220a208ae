import { expect, test } from 'vitest'
import { ageSince, ageText } from './age.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  [45 * SECOND, '45s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [3 * MINUTE + 12 * SECOND, '3m12s'],
  [12 * MINUTE + 5 * SECOND, '12m'],
  [3 * HOUR + 4 * MINUTE, '3h4m'],
  [30 * HOUR, '30h'],
  [2 * DAY + 4 * HOUR, '2d4h'],
  [12 * DAY, '12d'],
  [-5, '0s'],
])('%d ms is %s', (ms, text) => {
  expect(ageText(ms)).toBe(text)
})

test('what is no time has no age', () => {
  expect(ageSince('', 0)).toBe('')
})
