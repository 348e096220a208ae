/** The commands that ran in a learner's terminals, newest last. */
import type { Disposable } from '../lifecycle.ts'
import type { CommandRecord } from '../terminals/command-recorder.ts'

const KEPT_COMMANDS = 200

export class CommandHistory {
  #records: CommandRecord[] = []
  readonly #listeners = new Set<() => void>()

  add(record: CommandRecord): void {
    this.#records.push(record)
    if (this.#records.length > KEPT_COMMANDS) this.#records.shift()
    for (const listener of this.#listeners) listener()
  }

  /** Ended at or after `since`, milliseconds since the epoch. */
  since(since: number): readonly CommandRecord[] {
    return this.#records.filter(record => record.endedAt >= since)
  }

  onAdd(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }
}
