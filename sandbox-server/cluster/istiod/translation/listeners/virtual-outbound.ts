/** The listener that all captured outbound traffic enters by, and the optional HTTP proxy port. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { HTTP_PROXY_ROUTE } from '../routes/sidecar-routes.ts'
import { socketAddress } from './filter-chain.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import { unknownDestinationFilters } from './outbound-entry.ts'
import { tcpProxy } from './tcp-proxy.ts'

/** Hands each connection to the listener of its destination, or on to wherever it was going. */
export function virtualOutboundListener(mesh: Mesh, proxy: MeshProxy): EnvoyResource {
  const port = mesh.settings.outboundPort
  return {
    name: 'virtualOutbound',
    address: socketAddress('0.0.0.0', port),
    filterChains: [
      {
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: port },
        filters: [tcpProxy('BlackHoleCluster')],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: unknownDestinationFilters(proxy) },
    ],
    useOriginalDst: true,
    trafficDirection: 'OUTBOUND',
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}

/** The port that takes requests as an HTTP proxy (MeshConfig.proxyHttpPort); none by default. */
export function httpProxyListener(mesh: Mesh): EnvoyResource | undefined {
  const port = mesh.settings.config.proxyHttpPort
  if (!port) return undefined
  const name = `127.0.0.1_${port}`
  const manager = httpConnectionManager(mesh, {
    listenerClass: 'outbound',
    protocol: 'HTTP_PROXY',
    statPrefix: `outbound_${name};`,
    routes: { name: HTTP_PROXY_ROUTE },
  })
  const { typedConfig } = manager
  const absolute = { ...(typedConfig as object), httpProtocolOptions: { allowAbsoluteUrl: true } }
  return {
    name,
    address: socketAddress('127.0.0.1', port),
    filterChains: [{ filters: [{ ...manager, typedConfig: absolute }] }],
    listenerFiltersTimeout: '0s',
    continueOnListenerFiltersTimeout: true,
    trafficDirection: 'OUTBOUND',
  }
}
