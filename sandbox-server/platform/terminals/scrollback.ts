/**
 * What a terminal has shown, kept for the next reload: the last megabyte in memory and in a file. It is written
 * before any browser sees it, so a killed server shows the same again.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export const SCROLLBACK_BYTES = 1024 * 1024

export class Scrollback {
  readonly #file: string
  readonly #limit: number
  /** Two generations, in memory as in files: when the newer is full it becomes the older, and the older goes. */
  #older: Buffer[] = []
  #newer: Buffer[]
  #newerBytes: number
  #descriptor: number

  /** Reads what an earlier server kept in `file` and beside it. */
  constructor(file: string, limitBytes = SCROLLBACK_BYTES) {
    this.#file = file
    this.#limit = limitBytes
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const older = keepLast(readIfThere(olderFile(file)), limitBytes)
    const newer = readIfThere(file)
    this.#older = older.length > 0 ? [older] : []
    this.#newer = newer.length > 0 ? [newer] : []
    this.#newerBytes = newer.length
    this.#descriptor = openSync(file, 'a', 0o600)
  }

  get empty(): boolean {
    return this.#older.length === 0 && this.#newer.length === 0
  }

  /** Keeps `data` itself: nobody may change it later. */
  append(data: Buffer): void {
    if (this.#newerBytes >= this.#limit) this.#turnOver()
    this.#newer.push(data)
    this.#newerBytes += data.length
    writeSync(this.#descriptor, data)
  }

  /** All that is kept, fit to be shown again: no request to the terminal for an answer. */
  replay(): Buffer {
    const older = Buffer.concat(this.#older)
    const newer = Buffer.concat(this.#newer)
    this.#older = older.length > 0 ? [older] : []
    this.#newer = newer.length > 0 ? [newer] : []
    return withoutQueries(keepLast(Buffer.concat([older, newer]), this.#limit))
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }

  /** Closes, and forgets what was kept. */
  remove(): void {
    this.close()
    removeScrollback(this.#file)
  }

  /** A crash in the middle loses at most the older half. */
  #turnOver(): void {
    closeSync(this.#descriptor)
    // Removed first: renaming onto a file makes some file systems write it out at once.
    rmSync(olderFile(this.#file), { force: true })
    renameSync(this.#file, olderFile(this.#file))
    this.#descriptor = openSync(this.#file, 'a', 0o600)
    this.#older = this.#newer
    this.#newer = []
    this.#newerBytes = 0
  }
}

const olderFile = (file: string): string => `${file}.older`

/** Also of a terminal that is not open. */
export function removeScrollback(file: string): void {
  rmSync(file, { force: true })
  rmSync(olderFile(file), { force: true })
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
