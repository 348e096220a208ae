/** The sandboxes that are in use; one that nobody looks at for a while is let go. */
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Sandbox } from './sandbox.ts'

export interface Sandboxes {
  /** The learner's sandbox, started when there is none; kept until the use is disposed and the idle time is over. */
  use(learnerId: string): { sandbox: Sandbox; end: Disposable }
  dispose(): Promise<void>
}

export interface SandboxesOptions {
  create(learnerId: string): Sandbox
  clock: Clock
  log: Log
  idleMs?: number
}

const DEFAULT_IDLE_MS = 60 * 60_000

interface Entry {
  sandbox: Sandbox
  users: number
  timer: Disposable | undefined
}

export function createSandboxes({
  create,
  clock,
  log,
  idleMs = DEFAULT_IDLE_MS,
}: SandboxesOptions): Sandboxes {
  const entries = new Map<string, Entry>()

  function left(learnerId: string, entry: Entry): void {
    entry.users--
    if (entry.users > 0) return
    entry.timer = clock.after(idleMs, () => {
      entries.delete(learnerId)
      entry.sandbox
        .dispose()
        .catch(error => log.error('a sandbox could not be let go', { learnerId, reason: reasonOf(error) }))
    })
  }

  return {
    use(learnerId) {
      const entry = entries.get(learnerId) ?? { sandbox: create(learnerId), users: 0, timer: undefined }
      entries.set(learnerId, entry)
      entry.users++
      entry.timer?.dispose()
      entry.timer = undefined
      let ended = false
      const end = {
        dispose() {
          if (ended) return
          ended = true
          left(learnerId, entry)
        },
      }
      return { sandbox: entry.sandbox, end }
    },
    async dispose() {
      const all = [...entries.values()]
      entries.clear()
      for (const { timer } of all) timer?.dispose()
      await Promise.allSettled(all.map(({ sandbox }) => sandbox.dispose()))
    },
  }
}
