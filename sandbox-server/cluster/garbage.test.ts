import { expect, test } from 'vitest'
import { collectAtRest } from './garbage.ts'
import type { Clock, Disposable } from './lifecycle.ts'

const MIB = 2 ** 20

/** A heap that a collection brings down to `live`. */
function heap({ live, used }: { live: number; used: number }) {
  let nowMs = 0
  let pending: { atMs: number; callback: () => void } | undefined
  const state = { used: used * MIB, collections: 0 }
  const clock: Clock = {
    now: () => nowMs,
    after(ms, callback): Disposable {
      const mine = { atMs: nowMs + ms, callback }
      pending = mine
      return {
        dispose() {
          if (pending === mine) pending = undefined
        },
      }
    },
  }
  const collecting = collectAtRest({
    clock,
    usedBytes: () => state.used,
    collect() {
      state.collections++
      state.used = live * MIB
    },
  })
  return {
    state,
    collecting,
    advance(ms: number) {
      const until = nowMs + ms
      while (pending && pending.atMs <= until) {
        const { atMs, callback } = pending
        pending = undefined
        nowMs = atMs
        callback()
      }
      nowMs = until
    },
  }
}

test('collects once after the start', () => {
  const { state, advance } = heap({ live: 20, used: 40 })
  advance(120_000)
  expect(state.collections).toBe(1)
})

test('leaves a heap alone while it is growing, and collects when it has come to rest', () => {
  const { state, advance } = heap({ live: 20, used: 40 })
  advance(5_000)
  for (let i = 0; i < 5; i++) {
    state.used += 5 * MIB
    advance(20_000)
  }
  expect(state.collections).toBe(1)
  advance(20_000)
  expect(state.collections).toBe(2)
})

test('does not collect for little', () => {
  const { state, advance } = heap({ live: 20, used: 40 })
  advance(5_000)
  state.used += 3 * MIB
  advance(120_000)
  expect(state.collections).toBe(1)
})

test('looks no more when disposed', () => {
  const { state, advance, collecting } = heap({ live: 20, used: 40 })
  collecting.dispose()
  advance(120_000)
  expect(state.collections).toBe(0)
})
