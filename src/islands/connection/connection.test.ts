import { describe, expect, it } from 'vitest'
import type { StepReport } from '../../../sandbox-server/protocol/steps.ts'
import { backoffMs } from './backoff.ts'
import { after, type ChapterState } from './chapter-connection.ts'
import { parseChapterMessage, parseTerminalControl } from './messages.ts'

const state: ChapterState = {
  link: { name: 'open' },
  sandbox: undefined,
  steps: new Map(),
  hints: new Map(),
  solutions: new Map(),
  error: undefined,
  restoration: undefined,
}
const step = (id: string, state: StepReport['state']): StepReport => ({
  id,
  state,
  checks: [],
  hintsOpened: 0,
  solutionShown: false,
})

describe('backoffMs', () => {
  it('doubles up to ten seconds', () => {
    expect([0, 1, 2, 3, 4, 5, 20].map(attempt => backoffMs(attempt, 1))).toEqual([
      500, 1000, 2000, 4000, 8000, 10_000, 10_000,
    ])
  })

  it('is at most 30 % shorter by chance', () => {
    expect(backoffMs(1, 0)).toBe(700)
  })
})

describe('the state of a chapter after a message', () => {
  it('replaces all steps by "steps" and one by "step"', () => {
    const all = {
      ...state,
      ...after(state, { type: 'steps', steps: [step('a', 'upcoming'), step('b', 'upcoming')] }),
    }
    const one = after(all, { type: 'step', step: step('a', 'passed') })
    expect([...(one.steps ?? [])].map(([id, report]) => `${id} ${report.state}`)).toEqual([
      'a passed',
      'b upcoming',
    ])
    expect(all.steps.get('a')?.state).toBe('upcoming')
  })

  it('keeps hints in the order of their index, whatever order they arrive in', () => {
    const second = { ...state, ...after(state, { type: 'hint', step: 'a', index: 1, text: 'two' }) }
    const both = after(second, { type: 'hint', step: 'a', index: 0, text: 'one' })
    expect(both.hints?.get('a')).toEqual(['one', 'two'])
  })
})

describe('messages', () => {
  it('of an unknown kind are passed over', () => {
    expect(parseChapterMessage('{"type":"from-the-future"}')).toBeUndefined()
    expect(parseChapterMessage('null')).toBeUndefined()
    expect(parseTerminalControl('{"type":"steps"}')).toBeUndefined()
  })

  it('of a known kind are taken', () => {
    expect(parseTerminalControl('{"type":"ready"}')).toEqual({ type: 'ready' })
  })
})
