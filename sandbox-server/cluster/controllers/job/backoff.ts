/** How long a Job waits after failures before it starts another pod: 10 s, doubling, at most 10 min. */
import type { Pod } from '../kinds.ts'
import { podCondition } from '../pod-status.ts'

const FIRST_MS = 10_000
const LONGEST_MS = 600_000

function finishedAtMs(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  )
  const known = times.filter(time => !Number.isNaN(time))
  if (known.length > 0) return Math.max(...known)
  return Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp)
}

/** 0 when a pod may be started now. Failures before the last success do not count. */
export function retryInMs(pods: readonly Pod[], nowMs: number): number {
  const ended = (phase: string): number[] => pods.filter(pod => pod.status?.phase === phase).map(finishedAtMs)
  const lastSuccessMs = Math.max(0, ...ended('Succeeded'))
  const failures = ended('Failed').filter(time => time > lastSuccessMs)
  if (failures.length === 0) return 0
  const delayMs = Math.min(FIRST_MS * 2 ** (failures.length - 1), LONGEST_MS)
  return Math.max(0, Math.max(...failures) + delayMs - nowMs)
}
