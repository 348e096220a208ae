/** One proxy's listeners in the shared Envoy: two for a sidecar, as many as it has for a gateway. */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { AGENT_STAT_PREFIX, redirectAccessLogs } from './access-log.ts'
import { foldOutbound } from './fold-outbound.ts'
import { objectOf, objectsOf, stringOf } from './json.ts'
import { type ProxyShare, scoped } from './proxy.ts'
import { withRequestAlpn } from './request-alpn.ts'
import { type RewriteContext, rewrite } from './rewrite.ts'

const ANY_ADDRESS = '0.0.0.0'
const VIRTUAL_INBOUND = 'virtualInbound'
const ORIGINAL_DST = 'envoy.filters.listener.original_dst'
/** Where a gateway answers its readiness probe, and what a real pilot-agent answers there. */
const STATUS_PORT = 15021

/** Listeners of the shared Envoy for this proxy; access logs go to `logPipePath`. */
export function shareListeners(context: RewriteContext, logPipePath: string): EnvoyResource[] {
  const { proxy } = context
  if (proxy.draining === 'all') return []
  const listeners = proxy.kind === 'router' ? gatewayListeners(proxy) : sidecarListeners(proxy)
  return listeners.map(listener => {
    // Logs first: the walk that makes names unique changes statPrefix too.
    const copy = structuredClone(listener)
    redirectAccessLogs(copy, proxy, logPipePath)
    return rewrite(copy, context)
  })
}

function sidecarListeners(proxy: ProxyShare): EnvoyResource[] {
  const { listeners } = proxy.resources
  const virtualOutbound = listeners.find(listener => listener.useOriginalDst === true)
  const inbound = listeners.find(listener => listener.name === VIRTUAL_INBOUND)
  const handedOver = listeners.filter(
    listener => listener !== virtualOutbound && listener !== inbound && listener.bindToPort === false,
  )
  const services = handedOver.map(withRequestAlpn)
  const shared: EnvoyResource[] = []
  if (virtualOutbound) shared.push(outboundListener(proxy, virtualOutbound, services))
  if (inbound && !proxy.draining) shared.push(inboundListener(proxy, inbound))
  return shared
}

function outboundListener(
  proxy: ProxyShare,
  virtualOutbound: EnvoyResource,
  services: readonly EnvoyResource[],
): EnvoyResource {
  return {
    name: scoped(proxy.id, stringOf(virtualOutbound.name)),
    address: socketAddress(ANY_ADDRESS, proxy.ports.outbound),
    statPrefix: '0.0.0.0_15001',
    trafficDirection: 'OUTBOUND',
    accessLog: virtualOutbound.accessLog,
    ...foldOutbound(virtualOutbound, services),
  }
}

/** Transparent: the packet filter leaves the connection its address, podIP:port, so nothing has to be restored. */
function inboundListener(proxy: ProxyShare, listener: EnvoyResource): EnvoyResource {
  return {
    ...unbound(listener),
    name: scoped(proxy.id, VIRTUAL_INBOUND),
    address: socketAddress(ANY_ADDRESS, proxy.ports.inbound),
    statPrefix: '0.0.0.0_15006',
    transparent: true,
    listenerFilters: [
      // With a transparent socket it only notes that the local address is the original destination.
      ...objectsOf(listener.listenerFilters).filter(filter => filter.name === ORIGINAL_DST),
      ...objectsOf(listener.listenerFilters).filter(filter => filter.name !== ORIGINAL_DST),
    ],
  }
}

function gatewayListeners(proxy: ProxyShare): EnvoyResource[] {
  const listeners = proxy.resources.listeners
    .filter(listener => listener.bindToPort !== false)
    .map(listener => {
      const port = portOf(listener)
      return {
        ...unbound(listener),
        name: scoped(proxy.id, stringOf(listener.name)),
        address: socketAddress(proxy.podIp, port),
        statPrefix: `0.0.0.0_${port}`,
      }
    })
  return [...listeners, statusListener(proxy)]
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65536

/** The TCP ports a gateway listens on at its pod's address; what is no port is refused by Envoy. */
export function gatewayPorts(proxy: ProxyShare): number[] {
  const ports = proxy.resources.listeners.map(portOf).filter(isPort)
  return [...new Set([...ports, STATUS_PORT])].sort((a, b) => a - b)
}

const portOf = (listener: EnvoyResource): number =>
  Number(objectOf(objectOf(listener.address).socketAddress).portValue)

function unbound(listener: EnvoyResource): EnvoyResource {
  const {
    useOriginalDst: _,
    bindToPort: __,
    additionalAddresses: ___,
    enableReusePort: ____,
    ...rest
  } = listener
  return rest
}

const socketAddress = (address: string, portValue: number): EnvoyResource => ({
  socketAddress: { address, portValue },
})

function statusListener(proxy: ProxyShare): EnvoyResource {
  const healthy = { match: { path: '/healthz/ready' }, directResponse: { status: 200 } }
  const other = { match: { prefix: '/' }, directResponse: { status: 404 } }
  return {
    name: scoped(proxy.id, 'status'),
    address: socketAddress(proxy.podIp, STATUS_PORT),
    statPrefix: `0.0.0.0_${STATUS_PORT}`,
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typedConfig: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              statPrefix: AGENT_STAT_PREFIX,
              routeConfig: { virtualHosts: [{ name: 'agent', domains: ['*'], routes: [healthy, other] }] },
              httpFilters: [
                {
                  name: 'envoy.filters.http.router',
                  typedConfig: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  }
}
