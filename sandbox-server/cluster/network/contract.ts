/**
 * The pod network (CNI), its sidecar redirection and kube-proxy, as the rest of the cluster asks for them.
 * Everything is in the cluster's own network namespace; `decisions/0002-network.md` tells how a packet travels.
 */

/** A pod's IPv4 address inside POD_CIDR. */
export type PodIp = string

/** The ports of the shared Envoy that stand for one pod's sidecar. */
export interface SidecarPorts {
  /** Where TCP connections leaving the pod are sent (Istio's 15001). */
  outbound: number
  /** Where TCP connections entering the pod are sent (Istio's 15006), transparently: the local address stays podIP:port. */
  inbound: number
  /** Ports that bypass: `traffic.sidecar.istio.io/excludeOutboundPorts` and `…/excludeInboundPorts`. */
  excludeOutboundPorts: readonly number[]
  excludeInboundPorts: readonly number[]
}

/** One service port for kube-proxy: packets to any of `virtualAddresses`:`port` go to one of `endpoints` by turns. */
export interface ServiceRule {
  /** namespace/name:port, for comments in the ruleset. */
  name: string
  protocol: 'TCP' | 'UDP'
  /** Cluster IPs, load balancer addresses; node ports are given as the node's address. */
  virtualAddresses: readonly string[]
  port: number
  endpoints: readonly { address: PodIp; port: number }[]
  /** Seconds, for sessionAffinity ClientIP. */
  affinitySeconds?: number
}

/** Whom a pod may hear and to whom it may speak, in the directions in which NetworkPolicies isolate it. */
export interface PodPolicy {
  podIp: PodIp
  /** Absent: not isolated. Empty: nobody. */
  ingress?: readonly PolicyAllowance[]
  egress?: readonly PolicyAllowance[]
}

/** A connection is allowed that fits one of `peers` and one of `ports`; absent: any. */
export interface PolicyAllowance {
  peers?: readonly PolicyPeer[]
  ports?: readonly PolicyPort[]
}

export type PolicyPeer = { addresses: readonly PodIp[] } | { cidr: string; except: readonly string[] }

/** Ports of pods, after a service's translation; without `from` all of the protocol. */
export interface PolicyPort {
  protocol: 'TCP' | 'UDP' | 'SCTP'
  from?: number
  /** The last of a range; absent: `from` alone. */
  to?: number
}

export interface PodNetwork {
  /** Reserves an address (the given one if free, after a restart). Throws when the range is used up. */
  allocate(podUid: string, wanted?: PodIp): PodIp
  release(podUid: string): Promise<void>
  /** Makes the pod's own network namespace, once; later calls return the same. */
  namespaceOf(podIp: PodIp): Promise<PodNamespace>
  /**
   * Ports of in-process applications in the pod; other ports of a pod with a namespace lead into that namespace.
   * Replaces what the same `owner` has said before (`app` when not given).
   */
  setAppPorts(podIp: PodIp, ports: readonly number[], owner?: string): Promise<void>
  setSidecar(podIp: PodIp, ports: SidecarPorts | undefined): Promise<void>
  /** Replaces the whole set of service rules. Coalesced: many calls in a tick are one `nft -f`. */
  setServices(rules: readonly ServiceRule[]): Promise<void>
  /** Replaces the whole set of policies; pods not named may say and hear everything. Connections that stand go on. */
  setPolicies(policies: readonly PodPolicy[]): Promise<void>
}

export interface PodNamespace {
  /** Path for `nsenter --net=` and Envoy's network_namespace_filepath. */
  path: string
}

export const POD_CIDR = '10.244.0.0/16'
export const SERVICE_CIDR = '10.96.0.0/16'
export const API_SERVER_IP = '10.96.0.1'
export const DNS_IP = '10.96.0.10'
/** Given to Services of type LoadBalancer, reachable from every pod and from `cluster run`. */
export const LOAD_BALANCER_CIDR = '172.18.255.0/24'
/** The one node's address (InternalIP, hostIP): the source of what does not come from a pod, the target of node ports. */
export const NODE_IP = '10.0.0.2'
/** Every pod's gateway, and where redirected connections arrive. */
export const GATEWAY_IP = '169.254.1.1'
/** Marks packets of Envoy's own upstream connections, which are not redirected again (SO_MARK; Istio's uid 1337). */
export const SIDECAR_MARK = 1337
/** The source address of a sidecar's connection to its own application, as in Istio. */
export const INBOUND_PASSTHROUGH_IP = '127.0.0.6'
