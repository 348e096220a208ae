import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { createCapacity, type QueuePlace, queuedText, type Room } from './capacity.ts'

const setup = (availableMb: number, more: { cores?: number; onPressure?(): void } = {}) => {
  const clock = manualClock()
  const memory = { availableMb }
  const capacity = createCapacity({
    clock,
    perSandboxMb: 100,
    keptFreeMb: 0,
    cores: 2,
    availableMb: () => memory.availableMb,
    ...more,
  })
  const places: QueuePlace[] = []
  const enter = (signal = new AbortController().signal) =>
    capacity.admit('anna', signal, place => void places.push(place))
  return { clock, memory, capacity, places, enter }
}
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

test('gives room as long as memory lasts, counting what has just been given', async () => {
  const { capacity, enter, places } = setup(250)
  const one = await enter()
  await enter()
  expect(capacity.free()).toBe(0)
  let third: Room | undefined
  const waiting = enter().then(room => {
    third = room
  })
  await settled()
  expect(third).toBeUndefined()
  expect(places).toEqual([{ place: 1, waitMs: undefined }])
  one.dispose()
  await waiting
  expect(third).toBeDefined()
})

test('is first come, first served, and tells everybody their new place', async () => {
  const { enter, places, capacity } = setup(100)
  const one = await enter()
  const order: number[] = []
  const second = enter().then(room => {
    order.push(2)
    return room
  })
  void enter().then(() => order.push(3))
  await settled()
  expect(places.map(({ place }) => place)).toEqual([1, 2])
  one.dispose()
  await second
  await settled()
  expect(order).toEqual([2])
  expect(places.at(-1)?.place).toBe(1)
  expect(capacity.report().queued).toBe(1)
})

test('not all start at once, and who waits for that is told how long', async () => {
  const { enter, clock, places } = setup(100_000)
  const rooms = await Promise.all([enter(), enter(), enter(), enter()])
  const fifth = enter()
  await settled()
  expect(places).toEqual([{ place: 1, waitMs: 1_500 }])
  clock.advance(600)
  rooms[0]?.started()
  await fifth
})

test('the processor sets a bound of its own', async () => {
  const { capacity } = setup(1_000_000, { cores: 1 })
  expect(capacity.free()).toBe(60)
})

test('who leaves the line leaves it', async () => {
  const { enter, capacity } = setup(100)
  await enter()
  const abort = new AbortController()
  const waiting = enter(abort.signal)
  await settled()
  abort.abort(new Error('gone home'))
  await expect(waiting).rejects.toThrow('gone home')
  expect(capacity.report().queued).toBe(0)
})

test('asks for what nobody uses, and looks again when memory may have come free', async () => {
  let asked = 0
  const { enter, memory, clock } = setup(100, { onPressure: () => void asked++ })
  await enter()
  const waiting = enter()
  await settled()
  expect(asked).toBe(1)
  memory.availableMb = 500
  clock.advance(30_000)
  await waiting
})

test('says place and time as people do', () => {
  expect(queuedText({ place: 3, waitMs: 18_500 }).en).toBe('You are 3rd in line, about 20 s')
  expect(queuedText({ place: 11, waitMs: 1_000 }).en).toBe('You are 11th in line, about 1 s')
  expect(queuedText({ place: 22, waitMs: undefined }).en).toContain('22nd')
  expect(queuedText({ place: 3, waitMs: 18_500 }).zh).toContain('第 3 位')
})
