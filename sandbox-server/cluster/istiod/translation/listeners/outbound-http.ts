/** The HTTP filter chain of an outbound port. */
import { dnsCacheConfig } from '../clusters/dynamic-forward-proxy.ts'
import { isWildcard } from '../model/host.ts'
import { listenerProtocol } from '../model/protocol.ts'
import { type Service, UNSPECIFIED_IP } from '../model/service.ts'
import { type ChainDraft, chainDraft, type Filter, PLAINTEXT_HTTP_ALPN } from './filter-chain.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import type { OutboundPort } from './outbound-tcp.ts'

/** Routes are shared by a port; what listens on a service's own address and is sniffed has routes of its own. */
function routeName({ service, port, bind }: OutboundPort): string {
  if (port.port === 0) return bind
  const isOwn = listenerProtocol(port.protocol) === 'auto' && bind !== UNSPECIFIED_IP
  return isOwn ? `${service.hostname}:${port.port}` : String(port.port)
}

const dynamicForwardProxy = (service: Service): Filter[] =>
  service.resolution === 'dynamicDns' && isWildcard(service.hostname)
    ? [
        {
          name: 'envoy.filters.http.dynamic_forward_proxy',
          typedConfig: {
            '@type':
              'type.googleapis.com/envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig',
            dnsCacheConfig: dnsCacheConfig(service),
          },
        },
      ]
    : []

/** The chain; where anything may come to the port it takes only what was recognised as HTTP. */
export function httpChain(outbound: OutboundPort, isInspected: boolean): ChainDraft {
  const { mesh, port, service } = outbound
  return chainDraft({
    ...(isInspected ? { applicationProtocols: PLAINTEXT_HTTP_ALPN, transportProtocol: 'raw_buffer' } : {}),
    filters: listener => [
      httpConnectionManager(mesh, {
        listenerClass: 'outbound',
        protocol: port.protocol,
        statPrefix: `outbound_${listener};`,
        routes: { name: routeName(outbound) },
        destinationFilters: dynamicForwardProxy(service),
      }),
    ],
  })
}
