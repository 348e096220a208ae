/** What a learner is told of the sandbox, kept in all languages. */
import type { Localized } from '../../protocol/lesson.ts'
import type { Language, SandboxReport } from '../../protocol/steps.ts'
import type { Clock, Disposable } from '../lifecycle.ts'

interface State {
  /** `queued`: waits for room; `asleep`: the cluster is let go until somebody does something. */
  state: SandboxReport['state'] | 'queued' | 'asleep'
  progress: number
  /** Place in the queue, from 1. */
  place: number
  message: Localized
}

/** The learner is told in minutes. */
const WORTH_TELLING_MS = 60_000

export class SandboxState {
  readonly #clock: Pick<Clock, 'now'>
  #now: State
  #sleepsAt: number | undefined
  readonly #listeners = new Set<() => void>()

  constructor(message: Localized, clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#now = { state: 'starting', progress: 0, place: 0, message }
  }

  report(language: Language): SandboxReport {
    const { state, progress, place, message } = this.#now
    return {
      // To a page, waiting for room is a part of starting; and one that sleeps takes what is typed.
      state: state === 'queued' ? 'starting' : state === 'asleep' ? 'ready' : state,
      progress,
      message: message[language],
      ...(state === 'queued' ? { queue: place } : {}),
      ...(state === 'asleep' ? { asleep: true } : {}),
      ...(state === 'ready' && this.#sleepsAt !== undefined
        ? { sleepsInMs: Math.max(0, this.#sleepsAt - this.#clock.now()) }
        : {}),
    }
  }

  get state(): State['state'] {
    return this.#now.state
  }

  /** Place in the queue, from 1; 0 when not in it. */
  get place(): number {
    return this.#now.place
  }

  set(state: State['state'], progress: number, message: Localized, place = 0): void {
    // Of several parts that start at once, a slower one does not take the bar back.
    const forward =
      state === 'starting' && this.#now.state === 'starting' && progress > 0
        ? Math.max(progress, this.#now.progress)
        : progress
    this.#now = { state, progress: forward, place, message }
    this.#tell()
  }

  /** Milliseconds since the epoch. Told when it moved by a minute: each keystroke moves it. */
  willSleep(at: number): void {
    if (this.#sleepsAt !== undefined && Math.abs(at - this.#sleepsAt) < WORTH_TELLING_MS) return
    this.#sleepsAt = at
    this.#tell()
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
