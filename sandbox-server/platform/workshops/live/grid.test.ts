import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Grid } from './grid.ts'
import { helpScore } from './help-score.ts'

const steps = ['one', 'two', 'three'].map(step => ({
  key: `routing/${step}`,
  chapter: 'routing',
  step,
  title: { en: step, zh: step },
}))
const seat = (id: string) => ({
  id,
  name: id,
  group: null,
  joinedAt: 0,
  lastSeenAt: 0,
  handRaisedAt: undefined,
  review: undefined,
  muted: false,
  expiresAt: undefined,
})
const gridOf = (...seats: string[]) => {
  const grid = new Grid(steps, (_key, check, explanation) => ({ en: `${check}: ${explanation}`, zh: '说明' }))
  for (const one of seats) grid.putSeat(seat(one))
  return grid
}
const event = (
  learnerId: string,
  kind: string,
  step: string,
  atMs: number,
  details: Record<string, unknown> = {},
) => ({ learnerId, kind, chapter: 'routing', step, at: new Date(atMs), details })
const MINUTE = 60_000

test('counts who waits, failed and passed each step, and by which explanation', () => {
  const grid = gridOf('anna', 'ben', 'cleo', 'dora')
  for (const one of ['anna', 'ben', 'cleo']) grid.apply(event(one, 'step-started', 'one', 0))
  grid.apply(event('anna', 'check-failed', 'one', 1, { check: 'vs', explanation: 'no-subset' }))
  grid.apply(event('ben', 'check-failed', 'one', 2, { check: 'vs', explanation: 'no-subset' }))
  grid.apply(event('ben', 'check-failed', 'one', 3, { check: 'vs', explanation: 'other-host' }))
  grid.apply(event('cleo', 'step-passed', 'one', 4 * MINUTE))
  expect(grid.snapshot(5 * MINUTE).stats[0]).toEqual({
    key: 'routing/one',
    waiting: 0,
    failed: 2,
    passed: 1,
    skipped: 0,
    medianMs: 4 * MINUTE,
    explanations: [
      { check: 'vs', explanation: 'no-subset', text: { en: 'vs: no-subset', zh: '说明' }, now: 1, ever: 2 },
      { check: 'vs', explanation: 'other-host', text: { en: 'vs: other-host', zh: '说明' }, now: 1, ever: 1 },
    ],
  })
})

test('a delta has what changed and nothing else', () => {
  const grid = gridOf('anna', 'ben')
  grid.takeDelta(0)
  expect(grid.takeDelta(0)).toBeUndefined()
  grid.apply(event('ben', 'step-started', 'two', 0))
  const delta = grid.takeDelta(1)
  expect(delta?.rows.map(row => row.seat)).toEqual(['ben'])
  expect(delta?.cells).toMatchObject([{ seat: 'ben', key: 'routing/two', state: 'active' }])
  expect(delta?.stats.map(({ key }) => key)).toEqual(['routing/two'])
  grid.removeSeat('ben')
  expect(grid.takeDelta(2)).toMatchObject({ removed: ['ben'], rows: [], stats: [{ waiting: 0 }] })
})

test('what is put together from deltas is what a newcomer gets, whatever happens', () => {
  const names = ['anna', 'ben', 'cleo']
  const kinds = [
    'step-started',
    'step-passed',
    'step-skipped',
    'step-reset',
    'step-changed',
    'hint-opened',
    'solution-shown',
    'check-failed',
    'check-cleared',
  ]
  const happening = fc.record({
    seat: fc.constantFrom(...names),
    kind: fc.constantFrom(...kinds),
    step: fc.constantFrom('one', 'two', 'three', 'gone'),
    check: fc.constantFrom('a', 'b'),
    explanation: fc.constantFrom('x', 'y'),
    state: fc.constantFrom('upcoming', 'active', 'passed', 'skipped'),
    look: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), happenings => {
      const grid = gridOf(...names)
      const seen = { rows: new Map(), cells: new Map(), stats: new Map() }
      const look = () => {
        const delta = grid.takeDelta(1000)
        for (const row of delta?.rows ?? []) seen.rows.set(row.seat, row)
        for (const cell of delta?.cells ?? []) seen.cells.set(`${cell.seat} ${cell.key}`, cell)
        for (const stats of delta?.stats ?? []) seen.stats.set(stats.key, stats)
      }
      for (const [index, { seat, kind, step, look: looks, ...details }] of happenings.entries()) {
        grid.apply(event(seat, kind, step, index, details))
        if (looks) look()
      }
      look()
      const all = grid.snapshot(1000)
      for (const row of all.rows) expect(seen.rows.get(row.seat)).toEqual(row)
      for (const cell of all.cells) expect(seen.cells.get(`${cell.seat} ${cell.key}`)).toEqual(cell)
      for (const stats of all.stats) {
        const known = seen.stats.get(stats.key)
        if (known) expect(known).toEqual(stats)
        const cells = all.cells.filter(cell => cell.key === stats.key)
        expect(stats.passed).toBe(cells.filter(cell => cell.state === 'passed').length)
        expect(stats.waiting + stats.failed).toBe(cells.filter(cell => cell.state === 'active').length)
      }
      for (const row of all.rows)
        expect(row.passed).toBe(
          all.cells.filter(cell => cell.seat === row.seat && cell.state === 'passed').length,
        )
    }),
    { numRuns: 300 },
  )
})

test('who raised a hand comes before who is slow, who is slow before who is fine', () => {
  const base = {
    now: 60 * MINUTE,
    online: true,
    handRaisedAt: undefined,
    reviewAt: undefined,
    sandboxFailed: false,
    medianMs: 5 * MINUTE,
    lastSeenAt: 60 * MINUTE,
  }
  const step = { startedAt: 58 * MINUTE, failing: 0, attempts: 0, solution: false }
  const fine = helpScore({ ...base, step })
  const slow = helpScore({ ...base, step: { ...step, startedAt: 30 * MINUTE } })
  const hand = helpScore({ ...base, step, handRaisedAt: 59 * MINUTE })
  expect(fine).toEqual({ score: 0, reasons: [] })
  expect(slow.reasons).toEqual(['slow'])
  expect(hand.reasons).toEqual(['hand'])
  expect(hand.score).toBeGreaterThan(slow.score)
  expect(slow.score).toBeGreaterThan(fine.score)
})

test('time alone makes somebody slow, and tells', () => {
  const grid = gridOf('anna')
  grid.setLive('anna', { online: true })
  grid.apply(event('anna', 'step-started', 'one', 0))
  grid.takeDelta(0)
  grid.tick(MINUTE)
  expect(grid.takeDelta(MINUTE)).toBeUndefined()
  grid.tick(30 * MINUTE)
  expect(grid.takeDelta(30 * MINUTE)?.rows[0]?.help.reasons).toContain('slow')
})
