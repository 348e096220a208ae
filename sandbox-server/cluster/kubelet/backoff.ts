/** How long the kubelet waits before it tries a container or an image again (client-go's flowcontrol.Backoff). */

const INITIAL_MS = 10_000
const MAXIMUM_MS = 300_000

export class Backoff {
  #delayMs = 0
  #lastMs = 0

  /**
   * Milliseconds to wait at `nowMs` before the next try, counted from `failedAtMs`; 0 when the time has passed or it is
   * the first failure.
   */
  remaining(nowMs: number, failedAtMs: number): number {
    this.#forgetAfterQuiet(failedAtMs)
    return this.#delayMs === 0 ? 0 : Math.max(0, failedAtMs + this.#delayMs - nowMs)
  }

  /** To be told of each try: doubles the next wait, up to five minutes. */
  next(nowMs: number): void {
    this.#delayMs = this.#delayMs === 0 ? INITIAL_MS : Math.min(this.#delayMs * 2, MAXIMUM_MS)
    this.#lastMs = nowMs
  }

  /** The whole wait that applies now, as messages name it. */
  get delayMs(): number {
    return this.#delayMs
  }

  /** A container that ran for twice the maximum is forgiven. */
  #forgetAfterQuiet(failedAtMs: number): void {
    if (failedAtMs - this.#lastMs > 2 * MAXIMUM_MS) this.#delayMs = 0
  }
}

/** Go's time.Duration as the kubelet prints whole seconds: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`
}
