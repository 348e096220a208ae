/** How far a rollout may exceed or fall short of `replicas` (maxSurge, maxUnavailable), and annotations that tell it. */
import type { Deployment, ReplicaSet } from '../kinds.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

export const wantedReplicas = (object: Deployment | ReplicaSet): number => object.spec.replicas ?? 1

export const isRollingUpdate = (deployment: Deployment): boolean =>
  deployment.spec.strategy?.type !== 'Recreate'

function share(value: number | string | undefined, total: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value
  return value?.endsWith('%') ? round((Number.parseInt(value, 10) * total) / 100) : 0
}

/** Both resolved against `replicas`; when both come to 0 one pod may be unavailable, or nothing would ever move. */
export function rolloutLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const total = wantedReplicas(deployment)
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = share(maxSurge ?? '25%', total, Math.ceil)
  const unavailable = share(maxUnavailable ?? '25%', total, Math.floor)
  return {
    maxSurge: surge,
    maxUnavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, total),
  }
}

export const maxReplicas = (deployment: Deployment): number =>
  wantedReplicas(deployment) + rolloutLimits(deployment).maxSurge

export const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (count(set) ?? 0), 0)

export const revisionOf = (object: Deployment | ReplicaSet): number =>
  Number(object.metadata.annotations?.[REVISION] ?? 0)

/** Oldest first; names decide between those of one second. */
export const byCreation = (a: ReplicaSet, b: ReplicaSet): number =>
  a.metadata.creationTimestamp === b.metadata.creationTimestamp
    ? a.metadata.name < b.metadata.name
      ? -1
      : 1
    : a.metadata.creationTimestamp < b.metadata.creationTimestamp
      ? -1
      : 1
