/** A learner without a browser: the two WebSockets of a chapter, driven by tests and measurements. */
import { stripVTControlCharacters } from 'node:util'
import { WebSocket } from 'ws'
import {
  type ChapterClientMessage,
  type ChapterServerMessage,
  chapterServerMessage,
} from '../../sandbox-server/protocol/messages.ts'
import type { SandboxReport, StepReport } from '../../sandbox-server/protocol/steps.ts'

const DEADLINE_MS = 30_000

/** Rejects, saying what was waited for and what is known, when the deadline passes. */
export function withDeadline<T>(
  promise: Promise<T>,
  what: () => string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${deadlineMs} ms: ${what()}`)), deadlineMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** What somebody waits for: asked again whenever something arrived. */
interface Waiter {
  tryNow(): boolean
}

export class Learner {
  readonly baseUrl: string
  readonly chapter: string
  cookie: string
  sandbox: SandboxReport | undefined
  readonly steps = new Map<string, StepReport>()
  terminalText = ''
  #chapterSocket: WebSocket | undefined
  #terminalSocket: WebSocket | undefined
  #waiters = new Set<Waiter>()

  constructor(baseUrl: string, chapter: string, cookie = '') {
    this.baseUrl = baseUrl
    this.chapter = chapter
    this.cookie = cookie
  }

  /** A browser's first steps: a session, the chapter's socket and a terminal. */
  async join(language = 'en'): Promise<this> {
    if (this.cookie === '') {
      const answer = await fetch(`${this.baseUrl}/api/session`)
      this.cookie = answer.headers
        .getSetCookie()
        .map(line => line.split(';')[0])
        .join('; ')
    }
    this.#chapterSocket = await this.#open(`/ws/chapter/${this.chapter}?lang=${language}`, data =>
      this.#hear(chapterServerMessage.parse(JSON.parse(String(data)))),
    )
    return this
  }

  async openTerminal(name = 'main'): Promise<void> {
    this.#terminalSocket?.terminate()
    this.terminalText = ''
    const path = `/ws/terminal/${name}?chapter=${this.chapter}&columns=120&rows=40`
    this.#terminalSocket = await this.#open(path, (data, isBinary, socket) => {
      if (!isBinary) return
      this.terminalText += data.toString()
      socket.send(JSON.stringify({ type: 'ack', bytes: data.length }))
      this.#wake()
    })
  }

  send(message: ChapterClientMessage): void {
    this.#chapterSocket?.send(JSON.stringify(message))
  }

  type(text: string): void {
    this.#terminalSocket?.send(Buffer.from(text), { binary: true })
  }

  /** Types a command and resolves with what the terminal showed, without colours, once the command's end mark came. */
  async run(command: string, deadlineMs = DEADLINE_MS): Promise<string> {
    const mark = `done-${Math.random().toString(36).slice(2)}`
    const from = this.terminalText.length
    // The quotes keep the echo of the command line from looking like its result.
    this.type(`${command}; echo "${mark.slice(0, 4)}""${mark.slice(4)}"\r`)
    const text = await this.terminalShows(new RegExp(`${mark}\\r?\\n`), deadlineMs, from)
    return stripVTControlCharacters(text.slice(from))
  }

  terminalShows(pattern: RegExp, deadlineMs = DEADLINE_MS, from = 0): Promise<string> {
    return this.until(
      () => (pattern.test(this.terminalText.slice(from)) ? this.terminalText : undefined),
      () => `the terminal shows ${pattern}; it shows: ${JSON.stringify(this.terminalText.slice(-1500))}`,
      deadlineMs,
    )
  }

  sandboxReady(deadlineMs = DEADLINE_MS): Promise<SandboxReport> {
    return this.until(
      () => (this.sandbox?.state === 'ready' ? this.sandbox : undefined),
      () => `the sandbox is ready; it is ${JSON.stringify(this.sandbox)}`,
      deadlineMs,
    )
  }

  stepState(id: string, state: StepReport['state'], deadlineMs = DEADLINE_MS): Promise<StepReport> {
    return this.until(
      () => (this.steps.get(id)?.state === state ? this.steps.get(id) : undefined),
      () => `step ${id} is ${state}; it is ${JSON.stringify(this.steps.get(id))}`,
      deadlineMs,
    )
  }

  /** Resolves with the first value that is not undefined, asked at each arrival. */
  until<T>(ask: () => T | undefined, what: () => string, deadlineMs = DEADLINE_MS): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>()
    const waiter: Waiter = {
      tryNow() {
        const value = ask()
        if (value !== undefined) resolve(value)
        return value !== undefined
      },
    }
    if (!waiter.tryNow()) this.#waiters.add(waiter)
    return withDeadline(promise, what, deadlineMs).finally(() => this.#waiters.delete(waiter))
  }

  leave(): void {
    this.#chapterSocket?.terminate()
    this.#terminalSocket?.terminate()
  }

  /** Listens before the connection opens: the server's first messages come with it. */
  #open(
    path: string,
    listen: (data: Buffer, isBinary: boolean, socket: WebSocket) => void,
  ): Promise<WebSocket> {
    const url = this.baseUrl.replace(/^http/, 'ws') + path
    const socket = new WebSocket(url, { headers: { cookie: this.cookie, origin: this.baseUrl } })
    const opened = new Promise<WebSocket>((resolve, reject) => {
      socket.once('open', () => resolve(socket))
      socket.once('error', reject)
    })
    socket.on('message', (data: Buffer, isBinary) => listen(data, isBinary, socket))
    // Later errors show as what did not arrive.
    socket.on('error', () => {})
    return withDeadline(opened, () => `a connection to ${url}`)
  }

  #hear(message: ChapterServerMessage): void {
    if (message.type === 'sandbox') this.sandbox = message.sandbox
    if (message.type === 'steps') for (const step of message.steps) this.steps.set(step.id, step)
    if (message.type === 'step') this.steps.set(message.step.id, message.step)
    this.#wake()
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) if (waiter.tryNow()) this.#waiters.delete(waiter)
  }
}
