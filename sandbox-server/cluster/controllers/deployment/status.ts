/** A Deployment's status from its ReplicaSets, and whether its rollout progresses (`progress.go` upstream). */
import type { ControllerContext } from '../controller.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../kinds.ts'
import {
  AVAILABLE,
  conditionOf,
  PROGRESSING,
  REPLICA_FAILURE,
  renewCondition,
  setCondition,
  without,
} from './conditions.ts'
import { rolloutLimits, sum, wantedReplicas } from './limits.ts'

type Moment = Pick<ControllerContext, 'now' | 'clock'>

/** Counts and availability; progress is left as it is (after scaling, while paused, while being deleted). */
export function statusOnly(
  moment: Moment,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): DeploymentStatus {
  const newest = newSet ? sets.filter(({ metadata }) => metadata.uid === newSet.metadata.uid) : []
  const available = sum(sets, set => set.status?.availableReplicas)
  const enough = available >= wantedReplicas(deployment) - rolloutLimits(deployment).maxUnavailable
  const availability = enough
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(sets, set => set.status?.replicas) || undefined,
    updatedReplicas: sum(newest, set => set.status?.replicas) || undefined,
    readyReplicas: sum(sets, set => set.status?.readyReplicas) || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, sum(sets, wantedReplicas) - available) || undefined,
    terminatingReplicas: sum(sets, set => set.status?.terminatingReplicas),
    collisionCount: deployment.status?.collisionCount,
    conditions: setCondition(
      deployment.status?.conditions,
      { type: AVAILABLE, ...availability },
      moment.now(),
    ),
  }
}

/** During a rollout; `checkAfterMs` is when the deadline has to be looked at although nothing happens. */
export function statusOfRollout(
  moment: Moment,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): { status: DeploymentStatus; checkAfterMs?: number } {
  const status = statusOnly(moment, deployment, sets, newSet)
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  status.conditions = withProgress(moment, deployment, status, subject)
  const failure = sets
    .flatMap(set => (set.status?.conditions ?? []).map(condition => ({ set, condition })))
    .filter(({ condition }) => condition.type === REPLICA_FAILURE)
    .sort((a, b) => Number(b.set === newSet) - Number(a.set === newSet))[0]
  const { conditions } = status
  status.conditions = failure
    ? setCondition(
        conditions,
        {
          type: REPLICA_FAILURE,
          status: failure.condition.status,
          reason: failure.condition.reason,
          message: failure.condition.message,
        },
        moment.now(),
      )
    : without(conditions, REPLICA_FAILURE)
  return { status, checkAfterMs: deadlineInMs(moment, deployment, status) }
}

function withProgress(
  moment: Moment,
  deployment: Deployment,
  status: DeploymentStatus,
  subject: string,
): DeploymentCondition[] {
  const { conditions = [] } = status
  if (!hasDeadline(deployment)) return without(conditions, PROGRESSING)
  const present = conditionOf(deployment.status, PROGRESSING)
  const finishedBefore =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === 'NewReplicaSetAvailable'
  if (finishedBefore) return conditions
  if (isComplete(deployment, status)) {
    const condition = {
      type: PROGRESSING,
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${subject} has successfully progressed.`,
    }
    return setCondition(conditions, condition, moment.now())
  }
  if (hasProgressed(deployment.status, status)) {
    const condition = {
      type: PROGRESSING,
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${subject} is progressing.`,
    }
    return renewCondition(conditions, condition, moment.now())
  }
  if (present && hasTimedOut(moment, deployment, present)) {
    const condition = {
      type: PROGRESSING,
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${subject} has timed out progressing.`,
    }
    return setCondition(conditions, condition, moment.now())
  }
  return conditions
}

/** 2147483647 means none, as the extensions API group once defaulted it. */
const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== 2147483647

function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment)
  return [status.updatedReplicas, status.replicas, status.availableReplicas].every(
    count => (count ?? 0) === wanted,
  )
}

function hasProgressed(before: DeploymentStatus = {}, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

const deadlineMs = (deployment: Deployment, progressing: DeploymentCondition): number =>
  Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000

const hasTimedOut = ({ clock }: Moment, deployment: Deployment, progressing: DeploymentCondition): boolean =>
  progressing.reason === 'ProgressDeadlineExceeded' ||
  (progressing.reason !== 'NewReplicaSetAvailable' && deadlineMs(deployment, progressing) < clock.now())

function deadlineInMs(
  { clock }: Moment,
  deployment: Deployment,
  status: DeploymentStatus,
): number | undefined {
  const progressing = conditionOf(status, PROGRESSING)
  if (
    !hasDeadline(deployment) ||
    !progressing ||
    progressing.status === 'False' ||
    isComplete(deployment, status)
  )
    return undefined
  return Math.max(0, deadlineMs(deployment, progressing) - clock.now()) + 1000
}
