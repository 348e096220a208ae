/** One outbound listener while services add their chains to it. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import type { Protocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { Port } from '../model/service.ts'
import { destinationCluster } from '../routes/route.ts'
import {
  type ChainDraft,
  chainsConflict,
  type Filter,
  finishChain,
  HTTP_INSPECTOR,
  listenerName,
  matchesAll,
  socketAddress,
  TLS_INSPECTOR,
} from './filter-chain.ts'
import { tcpProxy } from './tcp-proxy.ts'

export interface OutboundEntry {
  port: Port
  /** The first one names the listener. */
  addresses: readonly string[]
  bindsToPort: boolean
  chains: ChainDraft[]
  protocol: Protocol
  /** Claimed by an explicit egress listener. */
  isLocked: boolean
}

/** Adds chains that match something new; of two that match the same the first stays. */
export function mergeChains(current: readonly ChainDraft[], incoming: readonly ChainDraft[]): ChainDraft[] {
  const merged = [...current]
  for (const chain of incoming) if (!merged.some(known => chainsConflict(known, chain))) merged.push(chain)
  return merged
}

/** Where connections go that no chain takes. */
export function unknownDestinationFilters(proxy: MeshProxy): Filter[] {
  const { mode, egressProxy } = proxy.scope.outboundTrafficPolicy
  if (mode !== 'ALLOW_ANY') return [tcpProxy('BlackHoleCluster')]
  return [tcpProxy(egressProxy ? destinationCluster(egressProxy, undefined, 0) : 'PassthroughCluster')]
}

/** The listener in Envoy's form. */
export function outboundListener(mesh: Mesh, proxy: MeshProxy, entry: OutboundEntry): EnvoyResource {
  const { addresses, port, chains } = entry
  const [bind = '', ...others] = addresses
  const name = listenerName(bind, port.port)
  const inspectsTls = chains.some(c => c.sniHosts.length > 0)
  const inspectsHttp = chains.some(c => c.applicationProtocols.length > 0)
  const general = chains.findLast(matchesAll)
  const specific = chains.filter(c => !matchesAll(c)).map(c => finishChain(c, name))
  return {
    name,
    address: socketAddress(bind, port.port),
    ...(others.length > 0
      ? { additionalAddresses: others.map(a => ({ address: socketAddress(a, port.port) })) }
      : {}),
    filterChains: general && specific.length === 0 ? [finishChain(general, name)] : specific,
    ...(general && specific.length === 0 ? {} : { defaultFilterChain: defaultChain(proxy, general, name) }),
    listenerFilters: [...(inspectsTls ? [TLS_INSPECTOR] : []), ...(inspectsHttp ? [HTTP_INSPECTOR] : [])],
    listenerFiltersTimeout: inspectsHttp ? mesh.settings.protocolDetectionTimeout : '0s',
    continueOnListenerFiltersTimeout: true,
    trafficDirection: 'OUTBOUND',
    ...(entry.bindsToPort ? {} : { bindToPort: false }),
  }
}

const defaultChain = (proxy: MeshProxy, general: ChainDraft | undefined, name: string): EnvoyResource =>
  general
    ? finishChain(general, name)
    : { name: 'PassthroughFilterChain', filterChainMatch: {}, filters: unknownDestinationFilters(proxy) }
