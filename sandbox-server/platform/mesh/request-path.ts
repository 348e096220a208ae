/**
 * A request's path through the mesh, from the records that share its x-request-id: what a proxy sent holds what the next
 * one received, and that holds what the workload sent meanwhile. Pure.
 */
import type { RequestSpan } from '../../protocol/mesh.ts'
import type { LoggedSpan } from './request-sample.ts'

/** Clocks of several machines differ a little, and logs round to milliseconds. */
const SLACK_MS = 5

interface Placed {
  span: LoggedSpan
  children: Placed[]
  parent: Placed | undefined
}

const startOf = ({ entry }: LoggedSpan): number => entry.startedAt
const endOf = ({ entry }: LoggedSpan): number => entry.startedAt + entry.durationMs

/** In the order of a waterfall: each span before those it waited for, `depth` deep. */
export function requestPath(spans: readonly LoggedSpan[]): RequestSpan[] {
  const placed = [...spans]
    .sort((a, b) => startOf(a) - startOf(b) || endOf(b) - endOf(a) || sideOrder(a, b))
    .map((span): Placed => ({ span, children: [], parent: undefined }))
  const answered = new Set<Placed>()
  for (const one of placed) {
    const parent = parentOf(one, placed, answered)
    if (!parent) continue
    one.parent = parent
    parent.children.push(one)
    if (one.span.observation.side === 'server') answered.add(parent)
  }
  const told: RequestSpan[] = []
  const tell = (one: Placed, depth: number) => {
    told.push(toldSpan(one.span, depth))
    for (const child of one.children) tell(child, depth + 1)
  }
  for (const one of placed) if (!one.parent) tell(one, 0)
  return told
}

const sideOrder = (a: LoggedSpan, b: LoggedSpan): number =>
  a.observation.side.localeCompare(b.observation.side)

/** The span it belongs to that fits closest; a request that was sent is received at most once. */
function parentOf(one: Placed, all: readonly Placed[], answered: ReadonlySet<Placed>): Placed | undefined {
  const { side, node, edge } = one.span.observation
  const fits = (candidate: Placed): boolean => {
    const other = candidate.span.observation
    if (candidate === one || other.side === side || isBelow(candidate, one)) return false
    if (!encloses(candidate.span, one.span)) return false
    return side === 'server'
      ? other.edge.target === node && other.node === edge.source && !answered.has(candidate)
      : other.node === node
  }
  return all.filter(fits).sort((a, b) => slack(a.span, one.span) - slack(b.span, one.span))[0]
}

function isBelow(one: Placed, other: Placed): boolean {
  for (let here = one.parent; here; here = here.parent) if (here === other) return true
  return false
}

const encloses = (outer: LoggedSpan, inner: LoggedSpan): boolean =>
  startOf(outer) <= startOf(inner) + SLACK_MS && endOf(outer) + SLACK_MS >= endOf(inner)

const slack = (outer: LoggedSpan, inner: LoggedSpan): number =>
  Math.abs(startOf(inner) - startOf(outer)) + Math.abs(endOf(outer) - endOf(inner)) / 1000

function toldSpan({ entry, observation }: LoggedSpan, depth: number): RequestSpan {
  const { side, node, edge, subset, secure } = observation
  return {
    node,
    side,
    target: edge.target,
    depth,
    at: entry.startedAt,
    durationMs: entry.durationMs,
    method: entry.method,
    path: entry.path,
    status: entry.status,
    flags: entry.flags,
    details: entry.details,
    subset,
    ...(secure === undefined ? {} : { secure }),
  }
}
