/** ResourceQuota: counts what a new object would use; refuses what would exceed, enters what is used. */
import type { AdmissionRequest } from '../admission.ts'
import type { ApiObject, NewObject } from '../api.ts'
import { type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { formatQuantity, nanoOf, parseQuantity } from '../schema/quantity.ts'
import { forbidden } from '../status.ts'

const UNIT = 1_000_000_000n
const COUNTED_WITHOUT_PREFIX = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
])
const COMPUTE = ['requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory', 'cpu', 'memory']

type Usage = Map<string, bigint>

const isActivePod = (pod: NewObject): boolean =>
  !['Succeeded', 'Failed'].includes(textOf(objectOf(pod.status).phase))

/** What one object uses, by quota resource name. */
export function usageOf(resource: { group: string; resource: string }, object: NewObject): Usage {
  const usage: Usage = new Map()
  const counted = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`
  if (resource.resource === 'pods' && resource.group === '') {
    usage.set('count/pods', UNIT)
    if (!isActivePod(object)) return usage
    usage.set('pods', UNIT)
    for (const name of COMPUTE) usage.set(name, computeOf(objectOf(object.spec), name))
    return usage
  }
  usage.set(`count/${counted}`, UNIT)
  if (resource.group === '' && COUNTED_WITHOUT_PREFIX.has(resource.resource))
    usage.set(resource.resource, UNIT)
  if (resource.group === '' && resource.resource === 'services') {
    const spec = objectOf(object.spec)
    const ports = BigInt(objectsOf(spec.ports).length)
    if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', UNIT)
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer')
      usage.set('services.nodeports', ports * UNIT)
  }
  return usage
}

const fieldOf = (name: string): ['requests' | 'limits', string] =>
  name.startsWith('limits.') ? ['limits', name.slice(7)] : ['requests', name.replace('requests.', '')]

function computeOf(spec: JsonObject, name: string): bigint {
  const [field, resource] = fieldOf(name)
  const value = (container: JsonObject): bigint =>
    nanoOf(objectOf(objectOf(container.resources)[field])[resource])
  const main = objectsOf(spec.containers).reduce((sum, container) => sum + value(container), 0n)
  const init = objectsOf(spec.initContainers)
  const sidecars = init
    .filter(container => container.restartPolicy === 'Always')
    .reduce((sum, container) => sum + value(container), 0n)
  const starting = init.map(value)
  // bigint has no Math.max.
  return [main + sidecars, ...starting].sort((a, b) => (a < b ? 1 : -1))[0] ?? 0n
}

/** Refuses a creation that would exceed a quota; otherwise the quota's status counts it. */
export function chargeQuota(registry: ServedKinds, request: AdmissionRequest): void {
  if (request.operation !== 'CREATE' || request.namespace === undefined) return
  const quotas = registry.api.list(
    { group: '', resource: 'resourcequotas' },
    { namespace: request.namespace },
  )
  if (quotas.length === 0 || request.resource.resource === 'events') return
  const usage = usageOf(request.resource, request.object)
  for (const quota of quotas) charge(registry, request, quota, usage)
}

function charge(registry: ServedKinds, request: AdmissionRequest, quota: ApiObject, usage: Usage): void {
  const hard = objectOf(objectOf(quota.spec).hard)
  const relevant = Object.keys(hard)
    .filter(name => usage.has(name))
    .sort()
  if (relevant.length === 0) return
  const { group, resource } = request.resource
  const refuse = (text: string): never => {
    throw forbidden(group, resource, request.object.metadata.name ?? '', text)
  }
  const missing = missingCompute(request, relevant)
  if (missing !== '') refuse(`failed quota: ${quota.metadata.name}: ${missing}`)
  const used = currentUse(registry, request, relevant)
  const over = relevant.filter(
    name =>
      (used.get(name) ?? 0n) + (usage.get(name) ?? 0n) > nanoOf(hard[name]) && (usage.get(name) ?? 0n) > 0n,
  )
  if (over.length === 0) return enter(registry, request, quota, relevant, used, usage)
  const words = (values: (name: string) => bigint | string): string =>
    over
      .map(
        name =>
          `${name}=${typeof values(name) === 'bigint' ? quantityText(values(name) as bigint, hard[name]) : values(name)}`,
      )
      .join(',')
  refuse(
    `exceeded quota: ${quota.metadata.name}, requested: ${words(name => usage.get(name) ?? 0n)}, used: ${words(name => used.get(name) ?? 0n)}, limited: ${words(name => String(hard[name]))}`,
  )
}

function missingCompute(request: AdmissionRequest, relevant: readonly string[]): string {
  if (request.resource.resource !== 'pods') return ''
  const containers = [
    ...objectsOf(objectOf(request.object.spec).containers),
    ...objectsOf(objectOf(request.object.spec).initContainers),
  ]
  const parts = relevant
    .filter(name => COMPUTE.includes(name))
    .flatMap(name => {
      const [field, resource] = fieldOf(name)
      const without = containers.filter(
        container => objectOf(objectOf(container.resources)[field])[resource] === undefined,
      )
      return without.length === 0
        ? []
        : [
            `${name} for: ${without
              .map(container => textOf(container.name))
              .sort()
              .join(',')}`,
          ]
    })
  return parts.length === 0 ? '' : `must specify ${parts.join('; ')}`
}

/** Counted from the objects themselves: a status that lags behind would let a burst through. */
function currentUse(registry: ServedKinds, request: AdmissionRequest, relevant: readonly string[]): Usage {
  const total: Usage = new Map(relevant.map(name => [name, 0n]))
  for (const object of registry.api.list(request.resource, { namespace: request.namespace })) {
    const usage = usageOf(request.resource, object)
    for (const name of relevant) total.set(name, (total.get(name) ?? 0n) + (usage.get(name) ?? 0n))
  }
  return total
}

function quantityText(nano: bigint, like: unknown): string {
  const format = (typeof like === 'string' ? parseQuantity(like)?.format : undefined) ?? 'decimal'
  return formatQuantity({ nano, format })
}

function enter(
  registry: ServedKinds,
  request: AdmissionRequest,
  quota: ApiObject,
  relevant: readonly string[],
  used: Usage,
  usage: Usage,
): void {
  if (request.dryRun) return
  const hard = objectOf(objectOf(quota.spec).hard)
  const status = objectOf(quota.status)
  if (Object.keys(objectOf(status.hard)).length === 0) return
  const counted = Object.fromEntries(
    relevant.map(name => [name, quantityText((used.get(name) ?? 0n) + (usage.get(name) ?? 0n), hard[name])]),
  )
  registry.api.updateStatus(
    { group: '', resource: 'resourcequotas' },
    {
      ...quota,
      status: { ...status, used: { ...objectOf(status.used), ...counted } },
    },
  )
}
