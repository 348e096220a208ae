/**
 * What a client sidecar offers in its TLS handshake. Istio's own `istio.alpn` filter chooses it per request; stock Envoy does
 * not have it, so the offer is part of the cluster: clusters that only HTTP routes lead to offer Istio's HTTP protocols,
 * and the server's sidecar picks its HTTP filter chain by them.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { isObject, objectOf, objectsOf, stringOf } from './json.ts'

const HTTP1_ALPN = ['istio-http/1.1', 'istio', 'http/1.1']
const HTTP2_ALPN = ['istio-h2', 'istio', 'h2']
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Changes `cluster` in place. */
export function setClientAlpn(cluster: EnvoyResource, servesTcp: boolean): void {
  if (servesTcp) return
  const alpn = speaksHttp2(cluster) ? HTTP2_ALPN : HTTP1_ALPN
  const sockets = [
    cluster.transportSocket,
    ...objectsOf(cluster.transportSocketMatches).map(match => match.transportSocket),
  ]
  for (const socket of sockets) {
    const context = objectOf(objectOf(objectOf(socket).typedConfig).commonTlsContext)
    // Only Istio's mutual TLS: a DestinationRule's own TLS keeps what it asked for.
    if (!isIstioAlpn(context.alpnProtocols)) continue
    context.alpnProtocols = alpn
  }
}

const isIstioAlpn = (protocols: unknown): boolean =>
  Array.isArray(protocols) && protocols.some(protocol => protocol === 'istio')

function speaksHttp2(cluster: EnvoyResource): boolean {
  if (isObject(cluster.http2ProtocolOptions)) return true
  const options = objectOf(objectOf(cluster.typedExtensionProtocolOptions)[HTTP_OPTIONS])
  const explicit = objectOf(options.explicitHttpConfig)
  return isObject(explicit.http2ProtocolOptions) || stringOf(cluster.protocolSelection) === 'HTTP2'
}
