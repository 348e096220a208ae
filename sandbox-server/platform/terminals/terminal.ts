/**
 * One terminal of a learner: a shell in the toolbox that outlives browsers, and the browsers that look at it. When the
 * shell or its cluster ends, a line says so and another shell is started.
 */

import type { TerminalServerControl } from '../../protocol/messages.ts'
import type { Language } from '../../protocol/steps.ts'
import { PlatformError } from '../errors.ts'
import type { ExecEnd, ShellConnection } from '../kube-client/exec.ts'
import { type Clock, type Disposable, pause } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { type CommandRecord, CommandRecorder } from './command-recorder.ts'
import { FlowControl } from './flow-control.ts'
import { OutputBatch } from './output-batch.ts'
import type { Scrollback } from './scrollback.ts'

export interface ShellSource {
  /** Waits until the sandbox can be entered. Rejects when it cannot now; the terminal tries again. */
  open(onOutput: (data: Buffer) => void, signal: AbortSignal): Promise<ShellConnection>
  language(): Language
  /** The cluster was let go because nobody did anything. */
  asleep?(): boolean
  /** Somebody types. */
  onInput?(): void
}

export interface TerminalViewer {
  output(data: Buffer): void
  control(message: TerminalServerControl): void
}

/** A browser's end of the terminal. */
export interface Attachment extends Disposable {
  input(data: Buffer): void
  resize(columns: number, rows: number): void
  acknowledge(bytes: number): void
}

export interface TerminalOptions {
  scrollback: Scrollback
  source: ShellSource
  clock: Clock
  log: Log
  onCommand(record: CommandRecord): void
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 3_000
/** A shell that lived this long was healthy: the next one starts without delay. */
const HEALTHY_MS = 2_000
/** Typed while there is no shell yet. */
const TYPE_AHEAD_BYTES = 1024
/** How long a solution waits for the first prompt. */
const PROMPT_PATIENCE_MS = 3_000
/** Leaves full-screen programs, shows the cursor, ends mouse reports, bracketed paste and colours. */
const SANE = '\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m'
const CLEAR_LINE = '\x15'

export class Terminal {
  readonly #options: TerminalOptions
  readonly #flow: FlowControl
  readonly #batch: OutputBatch
  readonly #recorder: CommandRecorder
  readonly #viewers = new Map<TerminalViewer, { flow: ReturnType<FlowControl['add']> }>()
  readonly #abort = new AbortController()
  readonly #promptListeners = new Set<() => void>()
  #connection: ShellConnection | undefined
  #held = false
  #size = { columns: 80, rows: 24 }
  #typedAhead: Buffer[] = []
  #answered = false
  #typing = false

  constructor(options: TerminalOptions, size?: { columns: number; rows: number }) {
    this.#options = options
    if (size) this.#size = size
    this.#batch = new OutputBatch({ clock: options.clock, deliver: data => this.#output(data) })
    this.#flow = new FlowControl({ clock: options.clock, hold: held => this.#hold(held) })
    this.#recorder = new CommandRecorder({
      now: () => options.clock.now(),
      onCommand: options.onCommand,
      onPrompt: () => {
        for (const listener of [...this.#promptListeners]) listener()
      },
    })
    // A file of an earlier server: its shell is gone.
    if (!options.scrollback.empty) this.#say(texts.restored[options.source.language()])
    void this.#keepAShell()
  }

  /** Whether a command runs; a shell that does not say where its prompts are is never busy. */
  get busy(): boolean {
    return this.#connection !== undefined && this.#recorder.running
  }

