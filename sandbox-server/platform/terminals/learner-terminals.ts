/** A learner's terminals by name; a name that is asked for the first time becomes a terminal. */
import { join } from 'node:path'
import { PlatformError } from '../errors.ts'
import type { Clock } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { CommandRecord } from './command-recorder.ts'
import { Scrollback } from './scrollback.ts'
import { type ShellSource, Terminal } from './terminal.ts'

export interface LearnerTerminalsOptions {
  directory: string
  source: ShellSource
  clock: Clock
  log: Log
  onCommand(record: CommandRecord): void
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const MOST_TERMINALS = 8

export class LearnerTerminals {
  readonly #options: LearnerTerminalsOptions
  readonly #terminals = new Map<string, Terminal>()

  constructor(options: LearnerTerminalsOptions) {
    this.#options = options
  }

  /** Throws `unknown_terminal`, `too_many_terminals`. */
  get(name: string, size?: { columns: number; rows: number }): Terminal {
    const known = this.#terminals.get(name)
    if (known) return known
    if (!NAME.test(name)) throw new PlatformError('unknown_terminal', { terminal: name.slice(0, 40) })
    if (this.#terminals.size >= MOST_TERMINALS)
      throw new PlatformError('too_many_terminals', { count: MOST_TERMINALS })
    const { directory, source, clock, log, onCommand } = this.#options
    const scrollback = new Scrollback(join(directory, `${name}.scrollback`))
    const terminal = new Terminal({ scrollback, source, clock, log, onCommand }, size)
    this.#terminals.set(name, terminal)
    return terminal
  }

  dispose(): void {
    for (const terminal of this.#terminals.values()) terminal.dispose()
    this.#terminals.clear()
  }
}
