import { describe, expect, it } from 'vitest'
import { PlayTime, parseCast } from './cast.ts'

describe('parseCast', () => {
  it('reads size, start and outputs, and passes over what is broken off', () => {
    const text = [
      '{"version":2,"width":100,"height":30,"timestamp":1000}',
      '[0.5,"o","$ "]',
      '[1,"i","typed"]',
      '[2.25,"o","ls\\r\\n"]',
      '[3,"o","half',
    ].join('\n')
    expect(parseCast(text)).toEqual({
      columns: 100,
      rows: 30,
      startedAt: 1_000_000,
      outputs: [
        { at: 1_000_500, text: '$ ' },
        { at: 1_002_250, text: 'ls\r\n' },
      ],
    })
  })

  it('takes an empty file for a recording of nothing', () => {
    expect(parseCast('').outputs).toEqual([])
  })
})

describe('PlayTime', () => {
  const time = new PlayTime([10_000, 0, 11_000, 1_000], 2_000)

  it('shortens pauses and keeps what is shorter', () => {
    expect(time.lengthMs).toBe(4_000)
    expect([0, 1_000, 10_000, 11_000].map(at => time.playedAt(at))).toEqual([0, 1_000, 3_000, 4_000])
  })

  it('stands still in the part of a pause that is left out', () => {
    expect(time.playedAt(9_000)).toBe(3_000)
  })

  it('leads back to the moment, also between two marks', () => {
    expect([0, 500, 3_000, 4_000].map(played => time.momentAt(played))).toEqual([0, 500, 10_000, 11_000])
  })

  it('has no length without moments', () => {
    expect(new PlayTime([], 1_000).lengthMs).toBe(0)
  })
})
