/** How much of a ResourceQuota a namespace uses (`pkg/quota/v1/evaluator` upstream). Pure. */
import type { ApiObject, GroupResource } from '../../apiserver/api.ts'
import type { Pod, ResourceQuota, Service } from '../kinds.ts'
import { mentionedResources, podTotal, type ResourceField } from '../pod-requests.ts'
import { isPodFinished } from '../pod-status.ts'
import { formatQuantity, sumQuantities } from '../quantity.ts'

/** What is in the namespace; `objects` answers any collection for `count/…`. */
export interface Content {
  pods: readonly Pod[]
  services: readonly Service[]
  objects(resource: GroupResource): readonly ApiObject[]
}

/** Kinds that may be counted by their plain name. */
const PLAIN_COUNTS = new Set([
  'configmaps',
  'secrets',
  'resourcequotas',
  'replicationcontrollers',
  'persistentvolumeclaims',
])

/** Canonical texts for each name in `spec.hard`; names that nothing here can measure are left out. */
export function quotaUsage(quota: ResourceQuota, content: Content): Record<string, string> {
  const pods = content.pods.filter(pod => !isPodFinished(pod) && inScopes(quota, pod))
  const used: Record<string, string> = {}
  for (const name of Object.keys(quota.spec?.hard ?? {})) {
    const amount = usageOf(name, pods, content)
    if (amount !== undefined) used[name] = amount
  }
  return used
}

function usageOf(name: string, pods: readonly Pod[], content: Content): string | undefined {
  if (name === 'pods') return String(pods.length)
  if (name === 'services') return String(content.services.length)
  if (name === 'services.loadbalancers')
    return String(content.services.filter(({ spec }) => spec.type === 'LoadBalancer').length)
  if (name === 'services.nodeports')
    return String(content.services.reduce((total, service) => total + nodePorts(service), 0))
  if (PLAIN_COUNTS.has(name)) return String(content.objects({ group: '', resource: name }).length)
  if (name.startsWith('count/')) return String(counted(name.slice('count/'.length), content))
  const [field, resource] = computeResource(name)
  if (resource === undefined) return undefined
  return formatQuantity(sumQuantities(pods.map(pod => formatQuantity(podTotal(pod, field, resource)))))
}

/** `count/deployments.apps`; pods count here whatever their phase. */
function counted(text: string, content: Content): number {
  const dot = text.indexOf('.')
  const resource =
    dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
  return content.objects(resource).length
}

function computeResource(name: string): [ResourceField, string | undefined] {
  if (name.startsWith('limits.')) return ['limits', name.slice('limits.'.length)]
  if (name.startsWith('requests.')) return ['requests', name.slice('requests.'.length)]
  return ['requests', ['cpu', 'memory', 'ephemeral-storage'].includes(name) ? name : undefined]
}

function nodePorts({ spec }: Service): number {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return 0
  const ports = spec.ports ?? []
  return spec.allocateLoadBalancerNodePorts === false
    ? ports.filter(({ nodePort }) => nodePort).length
    : ports.length
}

function inScopes({ spec }: ResourceQuota, pod: Pod): boolean {
  return (spec?.scopes ?? []).every(scope => {
    switch (scope) {
      case 'Terminating':
        return pod.spec.activeDeadlineSeconds !== undefined
      case 'NotTerminating':
        return pod.spec.activeDeadlineSeconds === undefined
      case 'BestEffort':
        return isBestEffort(pod)
      case 'NotBestEffort':
        return !isBestEffort(pod)
      default:
        return true
    }
  })
}

const isBestEffort = (pod: Pod): boolean =>
  mentionedResources(pod, 'requests').size === 0 && mentionedResources(pod, 'limits').size === 0
