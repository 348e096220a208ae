/**
 * Every collection there is, for the controllers that work on all of them (garbage collector, namespace): the built-in
 * ones and, as they come and go, those of CustomResourceDefinitions.
 */
import type { Api, GroupResource } from '../apiserver/api.ts'
import type { Disposable } from '../lifecycle.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition } from './kinds.ts'

export interface ServedResource extends GroupResource {
  kind: string
  namespaced: boolean
}

const resource = (group: string, plural: string, kind: string, namespaced = true): ServedResource => ({
  group,
  resource: plural,
  kind,
  namespaced,
})

/** What a cluster serves unless the composition says otherwise. */
export const BUILT_IN: readonly ServedResource[] = [
  resource('', 'namespaces', 'Namespace', false),
  resource('', 'nodes', 'Node', false),
  resource('', 'pods', 'Pod'),
  resource('', 'services', 'Service'),
  resource('', 'endpoints', 'Endpoints'),
  resource('', 'configmaps', 'ConfigMap'),
  resource('', 'secrets', 'Secret'),
  resource('', 'serviceaccounts', 'ServiceAccount'),
  resource('', 'events', 'Event'),
  resource('', 'resourcequotas', 'ResourceQuota'),
  resource('', 'limitranges', 'LimitRange'),
  resource('apps', 'deployments', 'Deployment'),
  resource('apps', 'replicasets', 'ReplicaSet'),
  resource('batch', 'jobs', 'Job'),
  resource('coordination.k8s.io', 'leases', 'Lease'),
  resource('discovery.k8s.io', 'endpointslices', 'EndpointSlice'),
  resource('networking.k8s.io', 'ingresses', 'Ingress'),
  resource('networking.k8s.io', 'ingressclasses', 'IngressClass', false),
  resource('networking.k8s.io', 'networkpolicies', 'NetworkPolicy'),
  resource('rbac.authorization.k8s.io', 'roles', 'Role'),
  resource('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding'),
  resource('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', false),
  resource('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', false),
  resource('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', false),
]

/** `resource.group`, the name of a CustomResourceDefinition and a key for any collection. */
export const resourceId = ({ resource, group }: GroupResource): string => `${resource}.${group}`

export interface ServedResources extends Disposable {
  list(): ServedResource[]
  /** The collection that ownerReferences of this apiVersion and kind point into. */
  find(apiVersion: string, kind: string): ServedResource | undefined
  /** Calls back for each collection, present and future; what the handler returns is disposed when it goes. */
  onAdded(handler: (resource: ServedResource) => Disposable | undefined): void
}

const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  Boolean(status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True'))

export function watchServedResources(api: Api, builtIn: readonly ServedResource[]): ServedResources {
  const served = new Map(builtIn.map(one => [resourceId(one), one]))
  const handlers: ((resource: ServedResource) => Disposable | undefined)[] = []
  const held = new Map<string, Disposable[]>()

  function announce(handler: (typeof handlers)[number], one: ServedResource): void {
    const handle = handler(one)
    if (handle) held.set(resourceId(one), [...(held.get(resourceId(one)) ?? []), handle])
  }

  function forget(id: string): void {
    served.delete(id)
    for (const handle of held.get(id) ?? []) handle.dispose()
    held.delete(id)
  }

  const watch = api.watch<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS, ({ type, object }) => {
    const { group, names, scope } = object.spec
    const one = { group, resource: names.plural, kind: names.kind, namespaced: scope === 'Namespaced' }
    const id = resourceId(one)
    if (type === 'DELETED') forget(id)
    else if (!served.has(id) && isEstablished(object)) {
      served.set(id, one)
      for (const handler of handlers) announce(handler, one)
    }
  })
  return {
    list: () => [...served.values()],
    find: (apiVersion, kind) => {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
      return [...served.values()].find(one => one.group === group && one.kind === kind)
    },
    onAdded(handler) {
      handlers.push(handler)
      for (const one of served.values()) announce(handler, one)
    },
    dispose() {
      watch.dispose()
      for (const id of [...held.keys()]) forget(id)
    },
  }
}
