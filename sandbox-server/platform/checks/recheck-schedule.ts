/**
 * Looks again some times after something happened: what follows a change (a proxy that is told, a connection that
 * drains) takes a moment that nothing announces.
 */
import type { Clock, Disposable } from '../lifecycle.ts'

export interface RecheckOptions {
  clock: Clock
  /** After a trigger, each counted from the end of the look before. */
  delaysMs: readonly number[]
  /** Never two at a time. */
  look(signal: AbortSignal): Promise<void>
}

export interface Recheck extends Disposable {
  /** Something happened: the series begins anew. */
  trigger(): void
}

export function createRecheck({ clock, delaysMs, look }: RecheckOptions): Recheck {
  const abort = new AbortController()
  let next = delaysMs.length
  let timer: Disposable | undefined
  let looking = false

  function schedule(): void {
    const delayMs = delaysMs[next]
    if (delayMs === undefined || looking || timer || abort.signal.aborted) return
    timer = clock.after(delayMs, () => {
      timer = undefined
      next++
      looking = true
      void look(abort.signal).finally(() => {
        looking = false
        schedule()
      })
    })
  }
  return {
    trigger() {
      next = 0
      timer?.dispose()
      timer = undefined
      schedule()
    },
    dispose() {
      timer?.dispose()
      abort.abort()
    },
  }
}
