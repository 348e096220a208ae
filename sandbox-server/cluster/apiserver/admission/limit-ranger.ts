/** LimitRanger: fills requests and limits of containers, refuses pods outside the ranges. */
import type { AdmissionRequest } from '../admission.ts'
import type { NewObject } from '../api.ts'
import { clone, isObject, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { nanoOf } from '../schema/quantity.ts'
import { forbidden } from '../status.ts'

const NANO_PER_UNIT = 1_000_000_000n

const isNewPod = ({ operation, resource }: AdmissionRequest): boolean =>
  operation === 'CREATE' && resource.group === '' && resource.resource === 'pods'

function rangesOf(
  registry: ServedKinds,
  namespace: string | undefined,
): { name: string; item: JsonObject }[] {
  return registry.api
    .list({ group: '', resource: 'limitranges' }, { namespace })
    .flatMap(range =>
      objectsOf(objectOf(range.spec).limits).map(item => ({ name: range.metadata.name, item })),
    )
}

/** The pod with the namespace's default requests and limits. */
export function fillLimits(registry: ServedKinds, request: AdmissionRequest): NewObject {
  if (!isNewPod(request)) return request.object
  const ranges = rangesOf(registry, request.namespace).filter(({ item }) => item.type === 'Container')
  if (ranges.length === 0) return request.object
  const pod = clone(request.object)
  const spec = objectOf(pod.spec)
  const notes: string[] = []
  for (const { item } of ranges) {
    for (const [container, kind] of containersOf(spec)) notes.push(...fill(container, kind, item))
  }
  if (notes.length > 0) {
    const annotation = `LimitRanger plugin set: ${notes.join('; ')}`
    pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': annotation }
  }
  return pod
}

const containersOf = (spec: JsonObject): [JsonObject, string][] => [
  ...objectsOf(spec.containers).map((container): [JsonObject, string] => [container, 'container']),
  ...objectsOf(spec.initContainers).map((container): [JsonObject, string] => [container, 'init container']),
]

function fill(container: JsonObject, kind: string, item: JsonObject): string[] {
  const resources = isObject(container.resources) ? container.resources : {}
  container.resources = resources
  const set = (field: 'limits' | 'requests', values: JsonObject): string[] => {
    const current = isObject(resources[field]) ? resources[field] : {}
    const added = Object.keys(values).filter(name => current[name] === undefined)
    if (added.length > 0)
      resources[field] = { ...current, ...Object.fromEntries(added.map(name => [name, values[name]])) }
    return added.sort()
  }
  const requests = set('requests', objectOf(item.defaultRequest))
  const limits = set('limits', objectOf(item.default))
  const words = (names: readonly string[], what: string): string[] =>
    names.length === 0 ? [] : [`${names.join(', ')} ${what} for ${kind} ${textOf(container.name)}`]
  return [...words(requests, 'request'), ...words(limits, 'limit')]
}

/** Throws a 403 StatusError for a pod outside a range. */
export function enforceLimits(registry: ServedKinds, request: AdmissionRequest): void {
  if (!isNewPod(request)) return
  const ranges = rangesOf(registry, request.namespace)
  if (ranges.length === 0) return
  const spec = objectOf(request.object.spec)
  const problems = ranges.flatMap(({ item }) => {
    if (item.type === 'Pod') return check(item, 'Pod', podResources(spec))
    if (item.type !== 'Container') return []
    return containersOf(spec).flatMap(([container]) =>
      check(item, 'Container', objectOf(container.resources)),
    )
  })
  if (problems.length === 0) return
  const text = problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`
  throw forbidden('', 'pods', request.object.metadata.name ?? '', text)
}

function podResources(spec: JsonObject): JsonObject {
  const total = (field: string): JsonObject => {
    const sums: Record<string, bigint> = {}
    for (const container of objectsOf(spec.containers)) {
      for (const [name, value] of Object.entries(objectOf(objectOf(container.resources)[field])))
        sums[name] = (sums[name] ?? 0n) + nanoOf(value)
    }
    return Object.fromEntries(
      Object.entries(sums).map(([name, nano]) => [
        name,
        nano % NANO_PER_UNIT === 0n ? `${nano / NANO_PER_UNIT}` : `${nano / 1_000_000n}m`,
      ]),
    )
  }
  return { limits: total('limits'), requests: total('requests') }
}

/** The first problem of each bound, as upstream reports them. */
function check(item: JsonObject, type: string, resources: JsonObject): string[] {
  const limits = objectOf(resources.limits)
  const requests = objectOf(resources.requests)
  const below = (value: unknown, bound: unknown): boolean =>
    value !== undefined && nanoOf(value) < nanoOf(bound)
  const minimum = ([name, bound]: [string, unknown]): string[] => {
    const words = `minimum ${name} usage per ${type} is ${bound}`
    if (requests[name] === undefined) return [`${words}.  No request is specified`]
    if (below(requests[name], bound)) return [`${words}, but request is ${requests[name]}`]
    return below(limits[name], bound) ? [`${words}, but limit is ${limits[name]}`] : []
  }
  const maximum = ([name, bound]: [string, unknown]): string[] => {
    const words = `maximum ${name} usage per ${type} is ${bound}`
    if (limits[name] === undefined) return [`${words}.  No limit is specified`]
    if (below(bound, limits[name])) return [`${words}, but limit is ${limits[name]}`]
    return below(bound, requests[name]) ? [`${words}, but request is ${requests[name]}`] : []
  }
  return [...sorted(item.min).flatMap(minimum), ...sorted(item.max).flatMap(maximum)]
}

const sorted = (values: unknown): [string, unknown][] =>
  Object.entries(objectOf(values)).sort(([a], [b]) => (a < b ? -1 : 1))
