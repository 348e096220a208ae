import { describe, expect, it } from 'vitest'
import { elapsed } from './elapsed.ts'

const took = (seconds: number) => {
  const startedAt = '2026-01-01T20:00:00.000Z'
  return elapsed({ startedAt, passedAt: new Date(Date.parse(startedAt) + seconds * 1000).toISOString() })
}

describe('elapsed', () => {
  it('is written as a clock would', () => {
    expect([took(0), took(41), took(72), took(3_725)]).toEqual(['0:00', '0:41', '1:12', '1:02:05'])
  })

  it('is empty while the step has not passed', () => {
    expect(elapsed({ startedAt: '2026-01-01T20:00:00Z' })).toBe('')
  })
})
