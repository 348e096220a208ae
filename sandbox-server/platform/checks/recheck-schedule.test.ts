import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { createRecheck } from './recheck-schedule.ts'

const settle = () => new Promise(resolve => setImmediate(resolve))

function setup() {
  const clock = manualClock()
  let looks = 0
  let finish = () => {}
  const recheck = createRecheck({
    clock,
    delaysMs: [10, 100],
    look: () => {
      looks++
      return new Promise(resolve => {
        finish = resolve
      })
    },
  })
  return { clock, recheck, looks: () => looks, finish: () => finish() }
}

test('looks once per delay after a trigger, then rests', async () => {
  const { clock, recheck, looks, finish } = setup()
  clock.advance(1000)
  expect(looks()).toBe(0)
  recheck.trigger()
  clock.advance(10)
  expect(looks()).toBe(1)
  finish()
  await settle()
  clock.advance(100)
  expect(looks()).toBe(2)
  finish()
  await settle()
  clock.advance(10_000)
  expect(looks()).toBe(2)
})

test('never looks twice at a time, and looks again after what happened meanwhile', async () => {
  const { clock, recheck, looks, finish } = setup()
  recheck.trigger()
  clock.advance(10)
  recheck.trigger()
  clock.advance(1000)
  expect(looks()).toBe(1)
  finish()
  await settle()
  clock.advance(10)
  expect(looks()).toBe(2)
})

test('leaves no timer when disposed', () => {
  const { clock, recheck } = setup()
  recheck.trigger()
  recheck.dispose()
  expect(clock.pending).toBe(0)
})
