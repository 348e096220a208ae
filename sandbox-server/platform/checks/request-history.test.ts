import { expect, test } from 'vitest'
import { RequestHistory } from './request-history.ts'

const row = {
  time: '',
  source: 'a',
  destination: 'b',
  version: '',
  method: 'GET',
  path: '/',
  status: 200,
  flags: '-',
  durationMs: 1,
}

test('keeps requests in the order of their beginning, whichever log was read first', () => {
  const history = new RequestHistory()
  for (const at of [5, 1, 9, 7, 7, 2]) history.add(at, row)
  expect(history.since(0).map(({ at }) => at)).toEqual([1, 2, 5, 7, 7, 9])
  expect(history.since(7).map(({ at }) => at)).toEqual([7, 7, 9])
  expect(history.since(10)).toEqual([])
})

test('forgets the oldest beyond its bound', () => {
  const history = new RequestHistory()
  for (let at = 0; at < 40_000; at++) history.add(at, row)
  const kept = history.since(0)
  expect(kept.length).toBeLessThanOrEqual(25_000)
  expect(kept.at(-1)?.at).toBe(39_999)
})
