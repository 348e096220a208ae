/** The fields of DestinationRule that the translation reads. */
import { bool, type Decoded, list, map, num, obj, str } from '../decode.ts'

export const tcpKeepalive = obj({ probes: num, time: str, interval: str })
export type TcpKeepalive = Decoded<typeof tcpKeepalive>

export const connectionPool = obj({
  tcp: obj({
    maxConnections: num,
    connectTimeout: str,
    tcpKeepalive,
    maxConnectionDuration: str,
    idleTimeout: str,
  }),
  http: obj({
    http1MaxPendingRequests: num,
    http2MaxRequests: num,
    maxRequestsPerConnection: num,
    maxRetries: num,
    idleTimeout: str,
    h2UpgradePolicy: str,
    useClientProtocol: bool,
    maxConcurrentStreams: num,
    http2KeepAlive: obj({ interval: str, timeout: str }),
  }),
})
export type ConnectionPool = Decoded<typeof connectionPool>

export const outlierDetection = obj({
  splitExternalLocalOriginErrors: bool,
  consecutiveLocalOriginFailures: num,
  consecutiveGatewayErrors: num,
  consecutive5xxErrors: num,
  interval: str,
  baseEjectionTime: str,
  maxEjectionPercent: num,
  minHealthPercent: num,
  outlierDetectionHttpErrorCodes: list(num),
})
export type OutlierDetection = Decoded<typeof outlierDetection>

const consistentHash = obj({
  httpHeaderName: str,
  httpCookie: obj({ name: str, path: str, ttl: str, attributes: list(obj({ name: str, value: str })) }),
  useSourceIp: bool,
  httpQueryParameterName: str,
  ringHash: obj({ minimumRingSize: num }),
  maglev: obj({ tableSize: num }),
  minimumRingSize: num,
})
export type ConsistentHash = Decoded<typeof consistentHash>

export const localityLbSetting = obj({
  distribute: list(obj({ from: str, to: map(num) })),
  failover: list(obj({ from: str, to: str })),
  failoverPriority: list(str),
  enabled: bool,
})
export type LocalityLbSetting = Decoded<typeof localityLbSetting>

const loadBalancer = obj({
  simple: str,
  consistentHash,
  localityLbSetting,
  warmupDurationSecs: str,
  warmup: obj({ duration: str, minimumPercent: num, aggression: num }),
})
export type LoadBalancer = Decoded<typeof loadBalancer>

const clientTls = obj({
  mode: str,
  clientCertificate: str,
  privateKey: str,
  caCertificates: str,
  credentialName: str,
  subjectAltNames: list(str),
  sni: str,
  insecureSkipVerify: bool,
  caCrl: str,
})
export type ClientTls = Decoded<typeof clientTls>

const portTrafficPolicy = obj({
  port: obj({ number: num }),
  loadBalancer,
  connectionPool,
  outlierDetection,
  tls: clientTls,
})

const trafficPolicy = obj({
  loadBalancer,
  connectionPool,
  outlierDetection,
  tls: clientTls,
  portLevelSettings: list(portTrafficPolicy),
  tunnel: obj({ protocol: str, targetHost: str, targetPort: num }),
  proxyProtocol: obj({ version: str }),
  retryBudget: obj({ percent: num, minRetryConcurrency: num, budgetInterval: str }),
})
export type TrafficPolicy = Decoded<typeof trafficPolicy>

const subset = obj({ name: str, labels: map(str), trafficPolicy })
export type Subset = Decoded<typeof subset>

export const destinationRuleSpec = obj({
  host: str,
  trafficPolicy,
  subsets: list(subset),
  exportTo: list(str),
  workloadSelector: obj({ matchLabels: map(str) }),
})
export type DestinationRuleSpec = Decoded<typeof destinationRuleSpec>
