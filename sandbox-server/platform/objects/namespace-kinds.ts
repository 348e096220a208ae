/** Which kinds of objects a namespace of this cluster can have, and in which group a person looks for them. */
import type { ObjectGroup } from '../../protocol/objects.ts'
import { at, listAt, type ResourceRef, textAt } from '../kube-client/objects.ts'
import type { Transport } from '../kube-client/transport.ts'

export interface NamespaceKind {
  ref: ResourceRef
  /** As kubectl names it: `pods`, `virtualservices.networking.istio.io`. */
  collection: string
  kind: string
  group: ObjectGroup
}

/** Written by controllers for each other: many, and of no use to a person. */
const UNSEEN = new Set([
  'events',
  'events.events.k8s.io',
  'endpoints',
  'endpointslices.discovery.k8s.io',
  'leases.coordination.k8s.io',
  'controllerrevisions.apps',
  'podtemplates',
  'pods.metrics.k8s.io',
  'componentstatuses',
])
const ACCESS = new Set(['serviceaccounts', 'resourcequotas', 'limitranges'])
const CONFIG = new Set(['configmaps', 'secrets', 'persistentvolumeclaims'])

/** In the order of their groups. Rejects with KubeError. */
export async function namespaceKinds(transport: Transport): Promise<NamespaceKind[]> {
  const groups = listAt(await transport.send('GET', '/apis'), 'groups').map(group => ({
    group: textAt(group, 'name'),
    version: textAt(group, 'preferredVersion', 'version'),
  }))
  const lists = await Promise.all(
    [{ group: '', version: 'v1' }, ...groups].map(one =>
      // One group's server that is away does not hide the others.
      kindsOf(transport, one).catch(() => []),
    ),
  )
  return lists.flat().sort((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group))
}

const ORDER: readonly ObjectGroup[] = ['workloads', 'istio', 'network', 'config', 'access', 'other']

async function kindsOf(
  transport: Transport,
  { group, version }: { group: string; version: string },
): Promise<NamespaceKind[]> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const resources = listAt(await transport.send('GET', path), 'resources')
  return resources.flatMap(resource => {
    const name = textAt(resource, 'name')
    const verbs = listAt(resource, 'verbs')
    const collection = group === '' ? name : `${name}.${group}`
    if (at(resource, 'namespaced') !== true || name.includes('/') || UNSEEN.has(collection)) return []
    if (!verbs.includes('list') || !verbs.includes('watch')) return []
    const ref = { group, version, resource: name }
    return [{ ref, collection, kind: textAt(resource, 'kind'), group: groupOf(group, name) }]
  })
}

function groupOf(group: string, resource: string): ObjectGroup {
  if (group === 'apps' || group === 'batch' || group === 'autoscaling') return 'workloads'
  if (group === '' && (resource === 'pods' || resource === 'replicationcontrollers')) return 'workloads'
  if (group.endsWith('istio.io') || group === 'gateway.networking.k8s.io') return 'istio'
  if (group === 'networking.k8s.io' || group === 'route.openshift.io' || resource === 'services')
    return 'network'
  if (group === 'rbac.authorization.k8s.io' || (group === '' && ACCESS.has(resource))) return 'access'
  return group === '' && CONFIG.has(resource) ? 'config' : 'other'
}
