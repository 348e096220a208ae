/** The virtual hosts of a sidecar's outbound port: VirtualServices first, then services without one. */
import type { Mesh } from '../mesh.ts'
import { hostsMatch, isWildcard } from '../model/host.ts'
import { isHttpOrSniffed } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { clusterName, type Port, portOf, type Service } from '../model/service.ts'
import { configKey, destinationRuleFor, type EgressScope } from '../model/sidecar-scope.ts'
import type { Destination } from '../model/specs/virtual-service.ts'
import { MESH_GATEWAY, type VirtualService } from '../model/virtual-services.ts'
import { hostAndPort, serviceDomains } from './domains.ts'
import { destinationHash, hashPolicy, serviceHash } from './hash-policy.ts'
import { retryPolicy } from './retry.ts'
import { type Route, type RouteContext, virtualServiceRoutes } from './route.ts'

export interface VirtualHost extends Record<string, unknown> {
  name: string
  domains: string[]
  routes: Route[]
}

/** Routes for some services and some hosts that are no services, on one port. */
interface HostGroup {
  port: number
  services: readonly Service[]
  hosts: readonly string[]
  routes: Route[]
}

/** The route to a service that has no VirtualService. */
export function defaultRoute(mesh: Mesh, cluster: string, hash?: Record<string, unknown>): Route {
  const retries = retryPolicy(mesh.settings.config.defaultHttpRetryPolicy, false)
  return {
    name: 'default',
    match: { prefix: '/' },
    route: {
      cluster,
      timeout: '0s',
      ...(retries ? { retryPolicy: retries } : {}),
      maxGrpcTimeout: '0s',
      ...(hash ? { hashPolicy: [hash] } : {}),
    },
  }
}

/** Services that listen on the port, with that port alone; with port 0 all services as they are. */
function servicesByName(scope: EgressScope, port: number): Map<string, Service> {
  const out = new Map<string, Service>()
  for (const service of scope.services) {
    if (port === 0) {
      out.set(service.hostname, service)
      continue
    }
    const found = portOf(service, port)
    const hostname = service.hostname.toLowerCase()
    if (found) out.set(hostname, { ...service, hostname, ports: [found] })
  }
  return out
}

/** VirtualServices with a host that is one of the services. */
function selectVirtualServices(all: readonly VirtualService[], services: ReadonlyMap<string, Service>) {
  const wildcardServices = [...services.keys()].filter(isWildcard)
  return all.filter(vs =>
    (vs.spec.hosts ?? []).some(written => {
      const host = written.toLowerCase()
      if (services.has(host)) return true
      if (isWildcard(host)) return [...services.keys()].some(s => hostsMatch(host, s))
      return wildcardServices.some(s => hostsMatch(host, s))
    }),
  )
}

interface HostsAndServices {
  hosts: string[]
  services: Service[]
}

/** Splits a VirtualService's hosts into services and names that are none. */
function splitHosts(
  vs: VirtualService,
  services: ReadonlyMap<string, Service>,
  scope: EgressScope,
): HostsAndServices {
  const out: HostsAndServices = { hosts: [], services: [] }
  const hosts = vs.spec.hosts ?? []
  for (const host of hosts.filter(h => !isWildcard(h))) {
    const service = services.get(host.toLowerCase())
    if (service) out.services.push(service)
    else out.hosts.push(host)
  }
  for (const host of hosts.filter(isWildcard).map(h => h.toLowerCase())) {
    const matching = [...services].filter(([name]) => hostsMatch(name, host))
    if (matching.length === 0) out.hosts.push(host)
    for (const [name, service] of matching) {
      if (scope.bestVirtualService.get(name) === configKey(vs)) out.services.push(service)
    }
  }
  return out
}

function groupByPort(
  { hosts, services }: HostsAndServices,
  listenerPort: number,
  routes: Route[],
): HostGroup[] {
  const byPort = new Map<number, Service[]>()
  for (const service of services) {
    for (const port of service.ports) {
      if (isHttpOrSniffed(port.protocol)) byPort.set(port.port, [...(byPort.get(port.port) ?? []), service])
    }
  }
  // Hosts that are no services are served on port 80 alone.
  if (byPort.size === 0 && listenerPort === 80) byPort.set(80, [])
  return [...byPort].map(([port, list]) => ({ port, services: list, hosts, routes }))
}

