/** Whether a Job has succeeded or failed, and how its conditions say it. Pure. */
import type { JobCondition } from 'kubernetes-types/batch/v1.js'
import type { Job, JobStatus, Pod } from '../kinds.ts'
import { isPodActive } from '../pod-status.ts'

export interface Outcome {
  type: 'Complete' | 'Failed'
  reason: string
  message: string
  event: string
  eventMessage: string
}

const COMPLETE = { type: 'Complete', event: 'Completed', eventMessage: 'Job completed' } as const

const failure = (reason: string, message: string): Outcome => ({
  type: 'Failed',
  reason,
  message,
  event: reason,
  eventMessage: message,
})

const isTrue = (job: Job, type: string): JobCondition | undefined =>
  job.status?.conditions?.find(condition => condition.type === type && condition.status === 'True')

/** Complete or Failed: nothing will change any more. */
export const hasEnded = (job: Job): boolean => Boolean(isTrue(job, 'Complete') ?? isTrue(job, 'Failed'))

/** A pod that is being deleted counts as failed at once, as the default podReplacementPolicy wants it. */
export const isFailedPod = (pod: Pod): boolean =>
  pod.status?.phase === 'Failed' ||
  (pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded')

/** Undefined while it goes on. */
export function outcomeOf(job: Job, pods: readonly Pod[], nowMs: number): Outcome | undefined {
  const target = isTrue(job, 'FailureTarget')
  if (target) return failure(target.reason ?? '', target.message ?? '')
  const { backoffLimit = 6, activeDeadlineSeconds, completions } = job.spec
  const succeeded = job.status?.succeeded ?? 0
  if ((job.status?.failed ?? 0) > backoffLimit || restartsExceed(job, pods, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const startMs = Date.parse(job.status?.startTime ?? '')
  if (
    activeDeadlineSeconds !== undefined &&
    !job.spec.suspend &&
    nowMs - startMs >= activeDeadlineSeconds * 1000
  ) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  const active = pods.filter(isPodActive).length
  const enough = completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions
  if (!enough) return undefined
  return { ...COMPLETE, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

/** With restartPolicy OnFailure the containers' restarts are the failures. */
function restartsExceed(job: Job, pods: readonly Pod[], limit: number): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((total, { restartCount }) => total + restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** The target condition at once; the final one when no pod is left running. */
export function withOutcome(job: Job, outcome: Outcome, terminating: boolean, now: string): JobStatus {
  const { reason, message, type } = outcome
  const condition = (name: string): JobCondition => ({
    type: name,
    status: 'True',
    reason,
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  })
  const first = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
  const conditions = [...(job.status?.conditions ?? [])]
  if (!conditions.some(present => present.type === first)) conditions.push(condition(first))
  if (!terminating) conditions.push(condition(type))
  return {
    ...job.status,
    uncountedTerminatedPods: {},
    conditions,
    ...(type === 'Complete' && !terminating ? { completionTime: now } : {}),
  }
}
