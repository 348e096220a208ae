import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { FlowControl } from './flow-control.ts'

function setup() {
  const clock = manualClock()
  const holds: boolean[] = []
  const flow = new FlowControl({
    clock,
    hold: held => holds.push(held),
    highBytes: 100,
    lowBytes: 20,
    patienceMs: 1000,
    unseenBytes: 500,
  })
  const produce = (viewers: ReturnType<FlowControl['add']>[], bytes: number) => {
    const taken = viewers.map(viewer => viewer.sent(bytes))
    flow.produced(bytes)
    return taken
  }
  return { clock, holds, flow, produce }
}

test('holds the program above the high mark and lets it go below the low mark', () => {
  const { flow, holds, produce } = setup()
  const viewer = flow.add()
  produce([viewer], 101)
  expect(holds).toEqual([true])
  viewer.acknowledged(50)
  expect(holds).toEqual([true])
  viewer.acknowledged(40)
  expect(holds).toEqual([true, false])
})

test('leaves a silent browser behind and gives it everything again when it is back', () => {
  const { clock, flow, holds, produce } = setup()
  const slow = flow.add()
  const quick = flow.add()
  produce([slow, quick], 150)
  quick.acknowledged(150)
  expect(holds).toEqual([true])
  clock.advance(1000)
  expect(holds).toEqual([true, false])
  expect(produce([slow, quick], 10)).toEqual([false, true])
  expect(slow.acknowledged(150)).toBe(true)
  expect(produce([slow, quick], 10)).toEqual([true, true])
})

test('a browser that leaves holds nobody', () => {
  const { clock, flow, holds, produce } = setup()
  const viewer = flow.add()
  produce([viewer], 200)
  viewer.dispose()
  expect(holds).toEqual([true, false])
  expect(clock.pending).toBe(0)
})

test('with nobody looking, a program may go on for a while only', () => {
  const { flow, holds, produce } = setup()
  produce([], 400)
  expect(holds).toEqual([])
  produce([], 200)
  expect(holds).toEqual([true])
  flow.add()
  expect(holds).toEqual([true, false])
})

test('an acknowledgement of the replayed screen does no harm', () => {
  const { flow, produce, holds } = setup()
  const viewer = flow.add()
  viewer.acknowledged(5000)
  produce([viewer], 101)
  expect(holds).toEqual([true])
})
