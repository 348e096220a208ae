/** What every owner of a timer, socket or watch in the platform hands out, and the clock that tests own. */

/** Dispose is idempotent. */
export interface Disposable {
  dispose(): void
}

/** Time as the platform sees it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after `ms`; disposing cancels. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): Disposable
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return { dispose: () => clearTimeout(timer) }
  },
}

/** Resolves after `ms` of the clock, at once when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const finish = () => {
      timer.dispose()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(ms, finish)
    signal?.addEventListener('abort', finish)
  })
}
