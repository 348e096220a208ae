/** Why a node does not take a pod, in the order in which the real scheduler's filter plug-ins ask. Pure. */
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Taint,
  Toleration,
} from 'kubernetes-types/core/v1.js'
import type { Node, Pod } from '../kinds.ts'
import { podTotal } from '../pod-requests.ts'
import { parseQuantity } from '../quantity.ts'
import { hasLabels } from '../selectors.ts'

export interface Refusal {
  /** In the scheduler's words, e.g. `Insufficient cpu`. */
  reasons: string[]
  /** Whether deleting other pods could change the answer. */
  resolvable: boolean
}

const REQUESTED = ['cpu', 'memory', 'ephemeral-storage']

export function refusal(pod: Pod, node: Node, podsOnNode: readonly Pod[]): Refusal | undefined {
  const unresolvable = (reason: string): Refusal => ({ reasons: [reason], resolvable: false })
  if (
    node.spec?.unschedulable &&
    !tolerates(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  ) {
    return unresolvable('node(s) were unschedulable')
  }
  const taints = (node.spec?.taints ?? []).filter(
    ({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute',
  )
  if (taints.some(taint => !tolerates(pod, taint))) return unresolvable('node(s) had untolerated taint(s)')
  if (!matchesAffinity(pod, node)) return unresolvable("node(s) didn't match Pod's node affinity/selector")
  return insufficient(pod, node, podsOnNode)
}

const tolerates = (pod: Pod, taint: Taint): boolean =>
  (pod.spec.tolerations ?? []).some(({ key, operator = 'Equal', value = '', effect }: Toleration) => {
    if (effect && effect !== taint.effect) return false
    if (!key) return operator === 'Exists'
    return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
  })

function matchesAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  if (!hasLabels(labels, pod.spec.nodeSelector ?? {})) return false
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return !terms || terms.some(term => matchesTerm(term, labels, node.metadata.name))
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: Record<string, string>,
  name: string,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every(one => meets(one, labels[one.key])) &&
    matchFields.every(one => meets(one, one.key === 'metadata.name' ? name : undefined))
  )
}

function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
    default:
      return false
  }
}

/** Resources and the number of pods; what exceeds the whole node cannot be helped by deleting others. */
function insufficient(pod: Pod, node: Node, podsOnNode: readonly Pod[]): Refusal | undefined {
  const allocatable = node.status?.allocatable ?? node.status?.capacity ?? {}
  const room = (name: string): bigint => parseQuantity(allocatable[name] ?? '0')?.nano ?? 0n
  const reasons: string[] = []
  let resolvable = true
  if (BigInt(podsOnNode.length + 1) * 1_000_000_000n > room('pods')) {
    reasons.push('Too many pods')
    resolvable = room('pods') > 0n
  }
  for (const name of REQUESTED) {
    const wanted = podTotal(pod, 'requests', name).nano
    if (wanted === 0n) continue
    const used = podsOnNode.reduce((total, other) => total + podTotal(other, 'requests', name).nano, 0n)
    if (used + wanted <= room(name)) continue
    reasons.push(`Insufficient ${name}`)
    if (wanted > room(name)) resolvable = false
  }
  return reasons.length === 0 ? undefined : { reasons, resolvable }
}
