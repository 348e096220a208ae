/**
 * The sandboxes that are in use. One whose learner does nothing for a while sleeps; one that nobody looks at for longer
 * is let go.
 */
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Sandbox } from './sandbox.ts'

export interface Sandboxes {
  /** The learner's sandbox, started when there is none; kept until the use is disposed and the idle time is over. */
  use(learnerId: string): { sandbox: Sandbox; end: Disposable }
  /** One that is in memory; not started, not kept. */
  find(learnerId: string): Sandbox | undefined
  /** All in memory. */
  all(): readonly Sandbox[]
  /** How many sleep. */
  readonly asleep: number
  /** Room is wanted: the one whose learner has done nothing for longest sleeps now, unless all are at work. */
  relieve(): void
  dispose(): Promise<void>
}

export interface SandboxesOptions {
  /** `onActivity` is to be called when the learner does something. */
  create(learnerId: string, onActivity: () => void): Sandbox
  clock: Clock
  log: Log
  idleMs?: number
  /** Undefined: as long as all. */
  sleepsAfterMs?(learnerId: string): number | undefined
}

const DEFAULT_SLEEPS_AFTER_MS = 30 * 60_000
/** While others wait. */
const PRESSED_SLEEPS_AFTER_MS = 2 * 60_000
const LOOK_EVERY_MS = 15_000
const DEFAULT_IDLE_MS = 60 * 60_000

interface Entry {
  sandbox: Sandbox
  users: number
  timer: Disposable | undefined
  activeAt: number
}

export function createSandboxes({
  create,
  clock,
  log,
  idleMs = DEFAULT_IDLE_MS,
  sleepsAfterMs = () => undefined,
}: SandboxesOptions): Sandboxes {
  const entries = new Map<string, Entry>()
  let looking: Disposable | undefined

  const sleepsAtOf = (learnerId: string, { activeAt }: Entry): number =>
    activeAt + (sleepsAfterMs(learnerId) ?? DEFAULT_SLEEPS_AFTER_MS)

  function look(): void {
    const now = clock.now()
    for (const [learnerId, entry] of entries) {
      const { sandbox } = entry
      const sleepsAt = sleepsAtOf(learnerId, entry)
      if (now >= sleepsAt) sandbox.sleep()
      else sandbox.state.willSleep(sleepsAt)
    }
    looking = entries.size === 0 ? undefined : clock.after(LOOK_EVERY_MS, look)
  }

  function open(learnerId: string): Entry {
    const active = () => {
      entry.activeAt = clock.now()
    }
    const entry: Entry = {
      sandbox: create(learnerId, active),
      users: 0,
      timer: undefined,
      activeAt: clock.now(),
    }
    entries.set(learnerId, entry)
    entry.sandbox.state.willSleep(sleepsAtOf(learnerId, entry))
    looking ??= clock.after(LOOK_EVERY_MS, look)
    return entry
  }

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
      const entry = entries.get(learnerId) ?? open(learnerId)
      // Whoever comes, wants to do something.
      entry.sandbox.touch()
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
    find: learnerId => entries.get(learnerId)?.sandbox,
    all: () => [...entries.values()].map(({ sandbox }) => sandbox),
    get asleep() {
      return [...entries.values()].filter(({ sandbox }) => sandbox.state.state === 'asleep').length
    },
    relieve() {
      const now = clock.now()
      const idle = [...entries.values()]
        .filter(
          ({ sandbox, activeAt }) =>
            sandbox.state.state === 'ready' && now - activeAt >= PRESSED_SLEEPS_AFTER_MS,
        )
        .sort((a, b) => a.activeAt - b.activeAt)
      idle[0]?.sandbox.sleep()
    },
    async dispose() {
      looking?.dispose()
      const all = [...entries.values()]
      entries.clear()
      for (const { timer } of all) timer?.dispose()
      await Promise.allSettled(all.map(({ sandbox }) => sandbox.dispose()))
    },
  }
}
