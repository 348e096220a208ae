/**
 * The requests that can be looked at one by one: all of them when few come, a sample when many do. A request is kept with
 * every proxy's record of it, or not at all, so that its path is whole; failed ones are kept longer than the rest.
 */
import type { MeshRequest } from '../../protocol/mesh.ts'
import type { AccessLogEntry } from '../checks/access-log.ts'
import type { Observation } from './observe.ts'

export interface LoggedSpan {
  entry: AccessLogEntry
  observation: Observation
}

const NEW_PER_SECOND = 80
const FAILED_PER_SECOND = 40
const KEPT_REQUESTS = 4_000
const KEPT_IDS = 6_000

export class RequestSample {
  #seen = 0
  #kept = 0
  #second = 0
  #taken = 0
  #takenFailed = 0
  readonly #rows = new Map<number, { row: MeshRequest; span: LoggedSpan }>()
  /** By x-request-id, oldest first. */
  readonly #spans = new Map<string, LoggedSpan[]>()
  #fresh: MeshRequest[] = []

  get seen(): number {
    return this.#seen
  }

  /** How many of `seen` were taken into the sample. */
  get kept(): number {
    return this.#kept
  }

  /** `edge` when the record counts as a request. */
  add(span: LoggedSpan, edge: number | undefined, nowMs: number): void {
    const { entry } = span
    if (edge !== undefined) this.#seen++
    const requestId = entry.requestId === '-' ? '' : entry.requestId
    if (!this.#takes(requestId, span.observation.failed, nowMs)) return
    if (requestId !== '') this.#keepSpan(requestId, span)
    if (edge === undefined) return
    const row: MeshRequest = {
      id: this.#seen,
      edge,
      at: entry.startedAt,
      requestId,
      method: entry.method,
      path: entry.path,
      authority: entry.authority,
      status: entry.status,
      flags: entry.flags,
      durationMs: entry.durationMs,
    }
    this.#kept++
    this.#rows.set(row.id, { row, span })
    this.#fresh.push(row)
    dropOldest(this.#rows, KEPT_REQUESTS)
  }

  all(): MeshRequest[] {
    return [...this.#rows.values()].map(({ row }) => row)
  }

  takeNew(): MeshRequest[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  /** The request and every record of it; undefined when it is not kept any more. */
  find(id: number): { span: LoggedSpan; spans: readonly LoggedSpan[] } | undefined {
    const found = this.#rows.get(id)
    if (!found) return undefined
    return { span: found.span, spans: this.#spans.get(found.row.requestId) ?? [found.span] }
  }

  #takes(requestId: string, failed: boolean, nowMs: number): boolean {
    if (requestId !== '' && this.#spans.has(requestId)) return true
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#taken = 0
      this.#takenFailed = 0
    }
    if (this.#taken < NEW_PER_SECOND) {
      this.#taken++
      return true
    }
    if (!failed || this.#takenFailed >= FAILED_PER_SECOND) return false
    this.#takenFailed++
    return true
  }

  #keepSpan(requestId: string, span: LoggedSpan): void {
    const known = this.#spans.get(requestId)
    if (known) known.push(span)
    else {
      this.#spans.set(requestId, [span])
      dropOldest(this.#spans, KEPT_IDS)
    }
  }
}

function dropOldest(map: Map<unknown, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return
    map.delete(key)
  }
}
