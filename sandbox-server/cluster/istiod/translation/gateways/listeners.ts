/** A gateway's listeners. */
import type { EnvoyResource } from '../contract.ts'
import {
  type ChainDraft,
  chainDraft,
  finishChain,
  listenerName,
  socketAddress,
  TLS_INSPECTOR,
} from '../listeners/filter-chain.ts'
import { httpConnectionManager } from '../listeners/http-connection-manager.ts'
import type { Mesh } from '../mesh.ts'
import { isHttp, parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { httpPolicyFilters } from '../security/policies.ts'
import { serverTlsContext } from '../security/server-tls.ts'
import { endsHttps, type MergedGateway, type MergedServer, type ServerPort, sniHostsOf } from './merge.ts'
import { autoPassthroughChains, type ClaimedHosts, passthroughChains, tcpChains } from './tcp.ts'

/** The listeners; one without any chain is left out. */
export function gatewayListeners(mesh: Mesh, proxy: MeshProxy, merged: MergedGateway): EnvoyResource[] {
  const chains = new Map<string, { port: ServerPort; chains: ChainDraft[] }>()
  const claimed: ClaimedHosts = new Map()
  for (const port of merged.ports) {
    const name = listenerName(port.bind || '0.0.0.0', port.port)
    const entry = chains.get(name) ?? { port, chains: [] }
    chains.set(name, entry)
    entry.chains.push(...portChains(mesh, proxy, port, claimed))
  }
  return [...chains].flatMap(([name, entry]) =>
    entry.chains.length > 0 ? [listener(name, entry.port, entry.chains)] : [],
  )
}

function portChains(mesh: Mesh, proxy: MeshProxy, port: ServerPort, claimed: ClaimedHosts): ChainDraft[] {
  if (isHttp(parseProtocol(port.protocol)))
    return [httpServerChain(mesh, proxy, port.protocol, port.routeName)]
  return port.servers.flatMap(merged => {
    if (endsHttps(merged.server)) return [httpsChain(mesh, proxy, merged)]
    const { mode } = merged.server.tls ?? {}
    if (mode === 'AUTO_PASSTHROUGH') return autoPassthroughChains(mesh, proxy, merged)
    if (mode === 'PASSTHROUGH') return passthroughChains(mesh, proxy, merged, port.port, claimed)
    const chains = tcpChains(mesh, proxy, merged)
    return merged.server.tls ? chains.map(c => withTls(mesh, c, merged)) : chains
  })
}

/** TCP over TLS that ends here. */
const withTls = (mesh: Mesh, chain: ChainDraft, merged: MergedServer): ChainDraft => ({
  ...chain,
  sniHosts: sniHostsOf(merged),
  tlsContext: serverTlsContext(merged.server.tls ?? {}, true, mesh.settings.config.tlsDefaults),
})

function httpServerChain(
  mesh: Mesh,
  proxy: MeshProxy,
  protocol: string,
  routeName: string,
  stats = '',
): ChainDraft {
  return chainDraft({
    filters: name => [
      httpConnectionManager(mesh, {
        listenerClass: 'gateway',
        protocol: parseProtocol(protocol),
        statPrefix: stats || `outbound_${name};`,
        routes: { name: routeName },
        policyFilters: httpPolicyFilters(mesh, proxy, 'gateway'),
      }),
    ],
  })
}

const httpsChain = (mesh: Mesh, proxy: MeshProxy, merged: MergedServer): ChainDraft => ({
  ...httpServerChain(mesh, proxy, merged.server.port?.protocol ?? '', merged.routeName, merged.server.name),
  sniHosts: sniHostsOf(merged),
  tlsContext: serverTlsContext(merged.server.tls ?? {}, false, mesh.settings.config.tlsDefaults),
})

function listener(name: string, { bind, port }: ServerPort, chains: readonly ChainDraft[]): EnvoyResource {
  const inspectsTls = chains.some(c => c.sniHosts.length > 0 || c.tlsContext !== undefined)
  return {
    name,
    address: socketAddress(bind || '0.0.0.0', port),
    filterChains: chains.map(c => finishChain(c, name)),
    listenerFilters: inspectsTls ? [TLS_INSPECTOR] : [],
    trafficDirection: 'OUTBOUND',
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}
