/** A cluster while it is built; what Envoy reads is made at the end. */
import type { EnvoyResource } from '../contract.ts'

export type DiscoveryType = 'EDS' | 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'ORIGINAL_DST'

export const HTTP_PROTOCOL_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Envoy's HttpProtocolOptions as far as Istio sets them. */
export interface HttpOptions {
  commonHttpProtocolOptions?: Record<string, unknown>
  upstreamHttpProtocolOptions?: Record<string, unknown>
  explicitHttpConfig?: {
    httpProtocolOptions?: Record<string, unknown>
    http2ProtocolOptions?: Record<string, unknown>
  }
  useDownstreamProtocolConfig?: Record<string, unknown>
  outlierDetection?: Record<string, unknown>
}

export interface ClusterDraft {
  name: string
  type: DiscoveryType
  lbPolicy: string
  /** Everything else, in Envoy's names. */
  fields: Record<string, unknown>
  commonLbConfig?: Record<string, unknown>
  httpOptions?: HttpOptions
  istioMetadata: Record<string, unknown>
}

export const newDraft = (name: string, type: DiscoveryType): ClusterDraft => ({
  name,
  type,
  lbPolicy: 'ROUND_ROBIN',
  fields: { altStatName: `${name};` },
  commonLbConfig: {},
  istioMetadata: {},
})

/** Speaks HTTP/2 to the upstream. */
export function useHttp2(draft: ClusterDraft): void {
  draft.httpOptions ??= {}
  const { httpOptions } = draft
  if (httpOptions.explicitHttpConfig || httpOptions.useDownstreamProtocolConfig) return
  httpOptions.explicitHttpConfig = { http2ProtocolOptions: {} }
}

/** Speaks to the upstream what the client spoke. */
export function useDownstreamProtocol(draft: ClusterDraft): void {
  draft.httpOptions ??= {}
  delete draft.httpOptions.explicitHttpConfig
  draft.httpOptions.useDownstreamProtocolConfig = { httpProtocolOptions: {}, http2ProtocolOptions: {} }
}

export const isHttp2Draft = (draft: ClusterDraft): boolean =>
  !!draft.httpOptions?.explicitHttpConfig?.http2ProtocolOptions

function protocolOptions(options: HttpOptions): Record<string, unknown> {
  const chosen = options.explicitHttpConfig || options.useDownstreamProtocolConfig
  return {
    [HTTP_PROTOCOL_OPTIONS]: {
      '@type': `type.googleapis.com/${HTTP_PROTOCOL_OPTIONS}`,
      ...options,
      ...(chosen ? {} : { explicitHttpConfig: { httpProtocolOptions: {} } }),
    },
  }
}

/** The finished cluster. */
export function finish(draft: ClusterDraft): EnvoyResource {
  return {
    name: draft.name,
    type: draft.type,
    ...draft.fields,
    lbPolicy: draft.lbPolicy,
    ...(draft.commonLbConfig ? { commonLbConfig: draft.commonLbConfig } : {}),
    ...(draft.type === 'EDS' ? { edsClusterConfig: edsConfig(draft.name) } : {}),
    ...(draft.httpOptions ? { typedExtensionProtocolOptions: protocolOptions(draft.httpOptions) } : {}),
    ...(Object.keys(draft.istioMetadata).length > 0
      ? { metadata: { filterMetadata: { istio: draft.istioMetadata } } }
      : {}),
  }
}

const edsConfig = (serviceName: string): Record<string, unknown> => ({
  edsConfig: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
  serviceName,
})
