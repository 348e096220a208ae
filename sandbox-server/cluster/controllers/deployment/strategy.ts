/** RollingUpdate and Recreate: one step of moving replicas from old ReplicaSets to the new one. */
import type { ControllerContext } from '../controller.ts'
import { keyOf } from '../informers.ts'
import type { Deployment, ReplicaSet } from '../kinds.ts'
import { isPodFinished } from '../pod-status.ts'
import { byCreation, isRollingUpdate, rolloutLimits, sum, wantedReplicas } from './limits.ts'
import { newReplicaSetSize } from './new-size.ts'
import type { Synced } from './revisions.ts'
import { scaleTo } from './scale.ts'

export interface Revisions {
  /** The new ReplicaSet, made when it is missing. */
  ensureNew(deployment: Deployment, sets: readonly ReplicaSet[]): Synced
  /** The new ReplicaSet if it exists. */
  syncNew(deployment: Deployment, sets: readonly ReplicaSet[]): Synced
}

/** `settled`: nothing was scaled in this step, so history may be cleaned up. */
export interface RolloutStep extends Synced {
  settled: boolean
}

export const rollOut = (
  context: ControllerContext,
  deployment: Deployment,
  sets: ReplicaSet[],
  revisions: Revisions,
): RolloutStep =>
  isRollingUpdate(deployment)
    ? rollingUpdate(context, deployment, sets, revisions)
    : recreate(context, deployment, sets, revisions)

const availableReplicas = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0

function rollingUpdate(
  context: ControllerContext,
  deployment: Deployment,
  sets: ReplicaSet[],
  revisions: Revisions,
): RolloutStep {
  const { current, newSet } = revisions.ensureNew(deployment, sets)
  if (!newSet) return { current, newSet, settled: false }
  const old = sets.filter(set => set.metadata.uid !== newSet.metadata.uid)
  const grown = growNew(context, current, [...old, newSet], newSet)
  const settled = !grown && !shrinkOld(context, current, old, newSet)
  return { current, newSet, settled }
}

function growNew(
  context: ControllerContext,
  deployment: Deployment,
  all: ReplicaSet[],
  newSet: ReplicaSet,
): boolean {
  const wanted = wantedReplicas(deployment)
  if (wantedReplicas(newSet) === wanted) return false
  const size = wantedReplicas(newSet) > wanted ? wanted : newReplicaSetSize(deployment, all, newSet)
  return scaleTo(context, deployment, newSet, size)
}

/** Takes away unhealthy old replicas first, then as many as availability permits. */
function shrinkOld(
  context: ControllerContext,
  deployment: Deployment,
  old: ReplicaSet[],
  newSet: ReplicaSet,
): boolean {
  const total = sum(old, wantedReplicas)
  if (total === 0) return false
  const minAvailable = wantedReplicas(deployment) - rolloutLimits(deployment).maxUnavailable
  const newUnavailable = wantedReplicas(newSet) - availableReplicas(newSet)
  const most = total + wantedReplicas(newSet) - minAvailable - newUnavailable
  if (most <= 0) return false
  const unhealthy = takeFrom(
    context,
    deployment,
    old,
    most,
    set => wantedReplicas(set) - availableReplicas(set),
  )
  const left = old.map(set => context.informers.replicaSets.get(keyOf(set)) ?? set)
  const spare = sum([...left, newSet], availableReplicas) - minAvailable
  const healthy = takeFrom(context, deployment, left, spare, wantedReplicas)
  return unhealthy + healthy > 0
}

/** Scales sets down, oldest first, by at most `most` in all and `takeable` each; returns how many went. */
function takeFrom(
  context: ControllerContext,
  deployment: Deployment,
  sets: ReplicaSet[],
  most: number,
  takeable: (set: ReplicaSet) => number,
): number {
  let taken = 0
  for (const set of [...sets].sort(byCreation)) {
    const count = Math.min(most - taken, takeable(set), wantedReplicas(set))
    if (count <= 0) continue
    scaleTo(context, deployment, set, wantedReplicas(set) - count)
    taken += count
  }
  return taken
}

function recreate(
  context: ControllerContext,
  deployment: Deployment,
  sets: ReplicaSet[],
  revisions: Revisions,
): RolloutStep {
  const { current, newSet } = revisions.syncNew(deployment, sets)
  const old = sets.filter(set => set.metadata.uid !== newSet?.metadata.uid)
  const scaled = old.filter(set => wantedReplicas(set) > 0).map(set => scaleTo(context, current, set, 0))
  if (scaled.includes(true) || hasRunningPods(context, old)) return { current, newSet, settled: false }
  const ready = newSet ? { current, newSet } : revisions.ensureNew(current, sets)
  if (ready.newSet) scaleTo(context, ready.current, ready.newSet, wantedReplicas(ready.current))
  return { ...ready, settled: true }
}

const hasRunningPods = ({ informers }: ControllerContext, old: readonly ReplicaSet[]): boolean =>
  old.some(set => informers.pods.controlledBy(set.metadata.uid).some(pod => !isPodFinished(pod)))
