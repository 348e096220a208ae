/** Coalesces changes of the ruleset: whatever is asked for in one turn of the event loop is one `nft -f`. */
import type { RunProgram } from './program.ts'

/** Lines of nft, applied in order, all or nothing with the others of their batch. */
export class RulesetChanges {
  #run: RunProgram
  #waiting: string[] = []
  #next: Promise<void> | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(run: RunProgram) {
    this.#run = run
  }

  /** Resolves when the lines are in force. Nothing to change resolves with what is still under way. */
  apply(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return this.#next ?? this.#running
    this.#waiting.push(...lines)
    this.#next ??= this.#flushAfter(this.#running)
    return this.#next
  }

  async #flushAfter(previous: Promise<void>): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    // A batch that failed was reported to those who asked for it; the following ones are independent of it.
    await previous.catch(() => undefined)
    const script = `${this.#waiting.join('\n')}\n`
    this.#waiting = []
    this.#running = this.#next ?? Promise.resolve()
    this.#next = undefined
    await this.#run('nft', ['-f', '-'], script)
  }
}
