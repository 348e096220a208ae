/** Route configurations of a sidecar's outbound listeners. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { EgressScope } from '../model/sidecar-scope.ts'
import { destinationCluster } from './route.ts'
import { countsAttempts, sidecarVirtualHosts, type VirtualHost } from './sidecar-virtual-hosts.ts'

/** The route configuration of the HTTP proxy port of MeshConfig.proxyHttpPort. */
export const HTTP_PROXY_ROUTE = 'http_proxy'
const MAX_DIRECT_RESPONSE_BYTES = 1024 * 1024

/** Fields every route configuration with routes has. */
export const ROUTE_CONFIG_FIELDS = {
  validateClusters: false,
  maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BYTES,
  ignorePortInHostMatching: true,
}

interface RouteName {
  port: number
  /** For the one service of a sniffed listener: `host:port`. */
  isSniffed: boolean
}

function parseName(name: string): RouteName {
  const isSocket = name.startsWith('unix://')
  const colon = isSocket ? -1 : name.lastIndexOf(':')
  const port = Number(name.slice(colon + 1))
  return { port: Number.isInteger(port) ? port : 0, isSniffed: colon >= 0 }
}

/** The first egress listener that names the port (or socket), else the one for all others. */
export function egressForRoute(proxy: MeshProxy, port: number, name: string): EgressScope | undefined {
  return proxy.scope.egress.find(({ listener }) => {
    if (!listener.port) return true
    if ((listener.port.number ?? 0) !== port) return false
    return port !== 0 || listener.bind === name
  })
}

/** The route configuration a listener names. */
export function sidecarRouteConfig(mesh: Mesh, proxy: MeshProxy, name: string): EnvoyResource {
  const { port, isSniffed } = parseName(name)
  const scope = egressForRoute(proxy, port, name)
  const isProxy = parseProtocol(scope?.listener.port?.protocol) === 'HTTP_PROXY'
  const all = scope ? sidecarVirtualHosts(mesh, proxy, scope, isProxy ? 0 : port) : []
  const sorted = (isSniffed ? ofSniffedService(all, name) : all).sort((a, b) => (a.name < b.name ? -1 : 1))
  const virtualHosts = isSniffed ? sorted : [...sorted, catchAll(mesh, proxy)]
  return { name, virtualHosts, ...ROUTE_CONFIG_FIELDS }
}

/** A sniffed listener belongs to one service, whatever the request's host is. */
function ofSniffedService(all: readonly VirtualHost[], name: string): VirtualHost[] {
  const host = name.slice(0, name.lastIndexOf(':'))
  const found = all.filter(v => v.domains.some(d => d === name || d === host))
  return found.length === 1 ? found.map(v => ({ ...v, domains: ['*'] })) : found
}

/** What happens to hosts nobody knows: passed through, or refused under REGISTRY_ONLY. */
function catchAll(mesh: Mesh, proxy: MeshProxy): VirtualHost {
  const { mode, egressProxy } = proxy.scope.outboundTrafficPolicy
  const any = { match: { prefix: '/' } }
  if (mode !== 'ALLOW_ANY') {
    const route = { name: 'block_all', ...any, directResponse: { status: 502 } }
    return { name: 'block_all', domains: ['*'], routes: [route], ...countsAttempts(mesh) }
  }
  const cluster = egressProxy ? destinationCluster(egressProxy, undefined, 0) : 'PassthroughCluster'
  const route = { name: 'allow_any', ...any, route: { cluster, timeout: '0s', maxGrpcTimeout: '0s' } }
  return { name: 'allow_any', domains: ['*'], routes: [route], ...countsAttempts(mesh) }
}