function hostGroups(mesh: Mesh, proxy: MeshProxy, scope: EgressScope, listenerPort: number): HostGroup[] {
  const services = servicesByName(scope, listenerPort)
  const rule = (host: string) => destinationRuleFor(proxy.scope, host, proxy.labels)
  const context: RouteContext = {
    labels: proxy.labels,
    namespace: proxy.namespace,
    gateway: MESH_GATEWAY,
    listenerPort,
    isTls: false,
    defaultRetries: mesh.settings.config.defaultHttpRetryPolicy,
    xForwardedHost: !!mesh.settings.config.defaultConfig?.proxyHeaders?.xForwardedHost?.enabled,
    service: host => services.get(host),
    hash: (destination: Destination | undefined) =>
      destinationHash(rule(destination?.host ?? ''), destination),
  }
  const selected =
    listenerPort === 80 ? scope.virtualServices : selectVirtualServices(scope.virtualServices, services)
  const groups: HostGroup[] = []
  for (const vs of selected) {
    const routes = virtualServiceRoutes(vs, context)
    if (routes.length > 0) groups.push(...groupByPort(splitHosts(vs, services, scope), listenerPort, routes))
  }
  for (const group of groups) for (const service of group.services) services.delete(service.hostname)
  for (const service of services.values()) {
    if (service.resolution === 'alias') continue
    for (const port of service.ports) {
      if (isHttpOrSniffed(port.protocol)) groups.push(serviceGroup(mesh, proxy, service, port))
    }
  }
  return groups
}

function serviceGroup(mesh: Mesh, proxy: MeshProxy, service: Service, port: Port): HostGroup {
  const hash = serviceHash(destinationRuleFor(proxy.scope, service.hostname, proxy.labels), port.port)
  const route = defaultRoute(mesh, clusterName(service.hostname, port.port), hashPolicy(hash))
  return { port: port.port, services: [service], hosts: [], routes: [route] }
}

/** Whether proxies say how often a request was tried. */
export const countsAttempts = (mesh: Mesh): Record<string, unknown> =>
  mesh.settings.config.defaultConfig?.proxyHeaders?.attemptCount?.disabled
    ? {}
    : { includeRequestAttemptCount: true }

/** The virtual hosts of a port; of every port (Unix sockets, HTTP proxies) when it is 0. */
export function sidecarVirtualHosts(
  mesh: Mesh,
  proxy: MeshProxy,
  scope: EgressScope,
  listenerPort: number,
): VirtualHost[] {
  const groups = hostGroups(mesh, proxy, scope, listenerPort)
  const known = new Set(
    groups.flatMap(g => g.services.flatMap(s => [s.hostname, hostAndPort(s.hostname, g.port)])),
  )
  const names = new Set<string>()
  const taken = new Set<string>()
  const byPort = new Map<number, VirtualHost[]>()
  const add = (group: HostGroup, host: string, service: Service | undefined) => {
    const name = hostAndPort(host, group.port)
    if (names.has(name)) return
    names.add(name)
    const { all, derived } = service
      ? serviceDomains(service, proxy.namespace, listenerPort === 0 ? group.port : undefined)
      : { all: [host], derived: new Set<string>() }
    const domains = all.filter(domain => {
      const lower = domain.toLowerCase()
      if (taken.has(lower) || (derived.has(domain) && known.has(domain))) return false
      taken.add(lower)
      return true
    })
    if (domains.length === 0) return
    const vhost = { name, domains, routes: group.routes, ...countsAttempts(mesh) }
    byPort.set(group.port, [...(byPort.get(group.port) ?? []), vhost])
  }
  for (const group of groups) {
    if (group.routes.length === 0) continue
    for (const host of group.hosts) add(group, host.toLowerCase(), undefined)
    for (const service of group.services) add(group, service.hostname, service)
  }
  return listenerPort === 0 ? mergePorts(byPort) : (byPort.get(listenerPort) ?? [])
}

/** On ports other than 80 a request names the port, so domains without one are left out. */
function mergePorts(byPort: ReadonlyMap<number, readonly VirtualHost[]>): VirtualHost[] {
  return [...byPort].flatMap(([port, vhosts]) =>
    port === 80
      ? vhosts
      : vhosts
          .map(v => ({ ...v, domains: v.domains.filter(d => d.includes(':')) }))
          .filter(v => v.domains.length > 0),
  )
}
