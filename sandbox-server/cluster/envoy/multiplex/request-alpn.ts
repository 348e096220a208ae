/**
 * A port whose protocol is detected has one cluster for both HTTP and TCP, so its TLS settings cannot say which it is.
 * There a stock filter does per request what Istio's own `istio.alpn` does: it offers Istio's HTTP protocols. No plain
 * `http/1.1` is among them, since the upstream may speak HTTP/2.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { isObject, objectOf, objectsOf, stringOf } from './json.ts'

const ALPN_FILTER = 'istio.alpn'
const OUTBOUND = 'outbound|'
const REQUEST_ALPN: EnvoyResource = {
  name: 'envoy.filters.http.set_filter_state',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config',
    onRequestHeaders: [
      {
        objectKey: 'envoy.network.application_protocols',
        formatString: { textFormatSource: { inlineString: 'istio-http/1.1,istio' } },
      },
    ],
  },
}

/** The listener, with the filter where connections of one service may be either HTTP or TCP. */
export function withRequestAlpn(listener: EnvoyResource): EnvoyResource {
  const chains = [...objectsOf(listener.filterChains), objectOf(listener.defaultFilterChain)]
  const filters = chains.flatMap(chain =>
    objectsOf(chain.filters).map(filter => objectOf(filter.typedConfig)),
  )
  const isDetected = filters.some(
    config => stringOf(config.cluster).startsWith(OUTBOUND) || isObject(config.weightedClusters),
  )
  if (!isDetected || !filters.some(config => Array.isArray(config.httpFilters))) return listener
  const copy = structuredClone(listener)
  for (const chain of objectsOf(copy.filterChains)) {
    for (const filter of objectsOf(chain.filters)) {
      const config = objectOf(filter.typedConfig)
      if (!Array.isArray(config.httpFilters)) continue
      config.httpFilters = config.httpFilters.map(http =>
        objectOf(http).name === ALPN_FILTER ? REQUEST_ALPN : http,
      )
    }
  }
  return copy
}
