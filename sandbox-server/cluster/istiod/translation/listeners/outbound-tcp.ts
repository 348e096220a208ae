/** Filter chains of outbound TCP and TLS ports: VirtualServices' tcp and tls routes, else the service itself. */
import { dnsCacheConfig } from '../clusters/dynamic-forward-proxy.ts'
import { configMetadata } from '../envoy-metadata.ts'
import type { Mesh } from '../mesh.ts'
import { labelsInclude } from '../model/config.ts'
import { hostsMatch, isWildcard } from '../model/host.ts'
import { isTls } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { clusterName, type Port, primaryAddress, type Service, UNSPECIFIED_IP } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { L4Match } from '../model/specs/virtual-service.ts'
import { MESH_GATEWAY, type VirtualService } from '../model/virtual-services.ts'
import { alternativeNames } from '../routes/domains.ts'
import { tcpPolicyFilters } from '../security/policies.ts'
import { outboundStatName } from '../stat-names.ts'
import { type ChainDraft, chainDraft, type Filter } from './filter-chain.ts'
import { routeTcpFilters, serviceTcpFilters } from './tcp-proxy.ts'

export interface OutboundPort {
  mesh: Mesh
  proxy: MeshProxy
  service: Service
  port: Port
  bind: string
  /** Ranges of the service's addresses, when it listens on the wildcard address for them. */
  cidrs: readonly string[]
}

/** The chains of one port of a service. */
export function tcpChains(outbound: OutboundPort, virtualServices: readonly VirtualService[]): ChainDraft[] {
  const { service, port } = outbound
  const own = virtualServices.filter(vs => (vs.spec.hosts ?? []).some(h => hostsMatch(h, service.hostname)))
  return isTls(port.protocol) ? tlsRouteChains(outbound, own) : tcpRouteChains(outbound, own)
}

/** Whether a route is meant for this proxy and port. */
function concernsProxy(match: L4Match, { proxy, port }: OutboundPort): boolean {
  if (match.gateways?.length && !match.gateways.includes(MESH_GATEWAY)) return false
  if (!labelsInclude(proxy.labels, match.sourceLabels)) return false
  if (match.port && match.port !== port.port) return false
  return !match.sourceNamespace || match.sourceNamespace === proxy.namespace
}

/** The chain without a VirtualService. */
function serviceChain(
  outbound: OutboundPort,
  sniHosts: readonly string[],
  cidrs: readonly string[],
): ChainDraft {
  const { mesh, proxy, service, port } = outbound
  const only = service.ports.length === 1 ? service.ports[0]?.port : undefined
  const cluster = clusterName(service.hostname, only ?? port.port)
  const rule = destinationRuleFor(proxy.scope, service.hostname, proxy.labels)
  const statPort = { port: only ?? port.port, name: '' }
  const statPrefix = outboundStatName(mesh, { host: service.hostname, service, port: statPort })
  const filters = serviceTcpFilters(mesh, proxy, { cluster, statPrefix, rule, protocol: port.protocol })
  const isDynamic = service.resolution === 'dynamicDns' && isWildcard(service.hostname)
  // Here the client's own policies hold outbound too: the name is looked up only after them.
  const policies = isDynamic ? tcpPolicyFilters(mesh, proxy) : []
  const all = isDynamic ? [...policies, sniForwardProxy(service, port.port), ...filters] : filters
  return chainDraft({ sniHosts, destinationCidrs: cidrs, filters: () => all })
}

/** Looks up the server name that the client asks for. */
const sniForwardProxy = (service: Service, port: number): Filter => ({
  name: 'envoy.extensions.filters.network.sni_dynamic_forward_proxy',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig',
    dnsCacheConfig: dnsCacheConfig(service),
    portValue: port,
  },
})

function tlsRouteChains(outbound: OutboundPort, virtualServices: readonly VirtualService[]): ChainDraft[] {
  const { mesh, proxy, service, port, bind } = outbound
  const out: ChainDraft[] = []
  const handled = new Set<string>()
  let { cidrs } = outbound
  for (const vs of virtualServices) {
    for (const tls of vs.spec.tls ?? []) {
      if (!tls.route?.length) continue
      for (const match of tls.match ?? []) {
        if (!concernsProxy(match, outbound)) continue
        if (match.destinationSubnets?.length && port.port > 0) cidrs = match.destinationSubnets
        const sniHosts = match.sniHosts ?? []
        const key = `${sniHosts.join()}|${(match.destinationSubnets ?? []).join()}`
        if (handled.has(key)) continue
        handled.add(key)
        const filters = routeTcpFilters(mesh, proxy, tls.route, port, vs)
        const metadata = configMetadata('virtual-service', vs)
        out.push(chainDraft({ sniHosts, destinationCidrs: cidrs, metadata, filters: () => filters }))
      }
    }
  }
  if (out.length > 0) return out
  const address = primaryAddress(service)
  const isShared = address.includes('/') || (address === UNSPECIFIED_IP && bind === UNSPECIFIED_IP)
  const isDynamic = service.resolution === 'dynamicDns' && isWildcard(service.hostname)
  const byName = cidrs.length > 0 || isShared || isDynamic
  const aliases = service.aliases.flatMap(a => [a, ...alternativeNames(a, proxy.namespace)])
  return [serviceChain(outbound, byName ? [service.hostname, ...aliases] : [], cidrs)]
}

function tcpRouteChains(outbound: OutboundPort, virtualServices: readonly VirtualService[]): ChainDraft[] {
  const { mesh, proxy, port, cidrs } = outbound
  const out: ChainDraft[] = []
  for (const vs of virtualServices) {
    for (const tcp of vs.spec.tcp ?? []) {
      const routes = tcp.route ?? []
      if (routes.length === 0) continue
      const matching = (tcp.match ?? []).filter(m => concernsProxy(m, outbound))
      const metadata = configMetadata('virtual-service', vs)
      const filters = routeTcpFilters(mesh, proxy, routes, port, vs)
      const general = matching.findIndex(m => !m.destinationSubnets?.length || port.port === 0)
      if (!tcp.match?.length || general >= 0) {
        return [...out, chainDraft({ destinationCidrs: cidrs, metadata, filters: () => filters })]
      }
      const subnets = matching.flatMap(m => m.destinationSubnets ?? []).sort()
      if (subnets.length === 0) continue
      out.push(chainDraft({ destinationCidrs: subnets, filters: () => filters }))
      if (subnets.join() === [...cidrs].sort().join()) return out
    }
  }
  return [...out, serviceChain(outbound, [], cidrs)]
}
