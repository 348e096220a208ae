import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { manualClock } from './test-cluster.ts'
import { createWorkQueue } from './work-queue.ts'

function setup(reconcile: (key: string) => void) {
  const clock = manualClock()
  const failures: string[] = []
  const queue = createWorkQueue({ clock, reconcile, report: key => void failures.push(key) })
  return { clock, queue, failures }
}

describe('a work queue', () => {
  it('works a key off once however often it was added', async () => {
    const done: string[] = []
    const { queue } = setup(key => done.push(key))
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
    expect(done).toEqual([])
    await turn()
    expect(done).toEqual(['a', 'b'])
  })

  it('takes a key again that is added while it is worked off', async () => {
    let left = 3
    const { queue } = setup(key => {
      if (--left > 0) queue.add(key)
    })
    queue.add('a')
    for (let turns = 0; turns < 4; turns++) await turn()
    expect(left).toBe(0)
  })

  it('tries a failed key again, later each time', async () => {
    let attempts = 0
    const { queue, clock, failures } = setup(() => {
      attempts++
      if (attempts < 4) throw new Error('not yet')
    })
    queue.add('a')
    await turn()
    for (const [ms, expected] of [
      [4, 1],
      [1, 2],
      [9, 2],
      [1, 3],
      [20, 4],
      [1_000, 4],
    ] as const) {
      clock.advance(ms)
      await turn()
      expect(attempts).toBe(expected)
    }
    expect(failures).toEqual(['a'])
    expect(clock.pending()).toBe(0)
  })

  it('keeps the shortest of several waits', async () => {
    const done: string[] = []
    const { queue, clock } = setup(key => done.push(key))
    queue.addAfter('a', 1_000)
    queue.addAfter('a', 100)
    queue.addAfter('a', 500)
    clock.advance(100)
    await turn()
    expect(done).toEqual(['a'])
    expect(clock.pending()).toBe(0)
  })

  it('leaves neither work nor timers when it is disposed', async () => {
    const done: string[] = []
    const { queue, clock } = setup(key => done.push(key))
    queue.add('a')
    queue.addAfter('b', 10)
    queue.dispose()
    clock.advance(10)
    await turn()
    expect(done).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})
