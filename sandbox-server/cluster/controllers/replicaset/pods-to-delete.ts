/**
 * Which pods go first when a ReplicaSet shrinks (`ActivePodsWithRanks` upstream): those that serve least, then the
 * cheaper to delete, then those ready for a shorter time.
 */
import type { Pod } from '../kinds.ts'
import { isPodReady, podCondition } from '../pod-status.ts'

const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }

const deletionCost = (pod: Pod): number =>
  Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)

/** Ages count by powers of ten, so that small differences do not decide. */
function ageRank(sinceText: string | undefined, nowMs: number): number {
  const sinceMs = Date.parse(sinceText ?? '')
  return Number.isNaN(sinceMs) ? 0 : Math.floor(Math.log2(Math.max(1, nowMs - sinceMs)))
}

const restarts = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map(status => status.restartCount))

/** Sorts before what it is compared with: smaller goes first. */
const rank = (pod: Pod, nowMs: number): number[] => [
  pod.spec.nodeName ? 1 : 0,
  PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 1,
  isPodReady(pod) ? 1 : 0,
  deletionCost(pod),
  isPodReady(pod) ? ageRank(podCondition(pod, 'Ready')?.lastTransitionTime, nowMs) : 0,
  -restarts(pod),
  ageRank(pod.metadata.creationTimestamp, nowMs),
]

/** The `count` pods to delete, none when `count` is not positive. */
export function podsToDelete(active: readonly Pod[], count: number, nowMs: number): Pod[] {
  if (count <= 0) return []
  const ranked = active.map(pod => ({ pod, rank: rank(pod, nowMs) }))
  ranked.sort((a, b) => {
    const differing = a.rank.findIndex((value, index) => value !== b.rank[index])
    if (differing >= 0) return (a.rank[differing] ?? 0) - (b.rank[differing] ?? 0)
    return a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1
  })
  return ranked.slice(0, count).map(({ pod }) => pod)
}
