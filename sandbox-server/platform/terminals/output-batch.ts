/**
 * Joins output that comes in quick succession, so that a flood costs one write, one frame and one scan for marks per
 * 64 kB instead of one per 4 kB read of a pseudo-terminal. What comes after a pause, such as a key's echo, waits for nothing.
 */
import type { Clock, Disposable } from '../lifecycle.ts'

export interface OutputBatchOptions {
  clock: Clock
  /** Gets a buffer of its own, which nobody changes later. */
  deliver(data: Buffer): void
  largestBytes?: number
  /** The longest that output waits, and the pause after which it does not. */
  waitMs?: number
}

const LARGEST_BYTES = 64 * 1024
const WAIT_MS = 3

export class OutputBatch implements Disposable {
  readonly #options: Required<OutputBatchOptions>
  #buffer: Buffer | undefined
  #bytes = 0
  #timer: Disposable | undefined
  #deliveredAt = Number.NEGATIVE_INFINITY

  constructor(options: OutputBatchOptions) {
    this.#options = { largestBytes: LARGEST_BYTES, waitMs: WAIT_MS, ...options }
  }

  add(data: Buffer): void {
    const { clock, largestBytes, waitMs } = this.#options
    const isAfterPause = this.#bytes === 0 && clock.now() - this.#deliveredAt > waitMs
    if (isAfterPause || data.length >= largestBytes) {
      this.flush()
      // Copied: a slice would keep the network's whole buffer alive.
      return this.#deliver(Buffer.from(data))
    }
    if (this.#bytes + data.length > largestBytes) this.flush()
    this.#buffer ??= Buffer.allocUnsafeSlow(largestBytes)
    data.copy(this.#buffer, this.#bytes)
    this.#bytes += data.length
    this.#timer ??= clock.after(waitMs, () => this.flush())
  }

  /** Delivers what waits. */
  flush(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    if (!this.#buffer || this.#bytes === 0) return
    const isNearlyFull = this.#bytes > this.#buffer.length / 2
    const data = this.#buffer.subarray(0, this.#bytes)
    // A mostly empty buffer is used again instead of being kept for a few bytes.
    if (isNearlyFull) this.#buffer = undefined
    this.#bytes = 0
    this.#deliver(isNearlyFull ? data : Buffer.from(data))
  }

  dispose(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    this.#buffer = undefined
    this.#bytes = 0
  }

  #deliver(data: Buffer): void {
    this.#deliveredAt = this.#options.clock.now()
    this.#options.deliver(data)
  }
}
