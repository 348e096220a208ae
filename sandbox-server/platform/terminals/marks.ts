/**
 * Finds the shell integration's marks (see shell-integration.ts) in a terminal's output. Chunks may end anywhere,
 * also in the middle of a mark or of a character.
 */
export type Mark =
  | { type: 'prompt-start' }
  | { type: 'prompt-end' }
  | { type: 'command-line'; commandLine: string }
  | { type: 'output-start' }
  /** `exitCode` is undefined when the shell did not say. */
  | { type: 'done'; exitCode: number | undefined }

export interface MarkSink {
  text(data: Buffer): void
  mark(mark: Mark): void
}

/** A longer sequence is no mark; without a bound a lone ESC ] would hold back everything after it. */
const LONGEST_MARK_BYTES = 64 * 1024
const ESC = 0x1b
const BEL = 0x07
const BACKSLASH = 0x5c
const OSC = Buffer.from('\x1b]')

export class MarkParser {
  #held: Buffer = Buffer.alloc(0)
  readonly #sink: MarkSink

  constructor(sink: MarkSink) {
    this.#sink = sink
  }

  feed(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = Buffer.alloc(0)
    while (rest.length > 0) {
      const start = rest.indexOf(OSC)
      if (start < 0) return this.#finish(rest)
      if (start > 0) this.#sink.text(rest.subarray(0, start))
      rest = rest.subarray(start)
      const end = endOfString(rest)
      if (end === undefined) {
        if (rest.length > LONGEST_MARK_BYTES) this.#sink.text(rest)
        else this.#held = Buffer.from(rest)
        return
      }
      const mark = parseMark(rest.subarray(OSC.length, end.from).toString('utf8'))
      if (mark) this.#sink.mark(mark)
      else this.#sink.text(rest.subarray(0, end.to))
      rest = rest.subarray(end.to)
    }
  }

  /** Forgets a half-read mark: what comes next is another shell's output. */
  reset(): void {
    this.#held = Buffer.alloc(0)
  }

  /** A last ESC may be the beginning of a mark. */
  #finish(rest: Buffer): void {
    const heldBytes = rest[rest.length - 1] === ESC ? 1 : 0
    if (heldBytes > 0) this.#held = Buffer.from([ESC])
    if (rest.length > heldBytes) this.#sink.text(rest.subarray(0, rest.length - heldBytes))
  }
}

/** An OSC string ends with BEL or ESC \. */
function endOfString(data: Buffer): { from: number; to: number } | undefined {
  for (let index = OSC.length; index < data.length; index++) {
    if (data[index] === BEL) return { from: index, to: index + 1 }
    if (data[index] === ESC && data[index + 1] === BACKSLASH) return { from: index, to: index + 2 }
  }
  return undefined
}

function parseMark(payload: string): Mark | undefined {
  if (payload.startsWith('633;E;'))
    return { type: 'command-line', commandLine: unescapeCommandLine(payload.slice('633;E;'.length)) }
  const [family, letter, argument] = payload.split(';')
  if (family !== '133' && family !== '633') return undefined
  switch (letter) {
    case 'A':
      return { type: 'prompt-start' }
    case 'B':
      return { type: 'prompt-end' }
    case 'C':
      return { type: 'output-start' }
    case 'D': {
      const exitCode = argument === undefined || argument === '' ? Number.NaN : Number(argument)
      return { type: 'done', exitCode: Number.isInteger(exitCode) ? exitCode : undefined }
    }
    default:
      return undefined
  }
}

/** `\xAB` is a byte's code, `\\` a backslash. */
const unescapeCommandLine = (text: string): string =>
  text.replace(/\\(\\|x([0-9a-fA-F]{2}))/g, (_, kind: string, hex?: string) =>
    hex === undefined ? kind : String.fromCharCode(Number.parseInt(hex, 16)),
  )
