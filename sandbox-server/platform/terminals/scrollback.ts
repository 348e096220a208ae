/**
 * What a terminal has shown, kept for the next reload: the last megabyte in memory and in a file. It is written
 * before any browser sees it, so a killed server shows the same again.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export const SCROLLBACK_BYTES = 1024 * 1024

export class Scrollback {
  readonly #file: string
  readonly #limit: number
  #chunks: Buffer[]
  #bytes: number
  #fileBytes: number
  #descriptor: number

  /** Reads what an earlier server kept in `file`. */
  constructor(file: string, limitBytes = SCROLLBACK_BYTES) {
    this.#file = file
    this.#limit = limitBytes
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const kept = keepLast(readIfThere(file), limitBytes)
    this.#chunks = [kept]
    this.#bytes = kept.length
    this.#fileBytes = kept.length
    this.#descriptor = this.#rewrite(kept)
  }

  get empty(): boolean {
    return this.#bytes === 0
  }

  append(data: Buffer): void {
    this.#chunks.push(data)
    this.#bytes += data.length
    writeSync(this.#descriptor, data)
    this.#fileBytes += data.length
    if (this.#bytes > 2 * this.#limit) this.#shorten()
  }

  /** All that is kept, fit to be shown again: no request to the terminal for an answer. */
  replay(): Buffer {
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return withoutQueries(keepLast(joined, this.#limit))
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }

  #shorten(): void {
    const kept = keepLast(Buffer.concat(this.#chunks), this.#limit)
    this.#chunks = [kept]
    this.#bytes = kept.length
    if (this.#fileBytes > 2 * this.#limit) {
      closeSync(this.#descriptor)
      this.#descriptor = this.#rewrite(kept)
    }
  }

  /** Whole or not at all: a crash in the middle leaves the old file. */
  #rewrite(kept: Buffer): number {
    writeFileSync(`${this.#file}.new`, kept, { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
    this.#fileBytes = kept.length
    return openSync(this.#file, 'a')
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

const LF = 0x0a
const ESC = 0x1b
/** So far a safe place is looked for before the cut is made where a character begins. */
const LOOK_AHEAD_BYTES = 64 * 1024

/** At most `limit` bytes from the end, cut after a line, else before an escape sequence, else before a character. */
export function keepLast(data: Buffer, limit: number): Buffer {
  if (data.length <= limit) return data
  const least = data.length - limit
  const window = data.subarray(least, least + LOOK_AHEAD_BYTES)
  const lineEnd = window.indexOf(LF)
  if (lineEnd >= 0) return Buffer.from(data.subarray(least + lineEnd + 1))
  const sequence = window.indexOf(ESC)
  if (sequence >= 0) return Buffer.from(data.subarray(least + sequence))
  let cut = least
  while (cut < data.length && isContinuation(data[cut])) cut++
  return Buffer.from(data.subarray(cut))
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/**
 * Programs ask a terminal for its position, kind and colours; shown again, a browser would answer again, into the
 * shell's input.
 */
const QUERIES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters.
  /\x1b\[[>=?]?[0-9;]*[cn]|\x1b\[[?]?[0-9;]*\$p|\x1b\[>[0-9]*q|\x1b\](?:4;\d+|1[0-9]);\?(?:\x07|\x1b\\)|\x1bP[$+]q[^\x1b]*\x1b\\|\x1b\[[0-9;]*x|\x1bZ|\x05/g

function withoutQueries(data: Buffer): Buffer {
  const text = data.toString('latin1')
  const cleaned = text.replace(QUERIES, '')
  return cleaned.length === text.length ? data : Buffer.from(cleaned, 'latin1')
}
