/** The requests that the sidecars recorded, oldest first, up to a bound; kept over a lost cluster. */
import type { RequestRow } from '../../protocol/steps.ts'
import type { Disposable } from '../lifecycle.ts'

export interface TimedRow {
  /** Milliseconds since the epoch. */
  at: number
  row: RequestRow
}

const KEPT_ROWS = 20_000

export class RequestHistory {
  #rows: TimedRow[] = []
  readonly #listeners = new Set<() => void>()

  add(at: number, row: RequestRow): void {
    // Several logs are read at once: a line may be a little older than the last one.
    let index = this.#rows.length
    while (index > 0 && (this.#rows[index - 1]?.at ?? 0) > at) index--
    this.#rows.splice(index, 0, { at, row })
    if (this.#rows.length > 1.25 * KEPT_ROWS) this.#rows = this.#rows.slice(-KEPT_ROWS)
    for (const listener of this.#listeners) listener()
  }

  /** Began at or after `since`, milliseconds since the epoch. */
  since(since: number): readonly TimedRow[] {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#rows[middle]?.at ?? 0) < since) low = middle + 1
      else high = middle
    }
    return this.#rows.slice(low)
  }

  onAdd(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }
}
