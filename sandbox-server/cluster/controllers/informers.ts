/**
 * What the controllers know of the cluster: one watch per kind, shared, indexed by name, namespace and owner, so that
 * a reconcile costs what it looks at and not what the cluster holds.
 */
import type {
  Api,
  ApiObject,
  GroupResource,
  ObjectMeta,
  OwnerReference,
  WatchEvent,
} from '../apiserver/api.ts'
import type { Disposable } from '../lifecycle.ts'
import * as kinds from './kinds.ts'

/** `namespace/name`, or the name alone of what has no namespace. */
export const keyOf = (object: { metadata: ObjectMeta }): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`

/** The parts of a key made by {@link keyOf} for a namespaced object. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The reference to the controller that manages the object, if any. */
export const controllerOf = (object: { metadata: ObjectMeta }): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(owner => owner.controller)

export interface Informer<T extends ApiObject> extends Disposable {
  get(key: string): T | undefined
  /** Every object, or those of one namespace, in order of arrival. */
  list(namespace?: string): T[]
  /** Objects whose controller is the owner with this uid. */
  controlledBy(uid: string): T[]
  /** Handlers run after the indexes know of the change; existing objects come as ADDED. */
  subscribe(handler: (event: WatchEvent<T>) => void): Disposable
}

function createInformer<T extends ApiObject>(api: Api, resource: GroupResource): Informer<T> {
  const byKey = new Map<string, T>()
  const byNamespace = new Map<string, Map<string, T>>()
  const byController = new Map<string, Map<string, T>>()
  const handlers = new Set<(event: WatchEvent<T>) => void>()

  function index(
    groups: Map<string, Map<string, T>>,
    group: string | undefined,
    key: string,
    object?: T,
  ): void {
    if (group === undefined) return
    const members = groups.get(group)
    if (object) {
      if (members) members.set(key, object)
      else groups.set(group, new Map([[key, object]]))
    } else if (members?.delete(key) && members.size === 0) {
      groups.delete(group)
    }
  }

  function remember(key: string, next: T | undefined): void {
    const previous = byKey.get(key)
    const oldOwner = previous && controllerOf(previous)?.uid
    const newOwner = next && controllerOf(next)?.uid
    if (oldOwner !== newOwner) index(byController, oldOwner, key)
    index(byController, newOwner ?? oldOwner, key, newOwner === undefined ? undefined : next)
    index(byNamespace, (next ?? previous)?.metadata.namespace, key, next)
    if (next) byKey.set(key, next)
    else byKey.delete(key)
  }

  const watch = api.watch<T>(resource, event => {
    remember(keyOf(event.object), event.type === 'DELETED' ? undefined : event.object)
    for (const handler of handlers) handler(event)
  })

  return {
    get: key => byKey.get(key),
    list: namespace => [
      ...(namespace === undefined ? byKey : (byNamespace.get(namespace) ?? new Map<string, T>())).values(),
    ],
    controlledBy: uid => [...(byController.get(uid)?.values() ?? [])],
    subscribe(handler) {
      handlers.add(handler)
      for (const object of byKey.values()) handler({ type: 'ADDED', object })
      return { dispose: () => void handlers.delete(handler) }
    },
    dispose() {
      handlers.clear()
      watch.dispose()
    },
  }
}

/** The informers of every kind the controllers need; `dispose` ends their watches. */
export function createInformers(api: Api) {
  const all = {
    pods: createInformer<kinds.Pod>(api, kinds.PODS),
    nodes: createInformer<kinds.Node>(api, kinds.NODES),
    services: createInformer<kinds.Service>(api, kinds.SERVICES),
    endpoints: createInformer<kinds.Endpoints>(api, kinds.ENDPOINTS),
    endpointSlices: createInformer<kinds.EndpointSlice>(api, kinds.ENDPOINT_SLICES),
    deployments: createInformer<kinds.Deployment>(api, kinds.DEPLOYMENTS),
    replicaSets: createInformer<kinds.ReplicaSet>(api, kinds.REPLICA_SETS),
    jobs: createInformer<kinds.Job>(api, kinds.JOBS),
    namespaces: createInformer<kinds.Namespace>(api, kinds.NAMESPACES),
    serviceAccounts: createInformer<ApiObject>(api, kinds.SERVICE_ACCOUNTS),
    configMaps: createInformer<kinds.ConfigMap>(api, kinds.CONFIG_MAPS),
    resourceQuotas: createInformer<kinds.ResourceQuota>(api, kinds.RESOURCE_QUOTAS),
    clusterRoles: createInformer<kinds.ClusterRole>(api, kinds.CLUSTER_ROLES),
  }
  return {
    ...all,
    dispose(): void {
      for (const informer of Object.values(all)) informer.dispose()
    },
  }
}

export type Informers = ReturnType<typeof createInformers>
