/** Counts per edge and second over the last 15 minutes; memory depends on edges and seconds, not on requests. */

import type { EdgeSecond, MeshEdge, TrafficSecond } from '../../protocol/mesh.ts'
import { KEPT_SECONDS, latencyBucket, latencyCounts } from '../../protocol/mesh-counts.ts'
import { hostNodeId } from './directory.ts'
import type { EdgeKey } from './observe.ts'

interface Cell {
  requests: number
  errors: number
  secure: number
  plain: number
  flags: Map<string, number>
  latency: Map<number, number>
}

/** Somebody may call a thousand hosts; those beyond are counted as one. */
const MOST_EDGES = 400
export const OTHER_HOSTS = hostNodeId('…')

export class TrafficWindow {
  readonly #edges = new Map<string, MeshEdge>()
  readonly #seconds = new Map<number, Map<number, Cell>>()
  #changed = new Set<number>()
  #newEdges: MeshEdge[] = []
  #oldest = Number.POSITIVE_INFINITY

  get edges(): readonly MeshEdge[] {
    return [...this.#edges.values()]
  }

  edge(key: EdgeKey): MeshEdge {
    const name = nameOf(key)
    const known = this.#edges.get(name)
    if (known) return known
    if (this.#edges.size >= MOST_EDGES && key.target !== OTHER_HOSTS)
      return this.edge({ ...key, target: OTHER_HOSTS })
    const edge: MeshEdge = { id: this.#edges.size, ...key }
    this.#edges.set(name, edge)
    this.#newEdges.push(edge)
    return edge
  }

  /** A request that ended at `endedAtMs`, milliseconds since the epoch; dropped when that is too long ago. */
  add(
    edge: MeshEdge,
    endedAtMs: number,
    request: { failed: boolean; flags: string; durationMs: number },
    nowMs: number,
  ) {
    const cell = this.#cell(edge, endedAtMs, nowMs)
    if (!cell) return
    cell.requests++
    if (request.failed) cell.errors++
    if (request.flags !== '-' && request.flags !== '')
      for (const flag of request.flags.split(',')) cell.flags.set(flag, (cell.flags.get(flag) ?? 0) + 1)
    const bucket = latencyBucket(request.durationMs)
    cell.latency.set(bucket, (cell.latency.get(bucket) ?? 0) + 1)
  }

  addSecurity(edge: MeshEdge, endedAtMs: number, secure: boolean, nowMs: number): void {
    const cell = this.#cell(edge, endedAtMs, nowMs)
    if (!cell) return
    if (secure) cell.secure++
    else cell.plain++
  }

  /** Everything that is kept, oldest first. */
  all(nowMs: number): TrafficSecond[] {
    this.#forget(nowMs)
    return [...this.#seconds.keys()].sort((a, b) => a - b).map(at => this.#told(at))
  }

  /** What changed since the last call. */
  takeChanges(nowMs: number): { edges: MeshEdge[]; seconds: TrafficSecond[] } {
    this.#forget(nowMs)
    const seconds = [...this.#changed]
      .filter(at => this.#seconds.has(at))
      .sort((a, b) => a - b)
      .map(at => this.#told(at))
    const edges = this.#newEdges
    this.#changed = new Set()
    this.#newEdges = []
    return { edges, seconds }
  }

  #cell(edge: MeshEdge, atMs: number, nowMs: number): Cell | undefined {
    const now = Math.floor(nowMs / 1000)
    // Another machine's clock may run ahead.
    const at = Math.min(Math.floor(atMs / 1000), now)
    if (at <= now - KEPT_SECONDS) return undefined
    this.#changed.add(at)
    this.#oldest = Math.min(this.#oldest, at)
    const second = this.#seconds.get(at) ?? new Map<number, Cell>()
    this.#seconds.set(at, second)
    const known = second.get(edge.id)
    if (known) return known
    const cell: Cell = { requests: 0, errors: 0, secure: 0, plain: 0, flags: new Map(), latency: new Map() }
    second.set(edge.id, cell)
    return cell
  }

  #forget(nowMs: number): void {
    const last = Math.floor(nowMs / 1000) - KEPT_SECONDS
    if (this.#oldest > last) return
    for (const at of this.#seconds.keys()) if (at <= last) this.#seconds.delete(at)
    this.#oldest = Math.min(...this.#seconds.keys())
  }

  #told(at: number): TrafficSecond {
    return { at, edges: [...(this.#seconds.get(at) ?? [])].map(([edge, cell]) => toldCell(edge, cell)) }
  }
}

const toldCell = (edge: number, cell: Cell): EdgeSecond => ({
  edge,
  requests: cell.requests,
  ...(cell.errors > 0 ? { errors: cell.errors } : {}),
  ...(cell.flags.size > 0 ? { flags: Object.fromEntries(cell.flags) } : {}),
  latency: latencyCounts(cell.latency),
  ...(cell.secure > 0 ? { secure: cell.secure } : {}),
  ...(cell.plain > 0 ? { plain: cell.plain } : {}),
})

const nameOf = ({ source, target, protocol, mirror }: EdgeKey): string =>
  `${source}>${target}>${protocol}${mirror ? '>mirror' : ''}`
