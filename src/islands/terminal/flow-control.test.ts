import { describe, expect, it } from 'vitest'
import { FlowControl } from './flow-control.ts'

function watched(): { flow: FlowControl; acknowledged: number[] } {
  const acknowledged: number[] = []
  return { flow: new FlowControl(bytes => acknowledged.push(bytes)), acknowledged }
}

describe('FlowControl', () => {
  it('acknowledges at once when nothing is left to draw', () => {
    const { flow, acknowledged } = watched()
    flow.received(5)
    flow.drawn(5)
    expect(acknowledged).toEqual([5])
  })

  it('acknowledges a flood in lumps, and every byte of it', () => {
    const { flow, acknowledged } = watched()
    for (let chunk = 0; chunk < 100; chunk++) flow.received(1000)
    for (let chunk = 0; chunk < 100; chunk++) flow.drawn(1000)
    expect(acknowledged.length).toBeLessThan(10)
    expect(acknowledged.reduce((sum, bytes) => sum + bytes, 0)).toBe(100_000)
  })
})
