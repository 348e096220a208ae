import { expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { Sandbox } from './sandbox.ts'
import { SandboxState } from './sandbox-state.ts'
import { createSandboxes } from './sandboxes.ts'

function setup(sleepsAfterMs?: number) {
  const clock = manualClock()
  const created: string[] = []
  const disposed: string[] = []
  const slept: string[] = []
  const sandboxes = createSandboxes({
    clock,
    log: silentLog,
    idleMs: 1000,
    sleepsAfterMs: () => sleepsAfterMs,
    create(learnerId, onActivity) {
      created.push(learnerId)
      const state = new SandboxState({ en: '', zh: '' }, clock)
      state.set('ready', 1, { en: '', zh: '' })
      return {
        dispose: async () => void disposed.push(learnerId),
        touch: onActivity,
        sleep: () => void slept.push(learnerId),
        state,
      } as unknown as Sandbox
    },
  })
  return { clock, created, disposed, slept, sandboxes }
}

test('one learner has one sandbox, however many browsers look', () => {
  const { sandboxes, created } = setup()
  const one = sandboxes.use('anna')
  expect(sandboxes.use('anna').sandbox).toBe(one.sandbox)
  expect(sandboxes.use('ben').sandbox).not.toBe(one.sandbox)
  expect(created).toEqual(['anna', 'ben'])
})

test('lets a sandbox go some time after the last browser left, not before', () => {
  const { sandboxes, clock, disposed } = setup()
  const one = sandboxes.use('anna')
  const two = sandboxes.use('anna')
  one.end.dispose()
  one.end.dispose()
  clock.advance(5000)
  expect(disposed).toEqual([])
  two.end.dispose()
  clock.advance(999)
  sandboxes.use('anna').end.dispose()
  clock.advance(999)
  expect(disposed).toEqual([])
  clock.advance(1)
  expect(disposed).toEqual(['anna'])
})

test('a learner who comes back later gets a new one', () => {
  const { sandboxes, clock, created } = setup()
  sandboxes.use('anna').end.dispose()
  clock.advance(1000)
  sandboxes.use('anna')
  expect(created).toEqual(['anna', 'anna'])
})

test('disposing lets all go and leaves no timer', async () => {
  const { sandboxes, clock, disposed } = setup()
  sandboxes.use('anna').end.dispose()
  sandboxes.use('ben')
  await sandboxes.dispose()
  expect(disposed.sort()).toEqual(['anna', 'ben'])
  expect(clock.pending).toBe(0)
})

test('one whose learner does nothing sleeps, whoever looks on; one at work does not', () => {
  const { sandboxes, clock, slept } = setup(60_000)
  sandboxes.use('anna')
  const { sandbox } = sandboxes.use('ben')
  clock.advance(45_000)
  sandbox.touch()
  clock.advance(30_000)
  expect(new Set(slept)).toEqual(new Set(['anna']))
})

test('when room is wanted the one that is idle for longest sleeps, and nobody who is at work', () => {
  const { sandboxes, clock, slept } = setup()
  sandboxes.use('anna')
  clock.advance(60_000)
  sandboxes.use('ben')
  sandboxes.relieve()
  expect(slept).toEqual([])
  clock.advance(120_000)
  sandboxes.relieve()
  expect(slept).toEqual(['anna'])
})

test('says how long until a sandbox sleeps, anew when that moved by a minute', () => {
  const { sandboxes, clock } = setup(10 * 60_000)
  const { sandbox } = sandboxes.use('anna')
  const told: (number | undefined)[] = []
  sandbox.state.onChange(() => told.push(sandbox.state.report('en').sleepsInMs))
  expect(sandbox.state.report('en').sleepsInMs).toBe(10 * 60_000)
  clock.advance(30_000)
  sandbox.touch()
  clock.advance(15_000)
  expect(told).toEqual([])
  expect(sandbox.state.report('en').sleepsInMs).toBe(9 * 60_000 + 15_000)
  clock.advance(60_000)
  sandbox.touch()
  clock.advance(15_000)
  expect(told).toEqual([10 * 60_000 - 15_000])
})
