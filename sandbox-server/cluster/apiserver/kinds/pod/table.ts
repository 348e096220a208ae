/** `kubectl get pods`: the columns and the summary of a pod's state (pkg/printers/internalversion printPod). */
import type { ApiObject } from '../../api.ts'
import { at, type JsonObject, objectOf, objectsOf, textOf } from '../../json.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../columns.ts'
import { age, humanDuration } from '../time.ts'

export const podColumns = [
  NAME_COLUMN,
  column('Ready', 'string', 'The aggregate readiness state of this pod for accepting traffic.'),
  column('Status', 'string', 'The aggregate status of the containers in this pod.'),
  column(
    'Restarts',
    'string',
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  ),
  AGE_COLUMN,
  wide(
    'IP',
    'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
  ),
  wide(
    'Node',
    'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
  ),
  wide(
    'Nominated Node',
    'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.',
  ),
  wide(
    'Readiness Gates',
    'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
  ),
]

interface Summary {
  ready: number
  total: number
  reason: string
  restarts: number
  lastRestart: number
}

const isRestartable = (container: JsonObject | undefined): boolean => container?.restartPolicy === 'Always'

function conditionIs(status: JsonObject, type: string): boolean {
  return objectsOf(status.conditions).some(
    condition => condition.type === type && condition.status === 'True',
  )
}

function terminatedAt(container: JsonObject): number {
  const finished = at(container, 'lastState', 'terminated', 'finishedAt')
  return typeof finished === 'string' ? Date.parse(finished) : 0
}

function summarize(pod: ApiObject): Summary {
  const spec = objectOf(pod.spec)
  const status = objectOf(pod.status)
  const init = objectsOf(spec.initContainers)
  const summary: Summary = {
    ready: 0,
    total: objectsOf(spec.containers).length + init.filter(isRestartable).length,
    reason: textOf(status.reason) || textOf(status.phase),
    restarts: 0,
    lastRestart: 0,
  }
  if (
    objectsOf(status.conditions).some(
      condition => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
    )
  ) {
    summary.reason = 'SchedulingGated'
  }
  const initializing = summarizeInit(summary, init, objectsOf(status.initContainerStatuses))
  if (!initializing || conditionIs(status, 'Initialized'))
    summarizeContainers(summary, objectsOf(status.containerStatuses), status)
  if (pod.metadata.deletionTimestamp !== undefined && textOf(status.reason) === 'NodeLost')
    summary.reason = 'Unknown'
  else if (
    pod.metadata.deletionTimestamp !== undefined &&
    !['Succeeded', 'Failed'].includes(textOf(status.phase))
  ) {
    summary.reason = 'Terminating'
  }
  return summary
}

function summarizeInit(
  summary: Summary,
  init: readonly JsonObject[],
  statuses: readonly JsonObject[],
): boolean {
  for (const [index, container] of statuses.entries()) {
    const declared = init.find(candidate => candidate.name === container.name)
    const restarts = Number(container.restartCount ?? 0)
    summary.restarts += restarts
    summary.lastRestart = Math.max(summary.lastRestart, terminatedAt(container))
    const terminated = at(container, 'state', 'terminated')
    const waiting = textOf(at(container, 'state', 'waiting', 'reason'))
    if (terminated && Number(at(terminated, 'exitCode') ?? 0) === 0) continue
    if (isRestartable(declared) && container.started === true) {
      if (container.ready === true) summary.ready++
      continue
    }
    if (terminated) summary.reason = `Init:${terminatedWords(objectOf(terminated))}`
    else if (waiting !== '' && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`
    else summary.reason = `Init:${index}/${init.length}`
    return true
  }
  return false
}

function terminatedWords(terminated: JsonObject): string {
  const reason = textOf(terminated.reason)
  if (reason !== '') return reason
  return Number(terminated.signal ?? 0) !== 0
    ? `Signal:${terminated.signal}`
    : `ExitCode:${terminated.exitCode ?? 0}`
}

function summarizeContainers(summary: Summary, statuses: readonly JsonObject[], status: JsonObject): void {
  let hasRunning = false
  for (const container of [...statuses].reverse()) {
    summary.restarts += Number(container.restartCount ?? 0)
    summary.lastRestart = Math.max(summary.lastRestart, terminatedAt(container))
    const waiting = textOf(at(container, 'state', 'waiting', 'reason'))
    const terminated = at(container, 'state', 'terminated')
    if (waiting !== '') summary.reason = waiting
    else if (terminated) summary.reason = terminatedWords(objectOf(terminated))
    else if (container.ready === true && at(container, 'state', 'running') !== undefined) {
      hasRunning = true
      summary.ready++
    }
  }
  if (summary.reason === 'Completed' && hasRunning) {
    summary.reason = conditionIs(status, 'Ready') ? 'Running' : 'NotReady'
  }
}

export function podRow(pod: ApiObject, now: number): unknown[] {
  const { ready, total, reason, restarts, lastRestart } = summarize(pod)
  const spec = objectOf(pod.spec)
  const status = objectOf(pod.status)
  const gates = objectsOf(spec.readinessGates)
  const passed = gates.filter(gate => conditionIs(status, textOf(gate.conditionType))).length
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restarts > 0 && lastRestart > 0
      ? `${restarts} (${humanDuration(now - lastRestart)} ago)`
      : String(restarts),
    age(pod, now),
    textOf(status.podIP) || '<none>',
    textOf(spec.nodeName) || '<none>',
    textOf(status.nominatedNodeName) || '<none>',
    gates.length === 0 ? '<none>' : `${passed}/${gates.length}`,
  ]
}
