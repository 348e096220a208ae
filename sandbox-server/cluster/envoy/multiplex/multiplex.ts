/**
 * The resources of many proxies → the resources of ONE Envoy that stands for all of them. Pure.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { shareCluster, shareEndpoints, tcpClusterNames } from './clusters.ts'
import { objectOf, stringOf } from './json.ts'
import { shareListeners } from './listeners.ts'
import { type ProxyShare, type SharedResources, scoped } from './proxy.ts'
import { type RewriteContext, rewrite } from './rewrite.ts'

/** One proxy's part of the shared Envoy; `logPipePath` is where access logs are written. */
export function share(proxy: ProxyShare, logPipePath: string): SharedResources {
  const context: RewriteContext = { proxy, secretNames: new Set() }
  const { resources } = proxy
  const tcpClusters = tcpClusterNames(resources.listeners)
  const listeners = shareListeners(context, logPipePath)
  return {
    listeners,
    clusters: resources.clusters.map(cluster => shareCluster(cluster, tcpClusters, context)),
    routes: withMissing(
      resources.routes.map(route => shareRoute(route, context)),
      listeners,
    ),
    endpoints: resources.endpoints.map(assignment => shareEndpoints(assignment, context)),
    secretNames: context.secretNames,
  }
}

function shareRoute(route: EnvoyResource, context: RewriteContext): EnvoyResource {
  return { ...rewrite(route, context), name: scoped(context.proxy.id, stringOf(route.name)) }
}

/** A listener whose routes never come would never start; istiod answers such a name with no virtual hosts, too. */
function withMissing(routes: EnvoyResource[], listeners: readonly EnvoyResource[]): EnvoyResource[] {
  const present = new Set(routes.map(route => route.name))
  const missing = [...routeNames(listeners)].filter(name => !present.has(name))
  return [...routes, ...missing.map(name => ({ name, virtualHosts: [] }))]
}

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
