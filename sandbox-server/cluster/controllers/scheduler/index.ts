/**
 * The scheduler: binds each pod to the first node that takes it and says in an event and a condition why none does.
 * There is one node that runs pods; others exist only as objects.
 */
import { type ControllerContext, disposeAll, type StartController } from '../controller.ts'
import { keyOf } from '../informers.ts'
import { type Node, PODS, type Pod } from '../kinds.ts'
import { isPodFinished, podCondition } from '../pod-status.ts'
import { writeStatus } from '../write-status.ts'
import { type Refusal, refusal } from './filters.ts'
import { unschedulableMessage } from './message.ts'

const SCHEDULER = 'default-scheduler'
const AS_SCHEDULER = { fieldManager: 'kube-scheduler' }

export const startScheduler: StartController = context => {
  const { informers } = context
  const unschedulable = new Set<string>()
  const queue = context.queue('scheduler', key => {
    if (schedule(context, key)) unschedulable.delete(key)
    else unschedulable.add(key)
  })
  const retryAll = () => {
    for (const key of unschedulable) queue.add(key)
  }
  return disposeAll(
    queue,
    informers.nodes.subscribe(event => {
      const previous = 'previous' in event ? event.previous : undefined
      if (!previous || placement(previous) !== placement(event.object)) retryAll()
    }),
    informers.pods.subscribe(event => {
      const { object } = event
      // A pod that ended leaves room for others.
      if (event.type === 'DELETED' || isPodFinished(object)) {
        unschedulable.delete(keyOf(object))
        retryAll()
      } else if (
        !object.spec.nodeName &&
        (!('previous' in event) || event.previous?.metadata.generation !== object.metadata.generation)
      ) {
        queue.add(keyOf(object))
      }
    }),
  )
}

/** What of a node decides about pods; its heartbeats do not. */
const placement = (node: Node): string =>
  JSON.stringify([node.metadata.labels, node.spec, node.status?.allocatable])

/** True when there is nothing (more) to do for the pod. */
function schedule(context: ControllerContext, key: string): boolean {
  const { informers, api } = context
  const pod = informers.pods.get(key)
  if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp !== undefined || isPodFinished(pod))
    return true
  if (pod.spec.schedulerName && pod.spec.schedulerName !== SCHEDULER) return true
  if (pod.spec.schedulingGates?.length) return true
  const nodes = informers.nodes.list()
  const refusals: Refusal[] = []
  for (const node of nodes) {
    const refused = refusal(pod, node, podsOn(context, node))
    if (refused) {
      refusals.push(refused)
      continue
    }
    const bound = api.update<Pod>(
      PODS,
      { ...pod, spec: { ...pod.spec, nodeName: node.metadata.name } },
      AS_SCHEDULER,
    )
    setScheduled(context, bound, { status: 'True' })
    const message = `Successfully assigned ${key} to ${node.metadata.name}`
    context.reporter(SCHEDULER, 'Binding').event(pod, 'Normal', 'Scheduled', message)
    return true
  }
  const message = unschedulableMessage(nodes.length, refusals)
  const known = podCondition(pod, 'PodScheduled')
  if (known?.status === 'False' && known.message === message) return false
  context.reporter(SCHEDULER, 'Scheduling').event(pod, 'Warning', 'FailedScheduling', message)
  setScheduled(context, pod, { status: 'False', reason: 'Unschedulable', message })
  return false
}

const podsOn = ({ informers }: ControllerContext, node: Node): Pod[] =>
  informers.pods.list().filter(pod => pod.spec.nodeName === node.metadata.name && !isPodFinished(pod))

function setScheduled(
  context: ControllerContext,
  pod: Pod,
  condition: { status: string; reason?: string; message?: string },
): void {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  const scheduled = {
    type: 'PodScheduled',
    ...condition,
    lastProbeTime: null,
    lastTransitionTime: context.now(),
  }
  writeStatus(context, PODS, pod, { ...pod.status, conditions: [...others, scheduled] })
}
