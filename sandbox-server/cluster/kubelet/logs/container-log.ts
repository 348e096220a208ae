/**
 * One run of one container's output, on disk as CRI lines (`TIME STREAM F|P TEXT`), so that it outlives the cluster's
 * process. Writers append, followers are called; a file that grows too large is rotated once.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock, Disposable } from '../../lifecycle.ts'

const ROTATE_BYTES = 5 * 1024 * 1024
/** A line longer than this is cut into partial entries, as the container runtimes do. */
const MAXIMUM_LINE_BYTES = 16 * 1024

export type LogStream = 'stdout' | 'stderr'

export interface LogEntry {
  /** RFC 3339 with nanoseconds. */
  time: string
  stream: LogStream
  /** Without the newline that a full entry ends with. */
  text: string
  partial: boolean
}

export interface LogFollower {
  entry(entry: LogEntry): void
  ended(): void
}

export class ContainerLog {
  readonly path: string
  #clock: Clock
  #rotateBytes: number
  #descriptor: number | undefined
  #size = 0
  #followers = new Set<LogFollower>()
  #ended = false
  #last = 0n

  constructor(path: string, clock: Clock, rotateBytes = ROTATE_BYTES) {
    this.path = path
    this.#clock = clock
    this.#rotateBytes = rotateBytes
  }

  get ended(): boolean {
    return this.#ended
  }

  /** A whole line, without its newline. */
  line(stream: LogStream, text: string): void {
    this.#append({ time: this.#time(), stream, text, partial: false })
  }

  /** A function that takes a process' output as it comes and cuts it into lines; call it without a chunk at the end. */
  collector(stream: LogStream): (chunk?: Buffer) => void {
    let rest: Buffer = Buffer.alloc(0)
    return chunk => {
      if (chunk) rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        this.line(stream, rest.toString('utf8', 0, end))
        rest = rest.subarray(end + 1)
      }
      if (rest.length > 0 && (!chunk || rest.length > MAXIMUM_LINE_BYTES)) {
        this.#append({ time: this.#time(), stream, text: rest.toString('utf8'), partial: true })
        rest = Buffer.alloc(0)
      }
    }
  }

  /** Everything kept, oldest first. */
  entries(): LogEntry[] {
    return [...readEntries(`${this.path}.1`), ...readEntries(this.path)]
  }

  follow(follower: LogFollower): Disposable {
    if (this.#ended) follower.ended()
    else this.#followers.add(follower)
    return { dispose: () => this.#followers.delete(follower) }
  }

  /** No more output: followers end. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    for (const follower of [...this.#followers]) follower.ended()
    this.#followers.clear()
  }

  #append(entry: LogEntry): void {
    if (this.#ended) return
    const line = Buffer.from(`${entry.time} ${entry.stream} ${entry.partial ? 'P' : 'F'} ${entry.text}\n`)
    if (this.#size + line.length > this.#rotateBytes) this.#rotate()
    this.#descriptor ??= this.#open()
    writeSync(this.#descriptor, line)
    this.#size += line.length
    for (const follower of this.#followers) follower.entry(entry)
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true })
    const descriptor = openSync(this.path, 'a')
    this.#size = fstatSync(descriptor).size
    return descriptor
  }

  #rotate(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    renameSync(this.path, `${this.path}.1`)
    this.#size = 0
  }

  /** The clock has milliseconds; the lines of one are kept in order by their nanoseconds. */
  #time(): string {
    const now = BigInt(this.#clock.now()) * 1_000_000n
    this.#last = now > this.#last ? now : this.#last + 1n
    const date = new Date(Number(this.#last / 1_000_000n)).toISOString().slice(0, 19)
    return `${date}.${(this.#last % 1_000_000_000n).toString().padStart(9, '0')}Z`
  }
}

const LINE = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s

/** Entries of a log file; none if it does not exist. A line torn by a crash is skipped. */
export function readEntries(path: string): LogEntry[] {
  const entries: LogEntry[] = []
  for (const line of readIfPresent(path).split('\n')) {
    const [, time, stream, tag, text] = LINE.exec(line) ?? []
    if (time === undefined || text === undefined) continue
    entries.push({ time, stream: stream === 'stderr' ? 'stderr' : 'stdout', text, partial: tag === 'P' })
  }
  return entries
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
