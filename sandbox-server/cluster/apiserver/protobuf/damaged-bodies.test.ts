import { describe, expect, it } from 'vitest'
import { StatusError } from '../status.ts'
import { decodeProtobufBody, decodeProtobufDeleteOptions } from './decode-body.ts'
import { KUBECTL_BODIES } from './testing/kubectl-bodies.ts'

const BODIES = 2_000
const SEED = 0x6b387300
const PREFIX_BYTES = 4

/** Numbers in [0, limit) that are the same on every run (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** Changes, cuts, doubles or fills in bytes; the prefix stays, or nothing behind it would be read. */
function damaged(body: Buffer, random: (limit: number) => number): Buffer {
  const content = Buffer.from(body.subarray(PREFIX_BYTES))
  const at = random(content.length)
  const until = at + random(8)
  switch (random(4)) {
    case 0:
      for (let times = 0; times <= random(4); times++) content[random(content.length)] = random(256)
      return Buffer.concat([body.subarray(0, PREFIX_BYTES), content])
    case 1:
      return body.subarray(0, PREFIX_BYTES + at)
    case 2:
      return Buffer.concat([body.subarray(0, PREFIX_BYTES), content.subarray(0, until), content.subarray(at)])
    default:
      return Buffer.concat([
        body.subarray(0, PREFIX_BYTES),
        content.subarray(0, at),
        Buffer.alloc(1 + random(12), random(256)),
        content.subarray(until),
      ])
  }
}

type Outcome = 'read' | 'refused'

function outcome(decode: () => unknown): Outcome {
  try {
    JSON.stringify(decode())
    return 'read'
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return 'refused'
    throw error
  }
}

describe('damaged bodies', () => {
  it('are read or refused with 400, whatever they hold', () => {
    const random = seeded(SEED)
    const outcomes: Record<Outcome, number> = { read: 0, refused: 0 }
    for (let index = 0; index < BODIES; index++) {
      const { base64 } = KUBECTL_BODIES[random(KUBECTL_BODIES.length)] ?? { base64: '' }
      const body = damaged(Buffer.from(base64, 'base64'), random)
      outcomes[outcome(() => decodeProtobufBody(body, { kind: { kind: 'Pod', group: '' }, version: 'v1' }))]++
      outcome(() => decodeProtobufDeleteOptions(body))
    }
    // Both ends are reached: otherwise the damage would be too small or too great to mean anything.
    expect(outcomes.read).toBeGreaterThan(BODIES / 20)
    expect(outcomes.refused).toBeGreaterThan(BODIES / 4)
  })
})
