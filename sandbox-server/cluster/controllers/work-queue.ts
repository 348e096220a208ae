/**
 * A controller's queue of object keys. A key waits at most once however often it is added; reconciling is level
 * triggered, so what happened in between does not matter. Keys are worked off in the next turn of the event loop
 * (a whole Deployment → Pods → Endpoints chain takes milliseconds); a failed one comes back later and later, as
 * client-go's rate limiter does it (5 ms doubling).
 */
import type { Clock, Disposable } from '../lifecycle.ts'
import { inTurns, outOfTurns } from './turns.ts'

export interface WorkQueue extends Disposable {
  add(key: string): void
  /** Adds the key after `ms`; of several waits for one key the shortest counts. */
  addAfter(key: string, ms: number): void
}

export interface WorkQueueOptions {
  clock: Clock
  /** May throw; the key is then tried again. */
  reconcile(key: string): void
  /** Told of a failure before the retry, once while it stays the same. */
  report(key: string, error: unknown): void
}

const FIRST_RETRY_MS = 5
const LAST_RETRY_MS = 1000 * 1000

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>()
  const timers = new Map<string, { at: number; timer: Disposable }>()
  const failures = new Map<string, { count: number; message: string }>()
  let disposed = false

  function drain(isOver: () => boolean): boolean {
    for (const key of waiting) {
      waiting.delete(key)
      attempt(key)
      if (disposed || isOver()) break
    }
    return !disposed && waiting.size > 0
  }

  function attempt(key: string): void {
    try {
      options.reconcile(key)
      failures.delete(key)
    } catch (error) {
      const before = failures.get(key)
      const count = before?.count ?? 0
      const message = String(error)
      if (before?.message !== message) options.report(key, error)
      failures.set(key, { count: count + 1, message })
      queue.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS))
    }
  }

  const queue: WorkQueue = {
    add(key) {
      if (disposed) return
      waiting.add(key)
      inTurns(drain)
    },
    addAfter(key, ms) {
      if (disposed) return
      if (ms <= 0) return queue.add(key)
      const at = options.clock.now() + ms
      const present = timers.get(key)
      if (present && present.at <= at) return
      present?.timer.dispose()
      const timer = options.clock.after(ms, () => {
        timers.delete(key)
        queue.add(key)
      })
      timers.set(key, { at, timer })
    },
    dispose() {
      disposed = true
      outOfTurns(drain)
      for (const { timer } of timers.values()) timer.dispose()
      timers.clear()
      waiting.clear()
    },
  }
  return queue
}
