import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { OutputBatch } from './output-batch.ts'

function setup() {
  const clock = manualClock()
  const delivered: string[] = []
  const batch = new OutputBatch({
    clock,
    deliver: data => delivered.push(data.toString()),
    largestBytes: 10,
    waitMs: 3,
  })
  const add = (text: string) => batch.add(Buffer.from(text))
  return { clock, delivered, batch, add }
}

test('delivers at once what comes after a pause, and joins what follows closely', () => {
  const { clock, delivered, add } = setup()
  add('a')
  add('b')
  add('c')
  expect(delivered).toEqual(['a'])
  clock.advance(3)
  expect(delivered).toEqual(['a', 'bc'])
  clock.advance(10)
  add('d')
  expect(delivered).toEqual(['a', 'bc', 'd'])
})

test('delivers as soon as there is enough, in order, losing nothing', () => {
  const { clock, delivered, add } = setup()
  const pieces = ['1', '23456', '789', 'abcdef', 'ghijklmnopqrst', 'u']
  for (const piece of pieces) add(piece)
  clock.advance(3)
  expect(delivered.join('')).toBe(pieces.join(''))
  expect(delivered).toEqual(['1', '23456789', 'abcdef', 'ghijklmnopqrst', 'u'])
})

test('delivers buffers of its own: what the network writes later into the same memory is not seen', () => {
  const { clock, delivered, batch, add } = setup()
  const kept: Buffer[] = []
  const other = new OutputBatch({ clock, deliver: data => kept.push(data), largestBytes: 10, waitMs: 3 })
  const shared = Buffer.from('xy')
  other.add(shared)
  shared.fill('!')
  other.add(shared)
  clock.advance(3)
  other.add(Buffer.from('z'))
  clock.advance(3)
  expect(Buffer.concat(kept).toString()).toBe('xy!!z')
  add('1')
  add('2')
  batch.dispose()
  clock.advance(10)
  expect(delivered).toEqual(['1'])
})
