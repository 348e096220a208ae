/**
 * The Job controller (`pkg/controller/job` upstream): runs pods until enough have succeeded or too many failed. Pods
 * carry a finalizer until they are counted, so that a pod deleted by hand is not forgotten.
 */
import { claim } from '../adoption.ts'
import {
  AS_CONTROLLER_MANAGER,
  type ControllerContext,
  disposeAll,
  type StartController,
} from '../controller.ts'
import { controllerOf, keyOf, splitKey } from '../informers.ts'
import { JOBS, type Job, type JobStatus, PODS, type Pod } from '../kinds.ts'
import { isPodActive, isPodReady, isPodTerminating } from '../pod-status.ts'
import { writeStatus } from '../write-status.ts'
import { retryInMs } from './backoff.ts'
import { addIndexes, indexOf } from './indexes.ts'
import { hasEnded, isFailedPod, type Outcome, outcomeOf, withOutcome } from './outcome.ts'
import { createPods, TRACKING_FINALIZER } from './pods.ts'

export const startJobController: StartController = context => {
  const { informers } = context
  const queue = context.queue('job', key => reconcile(context, key, ms => queue.addAfter(key, ms)))
  return disposeAll(
    queue,
    informers.jobs.subscribe(({ object }) => queue.add(keyOf(object))),
    informers.pods.subscribe(({ object }) => {
      const owner = controllerOf(object)
      if (owner?.kind === 'Job') queue.add(`${object.metadata.namespace}/${owner.name}`)
    }),
  )
}

function reconcile(context: ControllerContext, key: string, again: (ms: number) => void): void {
  const job = context.informers.jobs.get(key)
  releaseOrphans(context, key, job)
  if (!job || job.metadata.deletionTimestamp !== undefined) return
  if (hasEnded(job)) {
    expire(context, job, again)
    return
  }
  const started = job.status?.startTime || job.spec.suspend ? job : start(context, job)
  const pods = claim(context, {
    owner: started,
    selector: started.spec.selector,
    informer: context.informers.pods,
    resource: PODS,
    adoptable: isPodActive,
  })
  const current = countFinished(context, started, pods)
  const outcome = outcomeOf(current, pods, context.clock.now())
  if (outcome) finish(context, current, pods, outcome)
  else run(context, current, pods, again)
}

/** Pods of a Job that is gone need not be counted any more. */
function releaseOrphans(context: ControllerContext, key: string, job: Job | undefined): void {
  const { namespace, name } = splitKey(key)
  for (const pod of context.informers.pods.list(namespace)) {
    const owner = controllerOf(pod)
    if (owner?.kind === 'Job' && owner.name === name && owner.uid !== job?.metadata.uid) untrack(context, pod)
  }
}

function untrack({ api }: ControllerContext, pod: Pod): void {
  if (!pod.metadata.finalizers?.includes(TRACKING_FINALIZER)) return
  const finalizers = pod.metadata.finalizers.filter(finalizer => finalizer !== TRACKING_FINALIZER)
  api.update<Pod>(PODS, { ...pod, metadata: { ...pod.metadata, finalizers } }, AS_CONTROLLER_MANAGER)
}

const start = (context: ControllerContext, job: Job): Job =>
  writeStatus(context, JOBS, job, { ...job.status, startTime: context.now() })

/** Finished pods move into the counts: noted by uid first, then let go, then added, so that a crash counts none twice. */
function countFinished(context: ControllerContext, job: Job, pods: readonly Pod[]): Job {
  const noted = job.status?.uncountedTerminatedPods
  const tracked = pods.filter(pod => pod.metadata.finalizers?.includes(TRACKING_FINALIZER))
  const succeeded = tracked.filter(pod => pod.status?.phase === 'Succeeded')
  const failed = tracked.filter(isFailedPod)
  const union = (before: readonly string[] = [], more: readonly Pod[]): string[] => [
    ...new Set([...before, ...more.map(pod => pod.metadata.uid)]),
  ]
  const uncounted = { succeeded: union(noted?.succeeded, succeeded), failed: union(noted?.failed, failed) }
  if (uncounted.succeeded.length + uncounted.failed.length === 0) return job
  const indexed = job.spec.completionMode === 'Indexed'
  const completedIndexes = indexed
    ? addIndexes(
        job.status?.completedIndexes,
        succeeded.flatMap(pod => indexOf(pod) ?? []),
      )
    : undefined
  const written = writeStatus(context, JOBS, job, {
    ...job.status,
    completedIndexes,
    uncountedTerminatedPods: uncounted,
  })
  for (const pod of [...succeeded, ...failed]) untrack(context, pod)
  return writeStatus(context, JOBS, written, {
    ...written.status,
    ...counts(pods),
    succeeded: (job.status?.succeeded ?? 0) + uncounted.succeeded.length || undefined,
    failed: (job.status?.failed ?? 0) + uncounted.failed.length || undefined,
    uncountedTerminatedPods: {},
  })
}

