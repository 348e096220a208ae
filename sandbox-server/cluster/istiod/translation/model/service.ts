/** Services of every registry and their endpoints, in the one form the rest of the translation uses. */
import type { Protocol } from './protocol.ts'

export interface Port {
  name: string
  port: number
  protocol: Protocol
}

/**
 * How a proxy finds a service's endpoints: from istiod (`eds`), by DNS (all addresses, or one at a time), by keeping the
 * original destination (`passthrough`), by the name each request asks for, or it is only another name (`alias`).
 */
export type Resolution = 'eds' | 'dns' | 'dnsRoundRobin' | 'passthrough' | 'dynamicDns' | 'alias'

export const UNSPECIFIED_IP = '0.0.0.0'

export interface Service {
  hostname: string
  name: string
  namespace: string
  registry: 'kubernetes' | 'external'
  resolution: Resolution
  /** Cluster IPs, one address or CIDR of a ServiceEntry, or 0.0.0.0 when it has none. */
  addresses: readonly string[]
  ports: readonly Port[]
  meshExternal: boolean
  creationTimestamp: string
  labels: Readonly<Record<string, string>>
  /** Namespaces, `.` or `*`; undefined takes the mesh's default. */
  exportTo?: readonly string[]
  /** Labels that select its pods or WorkloadEntries. */
  selector?: Readonly<Record<string, string>>
  externalName?: string
  /** SPIFFE identities or names it may present beside its endpoints' own. */
  serviceAccounts: readonly string[]
  /** Service port → port to keep the original destination's address with. */
  passthroughTargetPorts: ReadonlyMap<number, number>
  /** ExternalName services that point here. */
  aliases: readonly string[]
  trafficDistribution?: 'PreferSameZone' | 'PreferSameNode'
  /** All addresses of a host name connected to in parallel (annotation networking.istio.io/dns-connect-strategy). */
  raceDnsConnections?: boolean
}

/** The key under which a service's endpoints are kept: a host name is unique in a namespace only. */
export const serviceKey = (service: Service): string => `${service.namespace}/${service.hostname}`

/** The address listeners use. */
export const primaryAddress = (service: Service): string => service.addresses[0] ?? UNSPECIFIED_IP

export const portOf = (service: Service, port: number): Port | undefined =>
  service.ports.find(p => p.port === port)

export interface Endpoint {
  address: string
  port: number
  servicePort: number
  servicePortName: string
  labels: Readonly<Record<string, string>>
  /** region/zone/subzone, empty when unknown. */
  locality: string
  /** Whether the workload's proxy takes Istio's mutual TLS. */
  tlsMode: 'istio' | 'disabled'
  /** SPIFFE identity. */
  serviceAccount: string
  namespace: string
  workloadName: string
  weight: number
  /** Whether something checks its health, as readiness does a pod's; a WorkloadEntry's is unknown. */
  isHealthKnown: boolean
  /** What is not ready gets no traffic, although its identity is known. */
  isReady: boolean
  nodeName?: string
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local` */
export const clusterName = (service: string, port: number, subset = ''): string =>
  `outbound|${port}|${subset}|${service}`

/** `inbound|9080||` */
export const inboundClusterName = (port: number): string => `inbound|${port}||`

/** The form of a cluster's name that is a valid server name: `outbound_.9080_.v1_.reviews…` */
export const sniName = (service: string, port: number, subset = ''): string =>
  `outbound_.${port}_.${subset}_.${service}`
