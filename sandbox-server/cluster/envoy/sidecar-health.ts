/** What was asked of one sidecar by its admin interface that its pod's readiness and life depend on. */
import type { SidecarCondition } from './contract.ts'

export class SidecarHealth implements SidecarCondition {
  #isDrained = false
  #hasFailed = false
  readonly #listeners = new Set<() => void>()
  #quit: () => void = () => undefined
  readonly quit = new Promise<void>(resolve => {
    this.#quit = resolve
  })

  /** `POST /healthcheck/fail` was the last word. */
  get isDraining(): boolean {
    return this.#hasFailed
  }

  /** Its listeners are closed, the one of its readiness among them. */
  drain(): void {
    this.#isDrained = true
    this.#tell()
  }

  setFailed(hasFailed: boolean): void {
    this.#hasFailed = hasFailed
    this.#tell()
  }

  /** `POST /quitquitquit`. */
  end(): void {
    this.#quit()
  }

  readiness(): 'ready' | 'failing' | 'refused' {
    if (this.#isDrained) return 'refused'
    return this.#hasFailed ? 'failing' : 'ready'
  }

  onChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
