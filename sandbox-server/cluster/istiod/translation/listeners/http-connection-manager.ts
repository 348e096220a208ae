/** The HTTP connection manager and its filters. */
import type { Mesh } from '../mesh.ts'
import type { Protocol } from '../model/protocol.ts'
import type { Filter } from './filter-chain.ts'

const TYPE =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

const httpFilter = (name: string, type: string): Filter => ({
  name,
  typedConfig: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${type}` },
})
const FAULT = httpFilter('envoy.filters.http.fault', 'fault.v3.HTTPFault')
const CORS = httpFilter('envoy.filters.http.cors', 'cors.v3.Cors')
const GRPC_WEB = httpFilter('envoy.filters.http.grpc_web', 'grpc_web.v3.GrpcWeb')
const ROUTER = httpFilter('envoy.filters.http.router', 'router.v3.Router')

export type ListenerClass = 'outbound' | 'inbound' | 'gateway'

export interface HttpOptions {
  listenerClass: ListenerClass
  protocol: Protocol
  statPrefix: string
  /** The route configuration asked for by name, or given here. */
  routes: { name: string } | { config: Record<string, unknown> }
  /** Filters of policies, before all others. */
  policyFilters?: readonly Filter[]
  /** Filters of the destination, before the router. */
  destinationFilters?: readonly Filter[]
}

/** `APPEND_FORWARD` etc.; Envoy's names are Istio's. */
const forwardedCertificates = (mesh: Mesh, listenerClass: ListenerClass): string => {
  const { gatewayTopology, proxyHeaders } = mesh.settings.config.defaultConfig ?? {}
  return listenerClass === 'gateway'
    ? gatewayTopology?.forwardClientCertDetails || 'SANITIZE_SET'
    : proxyHeaders?.forwardedClientCert || 'APPEND_FORWARD'
}

function identityFields(mesh: Mesh, listenerClass: ListenerClass): Record<string, unknown> {
  if (listenerClass === 'outbound') return {}
  const details = forwardedCertificates(mesh, listenerClass)
  const setsDetails =
    listenerClass === 'inbound' || details === 'APPEND_FORWARD' || details === 'SANITIZE_SET'
  const isGateway = listenerClass === 'gateway'
  return {
    ...(details === 'SANITIZE' ? {} : { forwardClientCertDetails: details }),
    ...(setsDetails
      ? {
          setCurrentClientCertDetails: {
            subject: true,
            dns: true,
            uri: true,
            ...(isGateway ? { cert: true } : {}),
          },
        }
      : {}),
  }
}

function headerFields(mesh: Mesh, listenerClass: ListenerClass): Record<string, unknown> {
  const headers = mesh.settings.config.defaultConfig?.proxyHeaders
  const hidden = headers?.server?.disabled
  const serverName = hidden
    ? ''
    : headers?.server?.value || (listenerClass === 'outbound' ? '' : 'istio-envoy')
  return {
    ...(serverName ? { serverName } : {}),
    ...(hidden ? { serverHeaderTransformation: 'PASS_THROUGH' } : {}),
    ...(headers?.requestId?.disabled ? { generateRequestId: false } : {}),
  }
}

function pathNormalization(mesh: Mesh): Record<string, unknown> {
  switch (mesh.settings.config.pathNormalization?.normalization) {
    case 'NONE':
      return { normalizePath: false }
    case 'MERGE_SLASHES':
      return { normalizePath: true, mergeSlashes: true }
    case 'DECODE_AND_MERGE_SLASHES':
      return { normalizePath: true, mergeSlashes: true, pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD' }
    default:
      return { normalizePath: true }
  }
}

function routeSpecifier(routes: HttpOptions['routes']): Record<string, unknown> {
  if ('config' in routes) return { routeConfig: routes.config }
  return {
    rds: {
      configSource: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
      routeConfigName: routes.name,
    },
  }
}

function httpFilters(options: HttpOptions): Filter[] {
  return [
    ...(options.policyFilters ?? []),
    ...(options.protocol === 'GRPC-Web' ? [GRPC_WEB] : []),
    FAULT,
    CORS,
    ...(options.destinationFilters ?? []),
    ROUTER,
  ]
}

/** The filter for one chain. Only gateways trust the address they see over what the client claims. */
export function httpConnectionManager(mesh: Mesh, options: HttpOptions): Filter {
  const { listenerClass, protocol, statPrefix } = options
  const trustedHops = mesh.settings.config.defaultConfig?.gatewayTopology?.numTrustedProxies
  const speaksHttp2 = protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-Web'
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: {
      '@type': TYPE,
      statPrefix,
      ...routeSpecifier(options.routes),
      httpFilters: httpFilters(options),
      useRemoteAddress: listenerClass === 'gateway',
      ...(listenerClass === 'gateway' && trustedHops ? { xffNumTrustedHops: trustedHops } : {}),
      ...identityFields(mesh, listenerClass),
      ...headerFields(mesh, listenerClass),
      ...(listenerClass === 'gateway' ? { httpProtocolOptions: {} } : {}),
      ...(listenerClass === 'inbound' && speaksHttp2 ? { http2ProtocolOptions: {} } : {}),
      ...pathNormalization(mesh),
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      streamIdleTimeout: '0s',
      proxy100Continue: true,
    },
  }
}
