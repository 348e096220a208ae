/** Sums over a window of seconds, edge by edge. Pure. */

import type { TrafficSecond } from '../../../sandbox-server/protocol/mesh.ts'
import { addLatencies, percentile } from '../../../sandbox-server/protocol/mesh-counts.ts'

export interface Totals {
  requests: number
  errors: number
  secure: number
  plain: number
  flags: Map<string, number>
  latency: Map<number, number>
}

export const noTotals = (): Totals => ({
  requests: 0,
  errors: 0,
  secure: 0,
  plain: 0,
  flags: new Map(),
  latency: new Map(),
})

/** The `windowSeconds` that end with `last`, seconds since the epoch, by edge. */
export function sumWindow(
  seconds: ReadonlyMap<number, TrafficSecond>,
  last: number,
  windowSeconds: number,
): Map<number, Totals> {
  const sums = new Map<number, Totals>()
  for (const [at, { edges }] of seconds) {
    if (at > last || at <= last - windowSeconds) continue
    for (const one of edges) {
      const sum = sums.get(one.edge) ?? noTotals()
      sums.set(one.edge, sum)
      sum.requests += one.requests
      sum.errors += one.errors ?? 0
      sum.secure += one.secure ?? 0
      sum.plain += one.plain ?? 0
      for (const [flag, count] of Object.entries(one.flags ?? {}))
        sum.flags.set(flag, (sum.flags.get(flag) ?? 0) + count)
      addLatencies(sum.latency, one.latency)
    }
  }
  return sums
}

export function addTotals(sum: Totals, other: Totals): void {
  sum.requests += other.requests
  sum.errors += other.errors
  sum.secure += other.secure
  sum.plain += other.plain
  for (const [flag, count] of other.flags) sum.flags.set(flag, (sum.flags.get(flag) ?? 0) + count)
  for (const [bucket, count] of other.latency) sum.latency.set(bucket, (sum.latency.get(bucket) ?? 0) + count)
}

export const latencyMs = ({ latency }: Totals, share: number): number | undefined =>
  percentile(latency, share)

/** Requests and errors per bin over the whole of the kept time, oldest first. */
export function bins(
  seconds: ReadonlyMap<number, TrafficSecond>,
  last: number,
  keptSeconds: number,
  count: number,
): { requests: number; errors: number }[] {
  const sums = Array.from({ length: count }, () => ({ requests: 0, errors: 0 }))
  const width = keptSeconds / count
  for (const [at, { edges }] of seconds) {
    const sum = sums[Math.floor((at - (last - keptSeconds) - 1) / width)]
    if (!sum) continue
    for (const one of edges) {
      sum.requests += one.requests
      sum.errors += one.errors ?? 0
    }
  }
  return sums
}
