/**
 * The Deployment controller (`pkg/controller/deployment` upstream): a ReplicaSet for each revision of the template,
 * replicas moved from the old to the new by the strategy, and the conditions `kubectl rollout status` reads.
 */
import { claim } from '../adoption.ts'
import { type ControllerContext, disposeAll, type StartController } from '../controller.ts'
import { controllerOf, keyOf } from '../informers.ts'
import { DEPLOYMENTS, type Deployment, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import { isPodFinished } from '../pod-status.ts'
import { selects } from '../selectors.ts'
import { writeStatus } from '../write-status.ts'
import { PROGRESSING, setCondition } from './conditions.ts'
import { cleanUpHistory, createNewReplicaSet, findNewReplicaSet, syncNewReplicaSet } from './revisions.ts'
import { isScalingEvent, scaleProportionally } from './scale.ts'
import { statusOfRollout, statusOnly } from './status.ts'
import { rollOut } from './strategy.ts'

export const startDeploymentController: StartController = context => {
  const { informers } = context
  const queue = context.queue('deployment', key => reconcile(context, key, ms => queue.addAfter(key, ms)))
  return disposeAll(
    queue,
    informers.deployments.subscribe(({ object }) => queue.add(keyOf(object))),
    informers.replicaSets.subscribe(event => {
      const { namespace } = event.object.metadata
      const versions = 'previous' in event && event.previous ? [event.object, event.previous] : [event.object]
      for (const set of versions) {
        const owner = controllerOf(set)
        if (owner?.kind === 'Deployment') queue.add(`${namespace}/${owner.name}`)
        if (owner || event.type === 'DELETED') continue
        for (const deployment of informers.deployments.list(namespace)) {
          if (selects(deployment.spec.selector, set.metadata.labels)) queue.add(keyOf(deployment))
        }
      }
    }),
    // Recreate waits for the last old pod to be gone.
    informers.pods.subscribe(({ type, object }) => {
      const owner = type === 'ADDED' ? undefined : controllerOf(object)
      if (owner?.kind !== 'ReplicaSet' || (type !== 'DELETED' && !isPodFinished(object))) return
      const set = informers.replicaSets.get(`${object.metadata.namespace}/${owner.name}`)
      const deployment = set && controllerOf(set)
      if (deployment) queue.add(`${object.metadata.namespace}/${deployment.name}`)
    }),
  )
}

function reconcile(context: ControllerContext, key: string, again: (ms: number) => void): void {
  const deployment = context.informers.deployments.get(key)
  if (!deployment) return
  const sets = claimReplicaSets(context, deployment)
  if (deployment.metadata.deletionTimestamp !== undefined) {
    const found = findNewReplicaSet(deployment, sets)
    writeStatus(context, DEPLOYMENTS, deployment, statusOnly(context, deployment, sets, found))
    return
  }
  const current = markPaused(context, deployment)
  if (current.spec.paused || isScalingEvent(current, sets)) scaleOnly(context, current, sets)
  else progress(context, current, sets, again)
}

const claimReplicaSets = (context: ControllerContext, owner: Deployment): ReplicaSet[] =>
  claim(context, {
    owner,
    selector: owner.spec.selector,
    informer: context.informers.replicaSets,
    resource: REPLICA_SETS,
    adoptable: () => true,
  })

/** While paused no progress is expected, so the deadline must not run. */
function markPaused(context: ControllerContext, deployment: Deployment): Deployment {
  const { paused, progressDeadlineSeconds } = deployment.spec
  const present = deployment.status?.conditions?.find(({ type }) => type === PROGRESSING)
  if (progressDeadlineSeconds === undefined || present?.reason === 'ProgressDeadlineExceeded')
    return deployment
  if (Boolean(paused) === (present?.reason === 'DeploymentPaused')) return deployment
  const condition = paused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  const conditions = setCondition(
    deployment.status?.conditions,
    { type: PROGRESSING, status: 'Unknown', ...condition },
    context.now(),
  )
  return writeStatus(context, DEPLOYMENTS, deployment, { ...deployment.status, conditions })
}

function scaleOnly(context: ControllerContext, deployment: Deployment, sets: ReplicaSet[]): void {
  const { current, newSet } = syncNewReplicaSet(context, deployment, sets)
  scaleProportionally(context, current, fresh(context, sets), newSet)
  const after = fresh(context, sets)
  cleanUpHistory(context, current, after, newSet)
  writeStatus(context, DEPLOYMENTS, newest(context, current), statusOnly(context, current, after, newSet))
}

function progress(
  context: ControllerContext,
  deployment: Deployment,
  sets: ReplicaSet[],
  again: (ms: number) => void,
): void {
  const rollout = rollOut(context, deployment, sets, {
    ensureNew(current, known) {
      const synced = syncNewReplicaSet(context, current, known)
      return synced.newSet ? synced : createNewReplicaSet(context, synced.current, known)
    },
    syncNew: (current, known) => syncNewReplicaSet(context, current, known),
  })
  const all = context.informers.replicaSets.controlledBy(deployment.metadata.uid)
  const current = newest(context, rollout.current)
  if (rollout.settled) cleanUpHistory(context, current, all, rollout.newSet)
  const newSet = rollout.newSet && all.find(({ metadata }) => metadata.uid === rollout.newSet?.metadata.uid)
  const { status, checkAfterMs } = statusOfRollout(context, current, all, newSet)
  writeStatus(context, DEPLOYMENTS, current, status)
  if (checkAfterMs !== undefined) again(checkAfterMs)
}

/** What was read before a write is stale after it. */
const newest = (context: ControllerContext, deployment: Deployment): Deployment =>
  context.informers.deployments.get(keyOf(deployment)) ?? deployment

const fresh = (context: ControllerContext, sets: ReplicaSet[]): ReplicaSet[] =>
  sets.map(set => context.informers.replicaSets.get(keyOf(set)) ?? set)
