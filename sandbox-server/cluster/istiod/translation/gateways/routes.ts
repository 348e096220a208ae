/** Route configurations of a gateway: its servers' hosts and the VirtualServices bound to them. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { bySpecificity, hostsForNamespace, intersectHosts } from '../model/host.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { Service } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { VirtualService } from '../model/virtual-services.ts'
import { hostAndPort } from '../routes/domains.ts'
import { destinationHash } from '../routes/hash-policy.ts'
import { isCatchAll } from '../routes/match.ts'
import { type Route, virtualServiceRoutes } from '../routes/route.ts'
import { ROUTE_CONFIG_FIELDS } from '../routes/sidecar-routes.ts'
import { countsAttempts } from '../routes/sidecar-virtual-hosts.ts'
import type { MergedGateway, MergedServer } from './merge.ts'

interface HostEntry {
  name: string
  domains: string[]
  routes: Route[]
  requiresTls: boolean
}

/** The route configuration of a name that a listener asks for. */
export function gatewayRouteConfig(
  mesh: Mesh,
  proxy: MeshProxy,
  merged: MergedGateway,
  name: string,
): EnvoyResource {
  const servers = merged.serversByRoute.get(name)
  if (!servers) return { name, virtualHosts: [], validateClusters: false }
  const hosts = new Map<string, HostEntry>()
  const cache = new Map<string, Route[]>()
  for (const server of servers) addServer(mesh, proxy, server, hosts, cache)
  const virtualHosts =
    hosts.size === 0
      ? [{ name: hostAndPort('blackhole', servers[0]?.port ?? 0), domains: ['*'] }]
      : collapse(hosts).map(entry => virtualHost(mesh, entry))
  return {
    name,
    virtualHosts: virtualHosts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...ROUTE_CONFIG_FIELDS,
  }
}

function virtualHost(mesh: Mesh, { name, domains, routes, requiresTls }: HostEntry) {
  const sorted = [...routes.filter(r => !isCatchAll(r)), ...routes.filter(isCatchAll)]
  return {
    name,
    domains,
    ...(sorted.length > 0 ? { routes: sorted } : {}),
    ...(requiresTls ? { requireTls: 'ALL' } : {}),
    ...countsAttempts(mesh),
  }
}

function addServer(
  mesh: Mesh,
  proxy: MeshProxy,
  merged: MergedServer,
  hosts: Map<string, HostEntry>,
  cache: Map<string, Route[]>,
): void {
  const { server, gateway, port } = merged
  const requiresTls = !!server.tls?.httpsRedirect
  const entryOf = (host: string): HostEntry => {
    const lower = host.toLowerCase()
    const entry = hosts.get(lower) ?? {
      name: hostAndPort(lower, port),
      domains: [lower],
      routes: [],
      requiresTls,
    }
    hosts.set(lower, entry)
    if (requiresTls) entry.requiresTls = true
    return entry
  }
  for (const vs of mesh.virtualServices.forGateway(proxy.namespace, gateway)) {
    const shared = intersectHosts(hostsForNamespace(merged.hosts, vs.namespace), vs.spec.hosts ?? [])
    if (shared.length === 0) continue
    const key = `${gateway} ${vs.namespace}/${vs.name}`
    const routes = cache.get(key) ?? routesOf(mesh, proxy, vs, merged)
    if (routes.length === 0) continue
    cache.set(key, routes)
    for (const host of shared) entryOf(host).routes.push(...routes)
  }
  if (requiresTls) for (const host of merged.hosts) entryOf(host)
}

function routesOf(mesh: Mesh, proxy: MeshProxy, vs: VirtualService, merged: MergedServer): Route[] {
  const service = (host: string): Service | undefined => {
    const own = mesh.registry.namespacesOf(host).get(vs.namespace)
    return own && mesh.registry.isVisible(own, proxy.namespace) ? own : proxy.scope.byHostname.get(host)
  }
  return virtualServiceRoutes(vs, {
    labels: proxy.labels,
    namespace: proxy.namespace,
    gateway: merged.gateway,
    listenerPort: merged.port,
    isTls: merged.server.tls !== undefined,
    defaultRetries: mesh.settings.config.defaultHttpRetryPolicy,
    xForwardedHost: !!mesh.settings.config.defaultConfig?.proxyHeaders?.xForwardedHost?.enabled,
    service,
    hash: d => destinationHash(destinationRuleFor(proxy.scope, d?.host ?? '', proxy.labels), d),
  })
}

const sameRoutes = (a: HostEntry, b: HostEntry): boolean =>
  a.routes.length === b.routes.length && a.routes.every((r, i) => r === b.routes[i])

/**
 * Hosts with the very same routes share a virtual host, named after the first of them; as in istiod only with the last
 * such host before, so that one that requires TLS in between keeps them apart.
 */
function collapse(hosts: ReadonlyMap<string, HostEntry>): HostEntry[] {
  const out: HostEntry[] = []
  for (const [, entry] of [...hosts].sort(([a], [b]) => bySpecificity(a, b))) {
    const last = out.findLast(o => sameRoutes(o, entry))
    if (last && last.requiresTls === entry.requiresTls) last.domains.push(...entry.domains)
    else out.push({ ...entry, domains: [...entry.domains] })
  }
  return out
}
