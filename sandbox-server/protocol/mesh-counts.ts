/**
 * How traffic is counted, for the server, which counts, and the page, which adds up seconds. No schemas here, so that the
 * page need not load them. Pure.
 *
 * Durations are counted in buckets that can be added up: exact below 16 ms, then eight buckets to each doubling, so that a
 * percentile is at most a tenth off.
 */

/** How far back one can look. */
export const KEPT_SECONDS = 15 * 60

/** Pairs of bucket and count, ascending, flattened: `[3, 10, 17, 1]`. */
export type LatencyCounts = readonly number[]

const EXACT_BELOW_MS = 16
const PER_DOUBLING = 8

/** The bucket of a duration in milliseconds. */
export function latencyBucket(durationMs: number): number {
  const ms = Math.max(0, durationMs)
  if (ms < EXACT_BELOW_MS) return Math.floor(ms)
  return EXACT_BELOW_MS + Math.floor(Math.log2(ms / EXACT_BELOW_MS) * PER_DOUBLING + 1e-9)
}

/** The largest whole number of milliseconds in a bucket: a percentile is never told shorter than it was. */
export function bucketMs(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket
  return Math.ceil(EXACT_BELOW_MS * 2 ** ((bucket - EXACT_BELOW_MS + 1) / PER_DOUBLING)) - 1
}

/** Adds counts to a sum by bucket. */
export function addLatencies(sum: Map<number, number>, counts: LatencyCounts): void {
  for (let index = 0; index + 1 < counts.length; index += 2) {
    const bucket = counts[index] ?? 0
    sum.set(bucket, (sum.get(bucket) ?? 0) + (counts[index + 1] ?? 0))
  }
}

/** As sent. */
export const latencyCounts = (sum: ReadonlyMap<number, number>): number[] =>
  [...sum].sort(([a], [b]) => a - b).flat()

/** Milliseconds that the given share (0 to 1) of the durations did not exceed; undefined without any. */
export function percentile(sum: ReadonlyMap<number, number>, share: number): number | undefined {
  let total = 0
  for (const count of sum.values()) total += count
  if (total === 0) return undefined
  let left = Math.ceil(total * share)
  for (const [bucket, count] of [...sum].sort(([a], [b]) => a - b)) {
    left -= count
    if (left <= 0) return bucketMs(bucket)
  }
  return undefined
}
