/** Deployment conditions and the rule by which their times move (`deployment_util.go` upstream). */
import type { DeploymentCondition, DeploymentStatus } from '../kinds.ts'

export const AVAILABLE = 'Available'
export const PROGRESSING = 'Progressing'
export const REPLICA_FAILURE = 'ReplicaFailure'

type Conditions = readonly DeploymentCondition[] | undefined

export const conditionOf = (
  status: DeploymentStatus | undefined,
  type: string,
): DeploymentCondition | undefined => status?.conditions?.find(condition => condition.type === type)

/** Unchanged when status and reason are; otherwise the condition moves to the end, as upstream lists them. */
export function setCondition(
  conditions: Conditions,
  wanted: Omit<DeploymentCondition, 'lastUpdateTime' | 'lastTransitionTime'>,
  now: string,
): DeploymentCondition[] {
  const present = conditions?.find(({ type }) => type === wanted.type)
  if (present && present.status === wanted.status && present.reason === wanted.reason)
    return [...(conditions ?? [])]
  const lastTransitionTime = present?.status === wanted.status ? present.lastTransitionTime : now
  return [...without(conditions, wanted.type), { ...wanted, lastUpdateTime: now, lastTransitionTime }]
}

/** As {@link setCondition}, but a condition of the same reason is replaced: progress renews its time. */
export function renewCondition(
  conditions: Conditions,
  wanted: Omit<DeploymentCondition, 'lastUpdateTime' | 'lastTransitionTime'>,
  now: string,
): DeploymentCondition[] {
  const present = conditions?.find(({ type }) => type === wanted.type)
  const lastTransitionTime = present?.status === 'True' ? present.lastTransitionTime : now
  return [...without(conditions, wanted.type), { ...wanted, lastUpdateTime: now, lastTransitionTime }]
}

export const without = (conditions: Conditions, type: string): DeploymentCondition[] =>
  (conditions ?? []).filter(condition => condition.type !== type)
