/** How many replicas the new ReplicaSet may have now (`NewRSNewReplicas` upstream). */
import type { Deployment, ReplicaSet } from '../kinds.ts'
import { isRollingUpdate, maxReplicas, sum, wantedReplicas } from './limits.ts'

export function newReplicaSetSize(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): number {
  const wanted = wantedReplicas(deployment)
  if (!isRollingUpdate(deployment)) return wanted
  const present = newSet ? wantedReplicas(newSet) : 0
  const room = maxReplicas(deployment) - sum(sets, wantedReplicas)
  return room <= 0 ? present : present + Math.min(room, wanted - present)
}
