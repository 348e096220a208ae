/**
 * Joins what a program prints at once. On a pipe the C library prints full buffers of 4 KiB and the rest a moment later,
 * while the small C library of Istio's sample images prints it in one go; `exec … | grep -q` under `pipefail` fails when
 * there is more to print after grep has seen enough.
 */
import { pipeline, type Readable, Transform } from 'node:stream'
import type { Clock, Disposable } from '../lifecycle.ts'

const BLOCK_BYTES = 4096
/** This much is passed on without waiting for more. */
const ENOUGH_BYTES = 16 * BLOCK_BYTES
/** A program that prints whole blocks only is heard this much later. */
const REST_FOLLOWS_WITHIN_MS = 50

/** What `source` gives, where chunks of whole blocks wait for what follows them. */
export function joinBlocks(source: Readable, clock: Clock): Readable {
  let held: Buffer[] = []
  let timer: Disposable | undefined
  const passOn = () => {
    timer?.dispose()
    timer = undefined
    if (held.length > 0) joined.push(Buffer.concat(held))
    held = []
  }
  const joined = new Transform({
    transform(chunk: Buffer, _, done) {
      held.push(chunk)
      const bytes = held.reduce((sum, { length }) => sum + length, 0)
      if (bytes % BLOCK_BYTES !== 0 || bytes >= ENOUGH_BYTES) passOn()
      else timer ??= clock.after(REST_FOLLOWS_WITHIN_MS, passOn)
      done()
    },
    flush(done) {
      passOn()
      done()
    },
    destroy(error, done) {
      timer?.dispose()
      held = []
      done(error)
    },
  })
  // Both ends close with each other; a reader that leaves early is no failure, and a failure reaches the reader as such.
  pipeline(source, joined, () => undefined)
  return joined
}
