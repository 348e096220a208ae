import { describe, expect, it } from 'vitest'
import type { StepRecord } from '../../../sandbox-server/protocol/progress.ts'
import { earned, tookMs } from './earned.ts'

const passed = (minute: number, startedMinute: number | undefined = minute - 1): StepRecord => ({
  step: `at-${minute}`,
  state: 'passed',
  startedAt: startedMinute === undefined ? null : new Date(startedMinute * 60_000).toISOString(),
  passedAt: new Date(minute * 60_000).toISOString(),
  solutionShown: false,
})
const skipped: StepRecord = { ...passed(9), state: 'skipped', passedAt: null }

describe('earned', () => {
  it('gives a certificate for a chapter whose every step is passed, dated by the last of them', () => {
    const chapters = [
      { chapter: 'a', steps: [passed(10), passed(5)] },
      { chapter: 'b', steps: [passed(20), skipped] },
    ]
    expect(earned({ chapters })).toEqual([{ chapter: 'a', steps: 2, at: 600_000, tookMs: 120_000 }])
  })

  it('gives one for the course when every chapter that has steps is complete', () => {
    const chapters = [
      { chapter: 'a', steps: [passed(10)] },
      { chapter: 'playground', steps: [] },
      { chapter: 'b', steps: [passed(20)] },
    ]
    expect(earned({ chapters }).map(({ chapter, steps }) => [chapter, steps])).toEqual([
      [undefined, 2],
      ['a', 1],
      ['b', 1],
    ])
  })

  it('gives none for a course without steps', () => {
    expect(earned({ chapters: [{ chapter: 'playground', steps: [] }] })).toEqual([])
  })
})

describe('tookMs', () => {
  it('is never negative, and unknown without a beginning', () => {
    expect(tookMs(passed(5, 7))).toBe(0)
    expect(tookMs({ ...passed(5), startedAt: null })).toBeUndefined()
  })
})
