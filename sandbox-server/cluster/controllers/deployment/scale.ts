/** Changing the size of a Deployment's ReplicaSets, alone or all in proportion (`sync.go` upstream). */
import { AS_CONTROLLER_MANAGER, type ControllerContext } from '../controller.ts'
import { type Deployment, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import {
  byCreation,
  DESIRED_REPLICAS,
  isRollingUpdate,
  MAX_REPLICAS,
  maxReplicas,
  sum,
  wantedReplicas,
} from './limits.ts'
import { replicasAnnotations } from './revisions.ts'

const isActive = (set: ReplicaSet): boolean => wantedReplicas(set) > 0

/** Whether the Deployment's size changed since its ReplicaSets were last told. */
export const isScalingEvent = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.filter(isActive).some(set => {
    const told = set.metadata.annotations?.[DESIRED_REPLICAS]
    return told !== undefined && Number(told) !== wantedReplicas(deployment)
  })

/** Sets a ReplicaSet's size and its memory of the Deployment's; true when the size changed. */
export function scaleTo(
  context: ControllerContext,
  deployment: Deployment,
  set: ReplicaSet,
  size: number,
): boolean {
  const annotations = { ...set.metadata.annotations, ...replicasAnnotations(deployment) }
  const before = wantedReplicas(set)
  const told = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value)
  if (before === size && told) return false
  context.api.update<ReplicaSet>(
    REPLICA_SETS,
    { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: size } },
    AS_CONTROLLER_MANAGER,
  )
  if (before === size) return false
  const direction = size > before ? 'up' : 'down'
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`
  context.recorder('deployment-controller').event(deployment, 'Normal', 'ScalingReplicaSet', message)
  return true
}

/** For a scaled or paused Deployment: the size is spread over the ReplicaSets as they share it now. */
export function scaleProportionally(
  context: ControllerContext,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): void {
  const wanted = wantedReplicas(deployment)
  const newest = newSet && sets.find(({ metadata }) => metadata.uid === newSet.metadata.uid)
  const single = activeOrLatest(sets, newest)
  if (single) {
    if (wantedReplicas(single) !== wanted) scaleTo(context, deployment, single, wanted)
    return
  }
  const old = sets.filter(set => set !== newest)
  if (newest && isSaturated(deployment, newest)) {
    for (const set of old.filter(isActive)) scaleTo(context, deployment, set, 0)
    return
  }
  if (isRollingUpdate(deployment)) spread(context, deployment, sets.filter(isActive))
}

/** The only ReplicaSet with replicas, or the newest when none has; undefined when several have. */
function activeOrLatest(sets: readonly ReplicaSet[], newest: ReplicaSet | undefined): ReplicaSet | undefined {
  const active = sets.filter(isActive)
  if (active.length > 1) return undefined
  return active[0] ?? newest ?? [...sets].sort(byCreation).at(-1)
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = wantedReplicas(deployment)
  return (
    wantedReplicas(set) === wanted &&
    Number(set.metadata.annotations?.[DESIRED_REPLICAS]) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  )
}

function spread(context: ControllerContext, deployment: Deployment, active: ReplicaSet[]): void {
  const allowed = wantedReplicas(deployment) > 0 ? maxReplicas(deployment) : 0
  const change = allowed - sum(active, wantedReplicas)
  // Growing favours the larger and newer, shrinking takes from the larger and older.
  const ordered = [...active].sort(
    (a, b) => wantedReplicas(b) - wantedReplicas(a) || (change > 0 ? byCreation(b, a) : byCreation(a, b)),
  )
  let done = 0
  const sizes = ordered.map(set => {
    const part = change === done ? 0 : portion(deployment, set, change - done)
    done += part
    return wantedReplicas(set) + part
  })
  ordered.forEach((set, index) => {
    const leftover = index === 0 ? change - done : 0
    scaleTo(context, deployment, set, Math.max(0, (sizes[index] ?? 0) + leftover))
  })
}

/** The set's share of a change, limited by what is left of it. */
function portion(deployment: Deployment, set: ReplicaSet, left: number): number {
  const size = wantedReplicas(set)
  const fraction = wantedReplicas(deployment) === 0 ? -size : grown(deployment, set) - size
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function grown(deployment: Deployment, set: ReplicaSet): number {
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? deployment.status?.replicas ?? 0)
  return before === 0
    ? wantedReplicas(set)
    : Math.round((wantedReplicas(set) * maxReplicas(deployment)) / before)
}
