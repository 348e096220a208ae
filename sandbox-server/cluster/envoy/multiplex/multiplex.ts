/**
 * The resources of many proxies → the resources of ONE Envoy that stands for all of them. Pure. `share` does a proxy as
 * a whole; `ProxySharing` one resource at a time, so that what did not change need not be done again.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { shareCluster, shareEndpoints, tcpClusterNames } from './clusters.ts'
import { objectOf, stringOf } from './json.ts'
import { shareListeners } from './listeners.ts'
import { type ProxyShare, type SharedResources, scoped } from './proxy.ts'
import { type RewriteContext, rewrite } from './rewrite.ts'

/** What became of one or more resources, and the secrets that they refer to. */
export interface SharedPart {
  resources: EnvoyResource[]
  secretNames: ReadonlySet<string>
}

/** One proxy's part of the shared Envoy, resource by resource; `logPipePath` is where access logs are written. */
export class ProxySharing {
  readonly #proxy: ProxyShare
  readonly #logPipePath: string

  constructor(proxy: ProxyShare, logPipePath: string) {
    this.#proxy = proxy
    this.#logPipePath = logPipePath
  }

  #collect(make: (context: RewriteContext) => EnvoyResource[]): SharedPart {
    const context: RewriteContext = { proxy: this.#proxy, secretNames: new Set() }
    const resources = make(context)
    return { resources, secretNames: context.secretNames }
  }

  /** All listeners: a sidecar's are folded into two. */
  listeners(): SharedPart {
    return this.#collect(context => shareListeners(context, this.#logPipePath))
  }

  /** `tcpClusters`: names of clusters that some tcp_proxy sends to. */
  cluster(cluster: EnvoyResource, tcpClusters: ReadonlySet<string>): SharedPart {
    return this.#collect(context => [shareCluster(cluster, tcpClusters, context)])
  }

  endpoints(assignment: EnvoyResource): SharedPart {
    return this.#collect(context => [shareEndpoints(assignment, context)])
  }

  route(route: EnvoyResource): SharedPart {
    const name = scoped(this.#proxy.id, stringOf(route.name))
    return this.#collect(context => [{ ...rewrite(route, context), name }])
  }
}

/** One proxy's part of the shared Envoy. */
export function share(proxy: ProxyShare, logPipePath: string): SharedResources {
  const sharing = new ProxySharing(proxy, logPipePath)
  const { resources } = proxy
  const tcpClusters = tcpClusterNames(resources.listeners)
  const listeners = sharing.listeners()
  const clusters = resources.clusters.map(cluster => sharing.cluster(cluster, tcpClusters))
  const routes = resources.routes.flatMap(route => sharing.route(route).resources)
  const endpoints = resources.endpoints.flatMap(assignment => sharing.endpoints(assignment).resources)
  const present = new Set(routes.map(route => stringOf(route.name)))
  return {
    listeners: listeners.resources,
    clusters: clusters.flatMap(part => part.resources),
    routes: [...routes, ...missingRoutes(present, routeNames(listeners.resources))],
    endpoints,
    secretNames: new Set([listeners, ...clusters].flatMap(part => [...part.secretNames])),
  }
}

/** A listener whose routes never come would never start; istiod answers such a name with no virtual hosts, too. */
export const missingRoutes = (present: ReadonlySet<string>, wanted: ReadonlySet<string>): EnvoyResource[] =>
  [...wanted].filter(name => !present.has(name)).map(name => ({ name, virtualHosts: [] }))

/** Names of the route configurations that listeners (already rewritten) subscribe to. */
export function routeNames(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const element of value) routeNames(element, found)
  else {
    for (const [key, element] of Object.entries(objectOf(value))) {
      if (key === 'rds') found.add(stringOf(objectOf(element).routeConfigName))
      else if (typeof element === 'object') routeNames(element, found)
    }
  }
  return found
}