const counts = (pods: readonly Pod[]): Pick<JobStatus, 'active' | 'ready' | 'terminating'> => ({
  active: pods.filter(isPodActive).length || undefined,
  ready: pods.filter(pod => isPodActive(pod) && isPodReady(pod)).length,
  terminating: pods.filter(isPodTerminating).length,
})

function finish(context: ControllerContext, job: Job, pods: readonly Pod[], outcome: Outcome): void {
  for (const pod of pods.filter(isPodActive)) deletePod(context, job, pod)
  const left = context.informers.pods.controlledBy(job.metadata.uid)
  const status = withOutcome(job, outcome, left.some(isPodTerminating), context.now())
  const written = writeStatus(context, JOBS, job, { ...status, ...counts(left) })
  if (!hasEnded(written)) return
  context
    .recorder('job-controller')
    .event(job, outcome.type === 'Complete' ? 'Normal' : 'Warning', outcome.event, outcome.eventMessage)
}

function run(context: ControllerContext, job: Job, pods: readonly Pod[], again: (ms: number) => void): void {
  const active = pods.filter(isPodActive)
  const wanted = job.spec.suspend ? 0 : wantedActive(job, active.length)
  for (const pod of active.slice(wanted)) deletePod(context, job, pod)
  const waitMs = retryInMs(pods, context.clock.now())
  if (wanted > active.length && waitMs === 0) createPods(context, job, active, wanted - active.length)
  if (wanted > active.length && waitMs > 0) again(waitMs)
  const { activeDeadlineSeconds } = job.spec
  if (activeDeadlineSeconds !== undefined && job.status?.startTime) {
    again(
      Math.max(0, Date.parse(job.status.startTime) + activeDeadlineSeconds * 1000 - context.clock.now()) + 1,
    )
  }
  const left = context.informers.pods.controlledBy(job.metadata.uid)
  const { uncountedTerminatedPods = {}, ...status } = job.status ?? {}
  writeStatus(context, JOBS, job, {
    ...suspension(context, job, status),
    ...counts(left),
    uncountedTerminatedPods,
  })
}

/** Without `completions` the first success ends the wish for more. */
function wantedActive({ spec, status }: Job, active: number): number {
  const { parallelism = 1, completions } = spec
  const succeeded = status?.succeeded ?? 0
  if (completions === undefined) return succeeded > 0 ? active : parallelism
  return Math.min(parallelism, Math.max(0, completions - succeeded))
}

function deletePod({ api, recorder }: ControllerContext, job: Job, pod: Pod): void {
  api.delete(PODS, pod.metadata.namespace, pod.metadata.name, { uid: pod.metadata.uid })
  recorder('job-controller').event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
}

function suspension(context: ControllerContext, job: Job, status: JobStatus): JobStatus {
  const conditions = status.conditions ?? []
  const present = conditions.find(({ type }) => type === 'Suspended')
  const wanted = job.spec.suspend ? 'True' : 'False'
  if ((present?.status ?? 'False') === wanted) return status
  const now = context.now()
  const [reason, message] = job.spec.suspend
    ? ['JobSuspended', 'Job suspended']
    : ['JobResumed', 'Job resumed']
  context.recorder('job-controller').event(job, 'Normal', job.spec.suspend ? 'Suspended' : 'Resumed', message)
  const condition = {
    type: 'Suspended',
    status: wanted,
    reason,
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  }
  const { startTime, ...rest } = status
  return {
    ...rest,
    // A suspended Job's clock is reset.
    startTime: job.spec.suspend ? undefined : (startTime ?? now),
    conditions: [...conditions.filter(({ type }) => type !== 'Suspended'), condition],
  }
}

/** `ttlSecondsAfterFinished`: the Job goes some time after its end. */
function expire({ api, clock }: ControllerContext, job: Job, again: (ms: number) => void): void {
  const ttl = job.spec.ttlSecondsAfterFinished
  if (ttl === undefined) return
  const ended = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  const left = Date.parse(ended?.lastTransitionTime ?? '') + ttl * 1000 - clock.now()
  if (left > 0) again(left)
  else
    api.delete(JOBS, job.metadata.namespace, job.metadata.name, {
      propagationPolicy: 'Foreground',
      uid: job.metadata.uid,
    })
}
