/** One step over all learners, kept up to date cell by cell: nothing is counted twice, nothing is counted anew. */
import type { Localized } from '../../../protocol/lesson.ts'
import type { LiveStats } from '../../../protocol/workshop-live.ts'
import { type Cell, durationOf, explanationKey } from './cell.ts'

interface Counted {
  state: 'upcoming' | 'waiting' | 'failed' | 'passed' | 'skipped'
  durationMs: number | undefined
  failing: readonly string[]
  met: readonly string[]
}

export type ExplanationText = (key: string, check: string, explanation: string) => Localized

export class StepStats {
  readonly key: string
  readonly #counts = { upcoming: 0, waiting: 0, failed: 0, passed: 0, skipped: 0 }
  /** Sorted. */
  readonly #durations: number[] = []
  readonly #now = new Map<string, number>()
  readonly #ever = new Map<string, number>()
  readonly #counted = new Map<string, Counted>()

  constructor(key: string) {
    this.key = key
  }

  /** The seat's cell changed, or there is none any more. */
  update(seat: string, cell: Cell | undefined): void {
    const before = this.#counted.get(seat)
    if (before) this.#count(before, -1)
    if (!cell) return void this.#counted.delete(seat)
    const after = countedOf(cell)
    this.#counted.set(seat, after)
    this.#count(after, 1)
  }

  get medianMs(): number | null {
    return percentile(this.#durations, 0.5)
  }

  shown(textOf: ExplanationText): LiveStats {
    const { waiting, failed, passed, skipped } = this.#counts
    return {
      key: this.key,
      waiting,
      failed,
      passed,
      skipped,
      medianMs: this.medianMs,
      explanations: [...this.#ever]
        .map(([name, ever]) => {
          const [check = '', explanation = ''] = name.split('/')
          const now = this.#now.get(name) ?? 0
          return { check, explanation, text: textOf(this.key, check, explanation), now, ever }
        })
        .sort((a, b) => b.now - a.now || b.ever - a.ever || (a.explanation < b.explanation ? -1 : 1)),
    }
  }

  #count(counted: Counted, by: 1 | -1): void {
    this.#counts[counted.state] += by
    for (const name of counted.failing) add(this.#now, name, by)
    for (const name of counted.met) add(this.#ever, name, by)
    if (counted.durationMs === undefined) return
    const at = lowerBound(this.#durations, counted.durationMs)
    if (by === 1) this.#durations.splice(at, 0, counted.durationMs)
    else this.#durations.splice(at, 1)
  }
}

function countedOf(cell: Cell): Counted {
  const failing = [...cell.failing].map(([check, explanation]) => explanationKey(check, explanation))
  const active = failing.length > 0 ? 'failed' : 'waiting'
  return {
    state: cell.state === 'active' ? active : cell.state,
    durationMs: cell.state === 'passed' ? durationOf(cell) : undefined,
    failing,
    met: [...cell.met.keys()],
  }
}

function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}

function lowerBound(sorted: readonly number[], value: number): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] ?? 0) < value) from = middle + 1
    else to = middle
  }
  return from
}

/** Between the two nearest; null of nothing. */
export function percentile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? 0
  const above = sorted[Math.ceil(at)] ?? below
  return Math.round(below + (above - below) * (at - Math.floor(at)))
}
