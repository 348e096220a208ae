/** A pod's status from its containers' states, as kubelet's generateAPIPodStatus has it. Pure. */
import type { ContainerStatus, PodCondition, PodStatus } from 'kubernetes-types/core/v1.js'
import { NODE_IP } from '../network/contract.ts'
import { kindOfInit, type Pod } from './pod.ts'

export interface PodObservation {
  pod: Pod
  podIp: string | undefined
  startTime: string
  initContainers: readonly ContainerStatus[]
  containers: readonly ContainerStatus[]
  ephemeralContainers: readonly ContainerStatus[]
  /** RFC 3339. */
  now: string
  /** Set when the pod has failed as a whole, e.g. DeadlineExceeded. */
  failure?: { reason: string; message: string }
}

/** On the wire lastProbeTime is null: the kubelet does not say when it looked. */
type WireCondition = Omit<PodCondition, 'lastProbeTime'> & { lastProbeTime: null }
export type WirePodStatus = Omit<PodStatus, 'conditions'> & { conditions: WireCondition[] }

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export function podStatus(observation: PodObservation): WirePodStatus {
  const { pod, podIp, failure } = observation
  const phase = failure ? 'Failed' : phaseOf(observation)
  const ips = podIp ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}
  const init = observation.initContainers
  const ephemeral = observation.ephemeralContainers
  return {
    ...pod.status,
    conditions: conditionsOf(observation, phase),
    containerStatuses: [...observation.containers],
    hostIP: NODE_IP,
    ...{ hostIPs: [{ ip: NODE_IP }] },
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: [...ephemeral] } : {}),
    ...(init.length > 0 ? { initContainerStatuses: [...init] } : {}),
    phase,
    ...(failure ?? {}),
    ...ips,
    qosClass: pod.status?.qosClass,
    startTime: observation.startTime,
  }
}

/** Init containers that must end, and sidecars that must start, before the others. */
function isInitialized({ pod, initContainers }: PodObservation): boolean {
  return initContainers.every((status, index) => {
    const spec = pod.spec.initContainers?.[index]
    if (spec && kindOfInit(spec) === 'sidecar') return status.started === true
    return status.state?.terminated?.exitCode === 0
  })
}

function phaseOf(observation: PodObservation): Phase {
  const { pod, containers, initContainers } = observation
  const policy = pod.spec.restartPolicy ?? 'Always'
  const initFailed = initContainers.some(
    ({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0,
  )
  if (initFailed && policy === 'Never') return 'Failed'
  const haveRun = containers.some(
    ({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated,
  )
  if (!haveRun && !isInitialized(observation)) return 'Pending'
  if (containers.some(({ state, lastState }) => state?.waiting && !lastState?.terminated)) return 'Pending'
  if (containers.some(({ state }) => state?.running)) return 'Running'
  if (policy === 'Always') return 'Running'
  const exits = containers.map(
    ({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.exitCode ?? 0,
  )
  if (exits.every(code => code === 0)) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

function conditionsOf(observation: PodObservation, phase: Phase): WireCondition[] {
  const { pod, containers, initContainers, podIp } = observation
  const ended = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined
  const unready = [...initSidecars(observation), ...containers]
    .filter(({ ready }) => !ready)
    .map(({ name }) => name)
  const containersReady = verdict(unready, 'ContainersNotReady', 'unready', ended)
  const incomplete = initContainers
    .filter((status, index) => {
      const spec = pod.spec.initContainers?.[index]
      return spec && kindOfInit(spec) === 'sidecar'
        ? !status.started
        : status.state?.terminated?.exitCode !== 0
    })
    .map(({ name }) => name)
  const initialized =
    phase === 'Succeeded'
      ? { status: 'True', reason: 'PodCompleted' }
      : verdict(incomplete, 'ContainersNotInitialized', 'incomplete', undefined)
  const wanted: Omit<PodCondition, 'lastTransitionTime'>[] = [
    { type: 'PodReadyToStartContainers', status: podIp && !ended ? 'True' : 'False' },
    { type: 'Initialized', ...initialized },
    { type: 'Ready', ...gates(pod, containersReady) },
    { type: 'ContainersReady', ...containersReady },
    { type: 'PodScheduled', status: 'True' },
  ]
  const own = new Set(wanted.map(({ type }) => type))
  const others = (pod.status?.conditions ?? [])
    .filter(({ type }) => !own.has(type))
    .map(condition => ({ ...condition, lastProbeTime: null }))
  return [...wanted.map(condition => withTransition(condition, pod, observation.now)), ...others]
}

type Verdict = { status: string; reason?: string; message?: string }

function verdict(
  names: readonly string[],
  reason: string,
  adjective: string,
  ended: string | undefined,
): Verdict {
  if (ended) return { status: 'False', reason: ended }
  if (names.length === 0) return { status: 'True' }
  return { status: 'False', reason, message: `containers with ${adjective} status: [${names.join(' ')}]` }
}

/** Readiness gates: conditions that somebody else sets. */
function gates(pod: Pod, ready: Verdict): Verdict {
  if (ready.status !== 'True') return ready
  const conditions = pod.status?.conditions ?? []
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = conditions.find(({ type }) => type === conditionType)
    if (!found) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return found.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  if (problems.length === 0) return ready
  const message = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
  return { status: 'False', reason: 'ReadinessGatesNotReady', message }
}

function initSidecars({ pod, initContainers }: PodObservation): ContainerStatus[] {
  return initContainers.filter((_, index) => pod.spec.initContainers?.[index]?.restartPolicy === 'Always')
}

function withTransition(
  condition: Omit<PodCondition, 'lastTransitionTime'>,
  pod: Pod,
  now: string,
): WireCondition {
  const before = pod.status?.conditions?.find(({ type }) => type === condition.type)
  const kept = before?.status === condition.status ? before.lastTransitionTime : undefined
  return { ...condition, lastProbeTime: null, lastTransitionTime: kept ?? now }
}
