import { expect, test } from 'vitest'
import { binomialPValue, fits, leastSample, wilson } from './distribution.ts'

test('the exact test sums the outcomes that are at most as likely', () => {
  expect(binomialPValue(2, 20, 0.5)).toBeCloseTo((2 * (1 + 20 + 190)) / 2 ** 20, 12)
  const likely = [0, 1, ...Array.from({ length: 19 }, (_, index) => index + 12)]
  expect(binomialPValue(1, 30, 0.2)).toBeCloseTo(
    likely.reduce((sum, count) => sum + pmf(30, count, 0.2), 0),
    12,
  )
  expect(binomialPValue(10, 20, 0.5)).toBeCloseTo(1, 9)
})

test('what chance may well do fits, what it does not do does not', () => {
  expect(fits({ v1: 33, v2: 7 }, { v1: 80, v2: 20 })).toBe(true)
  expect(fits({ v1: 26, v2: 14 }, { v1: 80, v2: 20 })).toBe(true)
  expect(fits({ v1: 20, v2: 20 }, { v1: 80, v2: 20 })).toBe(false)
  expect(fits({ v1: 40 }, { v1: 80, v2: 20 })).toBe(false)
  expect(fits({ v1: 39, v3: 1 }, { v1: 100 })).toBe(false)
  expect(fits({ v1: 40 }, { v1: 100, v2: 0 })).toBe(true)
})

test('percentages need not total a hundred', () => {
  expect(fits({ v1: 33, v2: 7 }, { v1: 8, v2: 2 })).toBe(true)
})

test('rejects right weights about as rarely as it says', () => {
  // Deterministic: every outcome of 40 with its probability.
  let rejected = 0
  for (let count = 0; count <= 40; count++)
    if (!fits({ v1: 40 - count, v2: count }, { v1: 80, v2: 20 })) rejected += pmf(40, count, 0.2)
  expect(rejected).toBeLessThanOrEqual(0.001)
})

test('names the sample that finds a version left out', () => {
  expect(leastSample({ v1: 100 })).toBe(1)
  const least = leastSample({ v1: 80, v2: 20 })
  expect(fits({ v1: least }, { v1: 80, v2: 20 })).toBe(false)
  expect(fits({ v1: least - 1 }, { v1: 80, v2: 20 })).toBe(true)
})

test("Wilson's interval is narrower with more, and stays within 0 and 1", () => {
  const few = wilson(8, 10)
  const many = wilson(800, 1000)
  expect(many.high - many.low).toBeLessThan(few.high - few.low)
  expect(wilson(0, 10).low).toBe(0)
  expect(wilson(10, 10).high).toBe(1)
  expect(many.low).toBeCloseTo(0.755, 2)
})

function pmf(total: number, count: number, share: number): number {
  let value = 1
  for (let index = 0; index < count; index++) value *= (total - index) / (index + 1)
  return value * share ** count * (1 - share) ** (total - count)
}
