/** Questions controllers ask of a pod (`pkg/api/v1/pod` upstream). */
import type { PodCondition } from 'kubernetes-types/core/v1.js'
import type { Pod } from './kinds.ts'

export const podCondition = (pod: Pod, type: string): PodCondition | undefined =>
  pod.status?.conditions?.find(condition => condition.type === type)

export const isPodReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True'

/** Succeeded or Failed: no container will run in it again. */
export const isPodFinished = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

export const isPodActive = (pod: Pod): boolean =>
  !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined

/** On its way out but not yet finished. */
export const isPodTerminating = (pod: Pod): boolean =>
  !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined

/** Milliseconds until the pod has been ready for `minReadySeconds`; 0 when it is available, undefined when not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isPodReady(pod)) return undefined
  const readySince = Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '')
  if (minReadySeconds === 0 || Number.isNaN(readySince)) return 0
  return Math.max(0, readySince + minReadySeconds * 1000 - nowMs)
}
