/**
 * The ReplicaSet controller (`pkg/controller/replicaset` upstream): as many active pods as `spec.replicas` says, and
 * a status that counts them.
 */

import { claim } from '../adoption.ts'
import {
  AS_CONTROLLER_MANAGER,
  type ControllerContext,
  controllerReference,
  disposeAll,
  type StartController,
} from '../controller.ts'
import { controllerOf, keyOf } from '../informers.ts'
import { PODS, type Pod, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import { availableInMs, isPodActive, isPodTerminating } from '../pod-status.ts'
import { selects } from '../selectors.ts'
import { writeStatus } from '../write-status.ts'
import { podsToDelete } from './pods-to-delete.ts'
import { replicaSetStatus, type ScalingFailure } from './status.ts'

export const startReplicaSetController: StartController = context => {
  const { informers } = context
  const queue = context.queue('replicaset', key => reconcile(context, key, ms => queue.addAfter(key, ms)))
  return disposeAll(
    queue,
    informers.replicaSets.subscribe(({ object }) => queue.add(keyOf(object))),
    informers.pods.subscribe(event => {
      const { namespace } = event.object.metadata
      const versions = 'previous' in event && event.previous ? [event.object, event.previous] : [event.object]
      for (const pod of versions) {
        const owner = controllerOf(pod)
        if (owner?.kind === 'ReplicaSet') queue.add(`${namespace}/${owner.name}`)
        if (owner || event.type === 'DELETED') continue
        for (const set of informers.replicaSets.list(namespace)) {
          if (selects(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set))
        }
      }
    }),
  )
}

function reconcile(context: ControllerContext, key: string, again: (ms: number) => void): void {
  const set = context.informers.replicaSets.get(key)
  if (!set) return
  const owned = claimPods(context, set)
  let failure: ScalingFailure | undefined
  if (set.metadata.deletionTimestamp === undefined) failure = scale(context, set, owned.filter(isPodActive))

  const newest = context.informers.replicaSets.get(key)
  if (!newest) return
  const pods = context.informers.pods
    .controlledBy(set.metadata.uid)
    .filter(pod => selects(set.spec.selector, pod.metadata.labels))
  const status = replicaSetStatus(newest, pods.filter(isPodActive), pods.filter(isPodTerminating), {
    nowMs: context.clock.now(),
    now: context.now(),
    failure,
  })
  writeStatus(context, REPLICA_SETS, newest, status)
  const waits = pods.map(pod => availableInMs(pod, set.spec.minReadySeconds ?? 0, context.clock.now()) ?? 0)
  const soonest = Math.min(...waits.filter(ms => ms > 0))
  if (Number.isFinite(soonest)) again(soonest)
  if (failure) throw failure.error
}

const claimPods = (context: ControllerContext, owner: ReplicaSet): Pod[] =>
  claim(context, {
    owner,
    selector: owner.spec.selector,
    informer: context.informers.pods,
    resource: PODS,
    adoptable: isPodActive,
  })

/** Creates or deletes pods until the count is right; the first refusal ends it (a quota refuses the rest as well). */
function scale(context: ControllerContext, set: ReplicaSet, active: Pod[]): ScalingFailure | undefined {
  const missing = (set.spec.replicas ?? 1) - active.length
  const events = context.recorder('replicaset-controller')
  let attempt: 'FailedCreate' | 'FailedDelete' = 'FailedCreate'
  try {
    for (let created = 0; created < missing; created++) {
      const pod = createPod(context, set)
      events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    }
    attempt = 'FailedDelete'
    for (const pod of podsToDelete(active, -missing, context.clock.now())) {
      context.api.delete(PODS, pod.metadata.namespace, pod.metadata.name, { uid: pod.metadata.uid })
      events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const doing = attempt === 'FailedCreate' ? 'creating' : 'deleting'
    events.event(set, 'Warning', attempt, `Error ${doing}: ${message}`)
    return { reason: attempt, message, error }
  }
  return undefined
}

function createPod({ api }: ControllerContext, set: ReplicaSet): Pod {
  const { metadata, spec } = set.spec.template ?? {}
  return api.create<Pod>(
    PODS,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${set.metadata.name}-`,
        namespace: set.metadata.namespace,
        labels: metadata?.labels,
        annotations: metadata?.annotations,
        finalizers: metadata?.finalizers,
        ownerReferences: [controllerReference(set)],
      },
      spec,
    },
    AS_CONTROLLER_MANAGER,
  )
}
