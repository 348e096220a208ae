/** The fields of MeshConfig that the translation reads. */
import { bool, type Decoded, list, map, num, obj, str } from '../decode.ts'
import { connectionPool, localityLbSetting, outlierDetection, tcpKeepalive } from './destination-rule.ts'
import { retryPolicy } from './virtual-service.ts'

const gatewayTopology = obj({ numTrustedProxies: num, forwardClientCertDetails: str })

const toggle = obj({ disabled: bool })
const proxyHeaders = obj({
  forwardedClientCert: str,
  server: obj({ disabled: bool, value: str }),
  requestId: toggle,
  attemptCount: toggle,
  envoyDebugHeaders: toggle,
  xForwardedHost: obj({ enabled: bool }),
  preserveHttp1HeaderCase: bool,
})

const labelSelector = obj({
  matchLabels: map(str),
  matchExpressions: list(obj({ key: str, operator: str, values: list(str) })),
})
export type LabelSelector = Decoded<typeof labelSelector>

const authorizerCommon = {
  service: str,
  port: num,
  timeout: str,
  failOpen: bool,
  statusOnError: str,
  includeRequestBodyInCheck: obj({ maxRequestBytes: num, allowPartialMessage: bool, packAsBytes: bool }),
}
const httpAuthorizer = obj({
  ...authorizerCommon,
  pathPrefix: str,
  includeRequestHeadersInCheck: list(str),
  includeHeadersInCheck: list(str),
  includeAdditionalHeadersInCheck: map(str),
  headersToUpstreamOnAllow: list(str),
  headersToDownstreamOnDeny: list(str),
  headersToDownstreamOnAllow: list(str),
})
const grpcAuthorizer = obj(authorizerCommon)
const extensionProvider = obj({
  name: str,
  envoyExtAuthzHttp: httpAuthorizer,
  envoyExtAuthzGrpc: grpcAuthorizer,
})
export type HttpAuthorizer = Decoded<typeof httpAuthorizer>
export type GrpcAuthorizer = Decoded<typeof grpcAuthorizer>

export const meshConfigSpec = obj({
  ingressControllerMode: str,
  ingressClass: str,
  ingressService: str,
  ingressSelector: str,
  rootNamespace: str,
  trustDomain: str,
  trustDomainAliases: list(str),
  proxyListenPort: num,
  proxyInboundListenPort: num,
  proxyHttpPort: num,
  connectTimeout: str,
  protocolDetectionTimeout: str,
  dnsRefreshRate: str,
  enableAutoMtls: bool,
  h2UpgradePolicy: str,
  tcpKeepalive,
  outboundTrafficPolicy: obj({ mode: str }),
  inboundTrafficPolicy: obj({ mode: str }),
  defaultHttpRetryPolicy: retryPolicy,
  defaultInboundHttpRetryPolicy: retryPolicy,
  defaultTrafficPolicy: obj({ connectionPool, outlierDetection }),
  localityLbSetting,
  defaultServiceExportTo: list(str),
  defaultVirtualServiceExportTo: list(str),
  defaultDestinationRuleExportTo: list(str),
  pathNormalization: obj({ normalization: str }),
  meshMTLS: obj({ minProtocolVersion: str }),
  tlsDefaults: obj({ minProtocolVersion: str, ecdhCurves: list(str), cipherSuites: list(str) }),
  extensionProviders: list(extensionProvider),
  discoverySelectors: list(labelSelector),
  outboundClusterStatName: str,
  inboundClusterStatName: str,
  defaultConfig: obj({ gatewayTopology, proxyHeaders }),
})
export type MeshConfig = Decoded<typeof meshConfigSpec>
