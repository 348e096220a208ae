/** A ReplicaSet's status from its pods (`replica_set_utils.go` upstream). */
import type { ReplicaSetCondition } from 'kubernetes-types/apps/v1.js'
import type { Pod, ReplicaSet, ReplicaSetStatus } from '../kinds.ts'
import { availableInMs, isPodReady } from '../pod-status.ts'
import { hasLabels } from '../selectors.ts'

export interface ScalingFailure {
  reason: 'FailedCreate' | 'FailedDelete'
  message: string
  error: unknown
}

interface Moment {
  nowMs: number
  now: string
  failure: ScalingFailure | undefined
}

const FAILURE = 'ReplicaFailure'

export function replicaSetStatus(
  set: ReplicaSet,
  active: readonly Pod[],
  terminating: readonly Pod[],
  moment: Moment,
): ReplicaSetStatus {
  const labels = set.spec.template?.metadata?.labels ?? {}
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const available = active.filter(pod => availableInMs(pod, minReadySeconds, moment.nowMs) === 0)
  const conditions = failureCondition(set, moment)
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(pod => hasLabels(pod.metadata.labels, labels)).length || undefined,
    readyReplicas: active.filter(isPodReady).length || undefined,
    availableReplicas: available.length || undefined,
    terminatingReplicas: terminating.length,
    observedGeneration: set.metadata.generation,
    conditions: conditions.length > 0 ? conditions : undefined,
  }
}

function failureCondition(set: ReplicaSet, { failure, now }: Moment): ReplicaSetCondition[] {
  const present = set.status?.conditions ?? []
  const others = present.filter(({ type }) => type !== FAILURE)
  if (!failure) return others
  const old = present.find(({ type }) => type === FAILURE)
  // As upstream, the first failure's message stays while the reason does.
  if (old?.status === 'True' && old.reason === failure.reason) return present
  return [
    ...others,
    {
      type: FAILURE,
      status: 'True',
      reason: failure.reason,
      message: failure.message,
      lastTransitionTime: now,
    },
  ]
}
