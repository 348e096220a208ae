/** TCP and passed-through TLS servers of a gateway: chains from VirtualServices' tcp and tls routes. */
import { type ChainDraft, chainDraft } from '../listeners/filter-chain.ts'
import { routeTcpFilters, serviceTcpFilters } from '../listeners/tcp-proxy.ts'
import type { Mesh } from '../mesh.ts'

import { hostsForNamespace, hostsMatch, isSubsetOf } from '../model/host.ts'
import { parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type Port, sniName } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { VirtualService } from '../model/virtual-services.ts'
import { outboundStatName } from '../stat-names.ts'
import { type MergedServer, sniHostsOf } from './merge.ts'

/** Port → server name → bind of chains that exist already. */
export type ClaimedHosts = Map<number, Map<string, string>>

interface GatewayMatch {
  port?: number
  gateways?: string[]
}

const concerns = (match: GatewayMatch, { port, gateway }: MergedServer): boolean =>
  (!match.port || match.port === port) && (!match.gateways?.length || match.gateways.includes(gateway))

const portOfServer = ({ server, port }: MergedServer): Port => ({
  name: server.port?.name ?? '',
  port,
  protocol: parseProtocol(server.port?.protocol),
})

/** VirtualServices of the server's Gateway with a host of the server. */
function boundTo(mesh: Mesh, proxy: MeshProxy, merged: MergedServer): VirtualService[] {
  return mesh.virtualServices.forGateway(proxy.namespace, merged.gateway).filter(vs => {
    const hosts = hostsForNamespace(merged.hosts, vs.namespace)
    return (vs.spec.hosts ?? []).some(h => hosts.some(s => hostsMatch(s, h)))
  })
}

/** The chain of the first tcp route that fits; none when there is no route. */
export function tcpChains(mesh: Mesh, proxy: MeshProxy, merged: MergedServer): ChainDraft[] {
  for (const vs of boundTo(mesh, proxy, merged)) {
    for (const { match, route } of vs.spec.tcp ?? []) {
      if (!route?.length || (match?.length && !match.some(m => concerns(m, merged)))) continue
      const filters = routeTcpFilters(mesh, proxy, route, portOfServer(merged), vs)
      return [chainDraft({ filters: () => filters })]
    }
  }
  return []
}

/** A chain for each tls match; a server name that an earlier one has is not given twice. */
export function passthroughChains(
  mesh: Mesh,
  proxy: MeshProxy,
  merged: MergedServer,
  listenerPort: number,
  claimed: ClaimedHosts,
): ChainDraft[] {
  const known = claimed.get(listenerPort) ?? new Map<string, string>()
  claimed.set(listenerPort, known)
  const bind = merged.server.bind ?? ''
  const out: ChainDraft[] = []
  for (const vs of boundTo(mesh, proxy, merged)) {
    for (const { match, route } of vs.spec.tls ?? []) {
      if (!route?.length) continue
      for (const m of match ?? []) {
        const sniHosts = m.sniHosts ?? []
        if (!concerns(m, merged) || sniHosts.some(h => known.get(h) === bind)) continue
        for (const host of sniHosts) known.set(host, bind)
        const filters = routeTcpFilters(mesh, proxy, route, portOfServer(merged), vs)
        out.push(chainDraft({ sniHosts, filters: () => filters }))
      }
    }
  }
  return out
}

const MESH_ALPN = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2']

/** A chain for each service and subset of the mesh that the server's hosts cover, chosen by the mesh's server names. */
export function autoPassthroughChains(mesh: Mesh, proxy: MeshProxy, merged: MergedServer): ChainDraft[] {
  const hosts = sniHostsOf(merged)
  return proxy.scope.services.flatMap(service => {
    if (service.meshExternal || !hosts.some(h => isSubsetOf(service.hostname, h))) return []
    const rule = destinationRuleFor(proxy.scope, service.hostname, proxy.labels)
    const subsets = ['', ...(rule?.spec.subsets ?? []).map(s => s.name ?? '')]
    return service.ports
      .filter(p => p.protocol !== 'UDP')
      .flatMap(port =>
        subsets.map(subset => {
          const cluster = sniName(service.hostname, port.port, subset)
          const statPrefix = outboundStatName(mesh, { host: service.hostname, service, subset, port })
          const filters = serviceTcpFilters(mesh, proxy, {
            cluster,
            statPrefix,
            rule,
            subset,
            protocol: port.protocol,
            isPassedOn: true,
          })
          return chainDraft({ sniHosts: [cluster], applicationProtocols: MESH_ALPN, filters: () => filters })
        }),
      )
  })
}
