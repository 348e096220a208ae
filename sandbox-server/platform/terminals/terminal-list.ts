/** Which terminals a learner has, in order, kept in a file so that a restarted server has the same tabs. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type TerminalInfo, terminalInfo } from '../../protocol/terminals.ts'
import type { Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'

const stored = z.object({
  /** The number of the next terminal: a closed one's is not used again. */
  next: z.number().int().positive(),
  terminals: z.array(terminalInfo).min(1),
})
type Stored = z.infer<typeof stored>

const FRESH: Stored = { next: 2, terminals: [{ id: '1', title: '' }] }

export class TerminalList {
  readonly #file: string
  readonly #listeners = new Set<() => void>()
  #now: Stored

  constructor(file: string, log: Log) {
    this.#file = file
    this.#now = read(file, log)
  }

  all(): readonly TerminalInfo[] {
    return this.#now.terminals
  }

  has(id: string): boolean {
    return this.#now.terminals.some(terminal => terminal.id === id)
  }

  /** Numbers are given in order, so one below the next that is not in the list was closed. */
  wasClosed(id: string): boolean {
    return /^\d+$/.test(id) && Number(id) < this.#now.next && !this.has(id)
  }

  add(id = String(this.#now.next)): TerminalInfo {
    const terminal = { id, title: '' }
    const next = /^\d+$/.test(id) ? Math.max(this.#now.next, Number(id) + 1) : this.#now.next
    this.#set({ next, terminals: [...this.#now.terminals, terminal] })
    return terminal
  }

  rename(id: string, title: string): void {
    const terminals = this.#now.terminals.map(one => (one.id === id ? { id, title } : one))
    this.#set({ ...this.#now, terminals })
  }

  /** There is always one: instead of the last a new one comes. */
  remove(id: string): void {
    const terminals = this.#now.terminals.filter(one => one.id !== id)
    if (terminals.length > 0) return this.#set({ ...this.#now, terminals })
    const { next } = this.#now
    this.#set({ next: next + 1, terminals: [{ id: String(next), title: '' }] })
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  #set(now: Stored): void {
    this.#now = now
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    writeFileSync(`${this.#file}.new`, JSON.stringify(now), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
    for (const listener of [...this.#listeners]) listener()
  }
}

function read(file: string, log: Log): Stored {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return FRESH
    throw error
  }
  try {
    return stored.parse(JSON.parse(text))
  } catch (error) {
    log.warn('the list of terminals cannot be read; starting with one', { file, reason: reasonOf(error) })
    return FRESH
  }
}
