/** Turns a terminal's output into the commands that ran in it, for the checks that ask what the learner saw. */
import { MarkParser } from './marks.ts'
import { plainText } from './plain-text.ts'

export interface CommandRecord {
  commandLine: string
  /** Plain text; the middle of a very long output is left out. */
  output: string
  /** Undefined when the shell did not say. */
  exitCode: number | undefined
  /** Milliseconds since the epoch. */
  startedAt: number
  endedAt: number
}

export interface CommandRecorderOptions {
  now(): number
  onCommand(record: CommandRecord): void
  /** The shell waits for a command. */
  onPrompt(): void
  /** Of each end of a long output this much is kept. */
  keptBytes?: number
}

const DEFAULT_KEPT_BYTES = 64 * 1024

export class CommandRecorder {
  /** True while the shell waits for a command (the learner may have typed a part of one). */
  atPrompt = false
  #commandLine = ''
  #running: { commandLine: string; startedAt: number; output: HeadAndTail } | undefined
  readonly #parser: MarkParser

  /** Whether a command's output is being taken down. */
  get running(): boolean {
    return this.#running !== undefined
  }

  constructor(options: CommandRecorderOptions) {
    this.#parser = new MarkParser({
      text: data => this.#running?.output.add(data),
      mark: mark => {
        switch (mark.type) {
          case 'command-line':
            this.#commandLine = mark.commandLine
            break
          case 'output-start':
            this.atPrompt = false
            this.#running = {
              commandLine: this.#commandLine,
              startedAt: options.now(),
              output: new HeadAndTail(options.keptBytes ?? DEFAULT_KEPT_BYTES),
            }
            this.#commandLine = ''
            break
          case 'done': {
            // A prompt after an empty line is "done" without a command.
            const ran = this.#running
            this.#running = undefined
            if (ran)
              options.onCommand({
                commandLine: ran.commandLine,
                startedAt: ran.startedAt,
                output: plainText(ran.output.text()),
                exitCode: mark.exitCode,
                endedAt: options.now(),
              })
            break
          }
          case 'prompt-end':
            this.atPrompt = true
            options.onPrompt()
            break
        }
      },
    })
  }

  feed(data: Buffer): void {
    this.#parser.feed(data)
  }

  /** The shell is gone: what ran in it has no end. */
  reset(): void {
    this.#parser.reset()
    this.atPrompt = false
    this.#running = undefined
    this.#commandLine = ''
  }
}

/** The first and the last bytes of something long. */
class HeadAndTail {
  readonly #limit: number
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0
  #left = false

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  add(data: Buffer): void {
    const intoHead = Math.min(data.length, this.#limit - this.#headBytes)
    if (intoHead > 0) {
      // Copied: a slice would keep the whole buffer alive.
      this.#head.push(Buffer.from(data.subarray(0, intoHead)))
      this.#headBytes += intoHead
    }
    const left = data.length - intoHead
    if (left === 0) return
    if (left > this.#limit) {
      this.#tail = []
      this.#tailBytes = 0
      this.#left = true
    }
    const kept = Math.min(left, this.#limit)
    this.#tail.push(Buffer.from(data.subarray(data.length - kept)))
    this.#tailBytes += kept
    if (this.#tailBytes > 2 * this.#limit) {
      const joined = Buffer.concat(this.#tail)
      this.#tail = [Buffer.from(joined.subarray(joined.length - this.#limit))]
      this.#tailBytes = this.#limit
      this.#left = true
    }
  }

  text(): string {
    const head = Buffer.concat(this.#head)
    if (this.#tailBytes === 0) return head.toString('utf8')
    const tail = Buffer.concat(this.#tail)
    return this.#left
      ? `${head.toString('utf8')}\n…\n${tail.toString('utf8')}`
      : Buffer.concat([head, tail]).toString('utf8')
  }
}
