/** What a learner is told of the sandbox, kept in all languages. */
import type { Localized } from '../../protocol/lesson.ts'
import type { Language, SandboxReport } from '../../protocol/steps.ts'
import type { Disposable } from '../lifecycle.ts'

interface State {
  state: SandboxReport['state']
  progress: number
  message: Localized
}

export class SandboxState {
  #now: State
  readonly #listeners = new Set<() => void>()

  constructor(message: Localized) {
    this.#now = { state: 'starting', progress: 0, message }
  }

  report(language: Language): SandboxReport {
    const { state, progress, message } = this.#now
    return { state, progress, message: message[language] }
  }

  get state(): SandboxReport['state'] {
    return this.#now.state
  }

  set(state: State['state'], progress: number, message: Localized): void {
    // Of several parts that start at once, a slower one does not take the bar back.
    const forward =
      state === 'starting' && this.#now.state === 'starting' && progress > 0
        ? Math.max(progress, this.#now.progress)
        : progress
    this.#now = { state, progress: forward, message }
    for (const listener of [...this.#listeners]) listener()
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }
}
