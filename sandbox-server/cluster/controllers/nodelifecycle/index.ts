/**
 * Taints that say what a node's state means (`pkg/controller/nodelifecycle` upstream): unschedulable when cordoned,
 * not-ready or unreachable by its Ready condition. Pods are not evicted: there is nowhere else to go.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Taint } from 'kubernetes-types/core/v1.js'
import { AS_CONTROLLER_MANAGER, disposeAll, type StartController } from '../controller.ts'
import { NODES, type Node } from '../kinds.ts'

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const OURS = new Set([UNSCHEDULABLE, NOT_READY, UNREACHABLE])

export const startNodeLifecycleController: StartController = context => {
  const { api, informers } = context
  const queue = context.queue('nodelifecycle', name => {
    const node = informers.nodes.get(name)
    if (!node) return
    const present = node.spec?.taints ?? []
    const wanted = [...present.filter(taint => !isOurs(taint)), ...taintsOf(node, context.now())]
    if (isDeepStrictEqual(sorted(present), sorted(wanted))) return
    const { taints: _old, ...spec } = node.spec ?? {}
    const taints = wanted.length > 0 ? { taints: wanted } : {}
    api.update<Node>(NODES, { ...node, spec: { ...spec, ...taints } }, AS_CONTROLLER_MANAGER)
  })
  return disposeAll(
    queue,
    informers.nodes.subscribe(({ type, object }) => {
      if (type !== 'DELETED') queue.add(object.metadata.name)
    }),
  )
}

const isOurs = ({ key, effect }: Taint): boolean => OURS.has(key) && effect === 'NoSchedule'

const sorted = (taints: readonly Taint[]): Taint[] =>
  [...taints].sort((a, b) => (a.key + a.effect < b.key + b.effect ? -1 : 1))

function taintsOf(node: Node, now: string): Taint[] {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const keys = [
    node.spec?.unschedulable ? UNSCHEDULABLE : '',
    ready === 'True' ? '' : ready === 'Unknown' ? UNREACHABLE : NOT_READY,
  ]
  return keys.filter(Boolean).map(key => {
    const known = node.spec?.taints?.find(taint => taint.key === key && taint.effect === 'NoSchedule')
    return known ?? { effect: 'NoSchedule', key, ...(key === UNSCHEDULABLE ? { timeAdded: now } : {}) }
  })
}
