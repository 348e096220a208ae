/** A learner's terminals: which there are, and each one's shell from when it is first looked at. */
import { join } from 'node:path'
import type { TerminalInfo } from '../../protocol/terminals.ts'
import { PlatformError } from '../errors.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { CommandRecord } from './command-recorder.ts'
import { removeScrollback, Scrollback } from './scrollback.ts'
import { type ShellSource, Terminal } from './terminal.ts'
import { TerminalList } from './terminal-list.ts'

export interface LearnerTerminalsOptions {
  directory: string
  source: ShellSource
  clock: Clock
  log: Log
  onCommand(record: CommandRecord): void
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const MOST_TERMINALS = 12

export class LearnerTerminals {
  readonly #options: LearnerTerminalsOptions
  readonly #list: TerminalList
  readonly #terminals = new Map<string, Terminal>()

  constructor(options: LearnerTerminalsOptions) {
    this.#options = options
    this.#list = new TerminalList(join(options.directory, 'terminals.json'), options.log)
  }

  list(): readonly TerminalInfo[] {
    return this.#list.all()
  }

  /** Called after one was opened, renamed or closed. */
  onChange(listener: () => void): Disposable {
    return this.#list.onChange(listener)
  }

  /** A new terminal at the end. Throws `too_many_terminals`. */
  open(): TerminalInfo {
    this.#requireRoom()
    return this.#list.add()
  }

  /** Throws `unknown_terminal`. */
  rename(id: string, title: string): void {
    this.#requireKnown(id)
    this.#list.rename(id, title)
  }

  /** Ends the shell and forgets what it showed. False when something runs in it, unless by force. */
  close(id: string, force: boolean): boolean {
    this.#requireKnown(id)
    const terminal = this.#terminals.get(id)
    if (terminal?.busy && !force) return false
    terminal?.close()
    this.#terminals.delete(id)
    removeScrollback(this.#scrollbackFile(id))
    this.#list.remove(id)
    return true
  }

  /**
   * A valid name that was never used becomes a terminal. Throws `unknown_terminal`, `terminal_closed`,
   * `too_many_terminals`.
   */
  get(name: string, size?: { columns: number; rows: number }): Terminal {
    const known = this.#terminals.get(name)
    if (known) return known
    if (!NAME.test(name)) throw new PlatformError('unknown_terminal', { terminal: name.slice(0, 40) })
    if (this.#list.wasClosed(name)) throw new PlatformError('terminal_closed')
    if (!this.#list.has(name)) {
      this.#requireRoom()
      this.#list.add(name)
    }
    const { source, clock, log, onCommand } = this.#options
    const scrollback = new Scrollback(this.#scrollbackFile(name))
    const terminal = new Terminal({ scrollback, source, clock, log, onCommand }, size)
    this.#terminals.set(name, terminal)
    return terminal
  }

  dispose(): void {
    for (const terminal of this.#terminals.values()) terminal.dispose()
    this.#terminals.clear()
  }

  #scrollbackFile(id: string): string {
    return join(this.#options.directory, `${id}.scrollback`)
  }

  #requireKnown(id: string): void {
    if (!this.#list.has(id)) throw new PlatformError('unknown_terminal', { terminal: id.slice(0, 40) })
  }

  #requireRoom(): void {
    if (this.#list.all().length >= MOST_TERMINALS)
      throw new PlatformError('too_many_terminals', { count: MOST_TERMINALS })
  }
}
