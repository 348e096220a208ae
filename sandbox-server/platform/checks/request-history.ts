/** The requests that the sidecars recorded, oldest first, up to a bound; kept over a lost cluster. */
import type { RequestRow } from '../../protocol/steps.ts'
import type { KubeObject } from '../kube-client/objects.ts'
import type { Disposable } from '../lifecycle.ts'
import type { AccessLogEntry } from './access-log.ts'

export interface TimedRow {
  /** Milliseconds since the epoch. */
  at: number
  row: RequestRow
  /** Whose proxies recorded it; undefined: those of the learner's own namespace. */
  namespace?: string
}

/** Hears every line of every sidecar's log, both halves of a request; `pod` is whose sidecar wrote it. */
export type LogListener = (entry: AccessLogEntry, pod: KubeObject) => void

const KEPT_ROWS = 20_000

export class RequestHistory {
  #rows: TimedRow[] = []
  readonly #listeners = new Set<() => void>()
  readonly #logListeners = new Set<LogListener>()

  add(at: number, row: RequestRow, namespace?: string): void {
    // Several logs are read at once: a line may be a little older than the last one.
    let index = this.#rows.length
    while (index > 0 && (this.#rows[index - 1]?.at ?? 0) > at) index--
    this.#rows.splice(index, 0, namespace === undefined ? { at, row } : { at, row, namespace })
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

  /** A line was read; not kept here. */
  heard(entry: AccessLogEntry, pod: KubeObject): void {
    for (const listener of this.#logListeners) listener(entry, pod)
  }

  onLogEntry(listener: LogListener): Disposable {
    this.#logListeners.add(listener)
    return { dispose: () => void this.#logListeners.delete(listener) }
  }

  onAdd(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }
}
