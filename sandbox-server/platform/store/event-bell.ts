/** Wakes those who follow the log of events. */
import type { Disposable } from '../lifecycle.ts'

/** Tells readers that there may be new events. Several calls become one. */
export interface EventBell {
  ring(): void
  onRing(listener: () => void): Disposable
}

export function createEventBell(): EventBell {
  const listeners = new Set<() => void>()
  let rung = false
  return {
    ring() {
      if (rung) return
      rung = true
      queueMicrotask(() => {
        rung = false
        for (const listener of [...listeners]) listener()
      })
    },
    onRing(listener) {
      listeners.add(listener)
      return { dispose: () => void listeners.delete(listener) }
    },
  }
}