  attach(viewer: TerminalViewer): Attachment {
    const flow = this.#flow.add()
    const isAlone = this.#viewers.size === 0
    this.#viewers.set(viewer, { flow })
    const replay = this.#options.scrollback.replay()
    if (replay.length > 0) viewer.output(replay)
    if (!isAlone) viewer.control({ type: 'size', ...this.#size })
    viewer.control({ type: 'ready' })
    return {
      input: data => this.#write(data),
      resize: (columns, rows) => this.#resize(columns, rows, viewer),
      acknowledge: bytes => {
        if (flow.acknowledged(bytes)) viewer.output(Buffer.concat([RESET, this.#options.scrollback.replay()]))
      },
      dispose: () => {
        this.#viewers.delete(viewer)
        flow.dispose()
      },
    }
  }

  /** Types the commands as a person would, each after the prompt that follows the one before. */
  async typeCommands(commands: readonly string[]): Promise<void> {
    if (this.#typing) throw new PlatformError('terminal_busy')
    this.#typing = true
    try {
      if (!this.#recorder.atPrompt) await this.#nextPrompt(PROMPT_PATIENCE_MS)
      for (const command of commands) {
        const prompt = this.#nextPrompt()
        this.#write(Buffer.from(CLEAR_LINE + asTyped(command)))
        await prompt
      }
    } finally {
      this.#typing = false
    }
  }

  /** For good: browsers that look at it are told. */
  close(): void {
    for (const viewer of this.#viewers.keys()) viewer.control({ type: 'closed' })
    this.dispose()
  }

  dispose(): void {
    this.#abort.abort()
    this.#connection?.close()
    this.#batch.dispose()
    for (const { flow } of this.#viewers.values()) flow.dispose()
    this.#viewers.clear()
    this.#options.scrollback.close()
  }

  async #keepAShell(): Promise<void> {
    const { source, clock, log } = this.#options
    const signal = this.#abort.signal
    let retryMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      const openedAt = clock.now()
      try {
        this.#answered = false
        const connection = await source.open(data => this.#batch.add(data), signal)
        if (signal.aborted) return connection.close()
        this.#begin(connection)
        const end = await connection.ended
        this.#batch.flush()
        this.#connection = undefined
        if (signal.aborted) return
        this.#announceEnd(end)
      } catch (error) {
        if (signal.aborted) return
        log.warn('no shell yet', { reason: reasonOf(error) })
      }
      retryMs = clock.now() - openedAt > HEALTHY_MS ? FIRST_RETRY_MS : Math.min(retryMs * 2, LONGEST_RETRY_MS)
      await pause(clock, retryMs, signal)
    }
  }

  #begin(connection: ShellConnection): void {
    this.#connection = connection
    connection.resize(this.#size.columns, this.#size.rows)
    if (this.#held) connection.pause()
    if (this.#answered) this.#flushTypedAhead()
  }

  /** A shell that has said nothing yet may be one that a restarting cluster takes away again. */
  #flushTypedAhead(): void {
    for (const data of this.#typedAhead) this.#connection?.write(data)
    this.#typedAhead = []
  }

  #announceEnd(end: ExecEnd): void {
    this.#recorder.reset()
    const language = this.#options.source.language()
    const asleep = this.#options.source.asleep?.() === true
    const gone = asleep ? texts.asleep[language] : texts.lost[language]
    const message = 'exitCode' in end ? texts.ended[language](end.exitCode) : gone
    this.#say(message)
    for (const viewer of this.#viewers.keys()) viewer.control({ type: 'ended', message, restarting: true })
  }

  /** A line of the platform's own among the output. */
  #say(message: string): void {
    this.#show(Buffer.from(`${SANE}\r\n\x1b[2m— ${message} —\x1b[0m\r\n`))
  }

  #output(data: Buffer): void {
    if (this.#abort.signal.aborted) return
    this.#recorder.feed(data)
    this.#show(data)
    this.#answered = true
    if (this.#connection && this.#typedAhead.length > 0) this.#flushTypedAhead()
  }

  #show(data: Buffer): void {
    this.#options.scrollback.append(data)
    for (const [viewer, { flow }] of this.#viewers) if (flow.sent(data.length)) viewer.output(data)
    this.#flow.produced(data.length)
  }

  #hold(held: boolean): void {
    this.#held = held
    if (held) this.#connection?.pause()
    else this.#connection?.resume()
  }

  #write(data: Buffer): void {
    this.#options.source.onInput?.()
    if (this.#connection && this.#answered) return this.#connection.write(data)
    const waiting = this.#typedAhead.reduce((sum, one) => sum + one.length, 0)
    if (waiting + data.length <= TYPE_AHEAD_BYTES) this.#typedAhead.push(data)
  }

  /** The browser that was used last decides; the others show the same lines in the same width. */
  #resize(columns: number, rows: number, by: TerminalViewer): void {
    if (columns === this.#size.columns && rows === this.#size.rows) return
    this.#size = { columns, rows }
    this.#connection?.resize(columns, rows)
    for (const viewer of this.#viewers.keys())
      if (viewer !== by) viewer.control({ type: 'size', columns, rows })
  }

  #nextPrompt(patienceMs?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        timer?.dispose()
        this.#promptListeners.delete(arrived)
        this.#abort.signal.removeEventListener('abort', gone)
      }
      const arrived = () => {
        finish()
        resolve()
      }
      const gone = () => {
        finish()
        reject(new PlatformError('terminal_busy'))
      }
      const timer = patienceMs === undefined ? undefined : this.#options.clock.after(patienceMs, gone)
      this.#promptListeners.add(arrived)
      this.#abort.signal.addEventListener('abort', gone)
    })
  }
}

const RESET = Buffer.from('\x1bc')

/** Several lines go in as one paste, so that none runs before the last is there. */
const asTyped = (command: string): string =>
  command.includes('\n') ? `\x1b[200~${command}\x1b[201~\r` : `${command}\r`

const texts = {
  restored: {
    en: 'the server was restarted; a new shell is starting',
    zh: '服务器已重启，正在启动新的 shell',
  },
  ended: {
    en: (exitCode: number) => `the shell ended (${exitCode}); a new one is starting`,
    zh: (exitCode: number) => `shell 已退出（${exitCode}），正在启动新的 shell`,
  },
  asleep: {
    en: 'the sandbox sleeps; press a key to wake it',
    zh: '沙箱已休眠，按任意键唤醒',
  },
  lost: {
    en: 'the connection to the shell was lost; a new one is starting',
    zh: '与 shell 的连接已断开，正在启动新的 shell',
  },
}
