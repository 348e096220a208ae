/** A clock that stands still until a test moves it. */
import type { Clock } from '../lifecycle.ts'

export interface ManualClock extends Clock {
  /** Moves on, calling back whatever falls due, in order. */
  advance(ms: number): void
  /** Timers that have neither fired nor been disposed. */
  readonly pending: number
}

export function manualClock(startMs = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  let now = startMs
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.add(timer)
      return { dispose: () => void timers.delete(timer) }
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const due = [...timers].filter(timer => timer.at <= until).sort((a, b) => a.at - b.at)[0]
        if (!due) break
        timers.delete(due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = until
    },
    get pending() {
      return timers.size
    },
  }
}
