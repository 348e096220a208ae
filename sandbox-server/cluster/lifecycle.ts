/** Whatever owns a socket, watch, timer or child hands one of these out; dispose is idempotent. */
export interface Disposable {
  dispose(): void
}

export interface AsyncDisposable {
  dispose(): Promise<void>
}

/** Time as the parts of a cluster see it, injected so that tests own it. */
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

/** RFC 3339 with whole seconds, as Kubernetes writes its times. */
export const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
