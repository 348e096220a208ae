/** A terminal's recording (asciicast v2), read and put on a line of time. Pure. */
export interface Cast {
  columns: number
  rows: number
  /** Milliseconds since the epoch. */
  startedAt: number
  outputs: readonly { at: number; text: string }[]
}

/** Lines that are broken off or of another kind are passed over: a recording may still be growing. */
export function parseCast(text: string): Cast {
  const [first = '', ...lines] = text.split('\n')
  const header: unknown = readLine(first)
  const [columns, rows, seconds] = isHeader(header)
    ? [header.width, header.height, header.timestamp]
    : [120, 40, 0]
  const startedAt = seconds * 1000
  const outputs = lines.flatMap(line => {
    const value = readLine(line)
    if (!Array.isArray(value)) return []
    const [at, kind, output]: unknown[] = value
    return typeof at === 'number' && kind === 'o' && typeof output === 'string'
      ? [{ at: startedAt + at * 1000, text: output }]
      : []
  })
  return { columns, rows, startedAt, outputs }
}

function readLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

interface Header {
  width: number
  height: number
  timestamp: number
}

const isHeader = (value: unknown): value is Header =>
  typeof value === 'object' &&
  value !== null &&
  'width' in value &&
  typeof value.width === 'number' &&
  'height' in value &&
  typeof value.height === 'number' &&
  'timestamp' in value &&
  typeof value.timestamp === 'number'

/** Real time and playing time: a pause longer than `longestMs` lasts that long when it is played. */
export class PlayTime {
  readonly #marks: readonly { at: number; played: number }[]

  /** `times` are moments at which something happened, milliseconds, in any order. */
  constructor(times: readonly number[], longestMs: number) {
    const sorted = [...new Set(times)].sort((a, b) => a - b)
    let played = 0
    this.#marks = sorted.map((at, index) => {
      const before = sorted[index - 1]
      played += before === undefined ? 0 : Math.min(at - before, longestMs)
      return { at, played }
    })
  }

  get lengthMs(): number {
    return this.#marks.at(-1)?.played ?? 0
  }

  /** Where a moment is when played. */
  playedAt(at: number): number {
    const last = this.#marks.findLast(mark => mark.at <= at)
    if (!last) return 0
    const next = this.#marks[this.#marks.indexOf(last) + 1]
    return Math.min(last.played + (at - last.at), next?.played ?? last.played)
  }

  /** The moment that is shown when so much has been played. */
  momentAt(played: number): number {
    const last = this.#marks.findLast(mark => mark.played <= played) ?? this.#marks[0]
    return last === undefined ? 0 : last.at + (played - last.played)
  }
}
