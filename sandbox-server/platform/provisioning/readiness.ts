/** When a pod or deployment counts as ready, as kubectl's `wait` and `rollout status` see it. */
import { at, type KubeObject, listAt, numberAt, textAt } from '../kube-client/objects.ts'

export const isPodReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  listAt(pod, 'status', 'conditions').some(
    condition => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  )

/** Ended, or being deleted: a bare pod in this state does not come back. */
export const isPodGone = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp !== undefined ||
  ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'))

export function isDeploymentReady(deployment: KubeObject): boolean {
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const generation = numberAt(deployment, 'metadata', 'generation') ?? 0
  if ((numberAt(deployment, 'status', 'observedGeneration') ?? 0) < generation) return false
  const status = at(deployment, 'status')
  return (
    (numberAt(status, 'updatedReplicas') ?? 0) >= wanted &&
    (numberAt(status, 'availableReplicas') ?? 0) >= wanted
  )
}
