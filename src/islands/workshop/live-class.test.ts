import { describe, expect, it } from 'vitest'
import type { LiveCell, LiveRow, LiveServerMessage } from '../../../sandbox-server/protocol/workshop-live.ts'
import { arranged, hurts, LiveClass, raisedHands, type Wish } from './live-class.ts'

const NOW = '2026-11-24T10:00:00.000Z'
const row = (seat: string, more: Partial<LiveRow> = {}): LiveRow => ({
  seat,
  name: seat,
  group: null,
  online: true,
  joinedAt: NOW,
  lastSeenAt: NOW,
  sandbox: { state: 'ready', queue: 0 },
  current: null,
  passed: 0,
  handRaisedAt: null,
  readyForReview: null,
  muted: false,
  watchers: [],
  expiresAt: null,
  help: { score: 0, reasons: [] },
  ...more,
})
const cell = (seat: string, more: Partial<LiveCell> = {}): LiveCell => ({
  seat,
  key: 'a/1',
  state: 'active',
  startedAt: NOW,
  passedAt: null,
  attempts: 0,
  hints: 0,
  solution: false,
  failing: [],
  ...more,
})
const delta = (more: Partial<Extract<LiveServerMessage, { type: 'delta' }>>): LiveServerMessage => ({
  type: 'delta',
  now: NOW,
  rows: [],
  removed: [],
  cells: [],
  stats: [],
  ...more,
})
const wish = (more: Partial<Wish> = {}): Wish => ({ order: 'help', show: 'all', text: '', ...more })
const seats = (rows: LiveRow[]) => rows.map(({ seat }) => seat)

function classOf(...rows: LiveRow[]): LiveClass {
  const live = new LiveClass()
  live.apply(delta({ rows }), Date.parse(NOW))
  return live
}

describe('LiveClass', () => {
  it('keeps whole rows and cells by what changed, and says whose they are', () => {
    const live = classOf(row('ada'), row('ben'))
    const changed = live.apply(delta({ rows: [row('ada', { passed: 2 })], cells: [cell('ben')] }), 0)
    expect([...(changed ?? [])].sort()).toEqual(['ada', 'ben'])
    expect(live.rows.get('ada')?.passed).toBe(2)
    expect(live.cell('ben', 'a/1')?.state).toBe('active')
  })

  it('forgets who was removed, with the cells', () => {
    const live = classOf(row('ada'))
    live.apply(delta({ cells: [cell('ada')] }), 0)
    live.apply(delta({ removed: ['ada'] }), 0)
    expect(live.rows.size + live.cells.size).toBe(0)
  })

  it('counts time by the server’s clock', () => {
    const live = new LiveClass()
    live.apply(delta({}), Date.parse(NOW) - 5_000)
    expect(live.aheadMs).toBe(5_000)
  })

  it('takes a message that comes twice once', () => {
    const live = new LiveClass()
    const message = { id: '1', at: NOW, from: null, seat: null, by: 'T', text: 'x', command: null }
    live.apply({ type: 'message', message }, 0)
    live.apply({ type: 'message', message }, 0)
    expect(live.messages).toHaveLength(1)
  })
})

describe('arranged', () => {
  it('puts who needs help first, then by name', () => {
    const live = classOf(row('cai'), row('ada'), row('ben', { help: { score: 12, reasons: ['failing'] } }))
    expect(seats(arranged(live, wish()))).toEqual(['ben', 'ada', 'cai'])
  })

  it('shows only those at an explanation', () => {
    const live = classOf(row('ada'), row('ben'))
    const failing = [{ check: 'route', explanation: 'no-match' }]
    live.apply(delta({ cells: [cell('ada'), cell('ben', { failing })] }), 0)
    const at = { key: 'a/1', check: 'route', explanation: 'no-match' }
    expect(seats(arranged(live, wish({ at })))).toEqual(['ben'])
    expect(seats(arranged(live, wish({ show: 'failing' })))).toEqual(['ben'])
  })

  it('finds names and groups whatever their case', () => {
    const live = classOf(row('Ada', { group: 'Blue' }), row('Ben'))
    expect(seats(arranged(live, wish({ text: 'bLUE' })))).toEqual(['Ada'])
  })

  it('puts who has not joined last when it is about progress', () => {
    const live = classOf(row('ada', { joinedAt: null }), row('ben', { passed: 3 }), row('cai', { passed: 1 }))
    expect(seats(arranged(live, wish({ order: 'progress' })))).toEqual(['cai', 'ben', 'ada'])
  })
})

describe('hurts', () => {
  it('names what most look at now, of those who came so far', () => {
    const live = classOf()
    const text = { en: 'subset without a DestinationRule', zh: '子集没有对应的 DestinationRule' }
    const explanations = [
      { check: 'route', explanation: 'subset', text, now: 7, ever: 9 },
      { check: 'route', explanation: 'gone', text, now: 0, ever: 3 },
    ]
    const stats = { key: 'a/1', waiting: 5, failed: 7, passed: 12, skipped: 0, medianMs: null, explanations }
    live.apply(delta({ stats: [stats] }), 0)
    expect(hurts(live, 5)).toEqual([
      { key: 'a/1', check: 'route', explanation: 'subset', text, now: 7, of: 24 },
    ])
  })
})

describe('raisedHands', () => {
  it('is a line: who waits longest is first', () => {
    const live = classOf(
      row('ada', { handRaisedAt: '2026-11-24T09:59:00.000Z' }),
      row('ben', { handRaisedAt: '2026-11-24T09:50:00.000Z' }),
      row('cai'),
    )
    expect(seats(raisedHands(live))).toEqual(['ben', 'ada'])
  })
})
