/**
 * The nftables ruleset of a cluster: what is fixed. Pods are elements of its sets and maps (`pod-elements.ts`), services
 * chains of their own (`service-rules.ts`). `decisions/0002-network.md` tells how a packet travels through it.
 */
import { GATEWAY_IP, INBOUND_PASSTHROUGH_IP, NODE_IP, POD_CIDR, SIDECAR_MARK } from './contract.ts'

export const TABLE = 'ip meshdojo'

/**
 * Packet mark of what has to enter a pod's namespace; `ip rule` sends it to ROUTE_TABLE. Of no bit of SIDECAR_MARK,
 * which the same packets may carry.
 */
export const NAMESPACE_MARK = 0x10000
/** Routing table with a route per pod that has a namespace. */
export const ROUTE_TABLE = 100

/** Connection marks: who of the two ends lives in a pod's namespace. */
const CLIENT_IN_NAMESPACE = 0x10000
const SERVER_IN_NAMESPACE = 0x20000

const INTO_NAMESPACE = `meta mark set meta mark | ${NAMESPACE_MARK}`
const NOT_SIDECARS_OWN = `meta mark & 0xffff != ${SIDECAR_MARK}`

/**
 * Priorities: -150 before DNAT, -100 DNAT, -50 after it. A connection that a pod opens to itself is not redirected, nor
 * is what an Envoy opens (SO_MARK), except that a sidecar reaching its own pod enters through its inbound listener, as
 * Istio has it. While nobody listens for a pod's sidecar its connections are refused: they never pass beside it.
 *
 * NetworkPolicies judge new connections by the pods' own addresses: after a service's translation, before a sidecar
 * takes them in, and, of a pod with a sidecar, what its sidecar opens. What goes to its own sidecar, comes from it or
 * from the kubelet (127.0.0.0/8), stays within a pod, or comes from the node is not judged.
 */
export const BASE_RULESET = `
table ${TABLE} {
  map outbound { type ipv4_addr : inet_service; }
  map inbound { type ipv4_addr : inet_service; }
  set meshed { type ipv4_addr; }
  set own { type ipv4_addr . ipv4_addr; }
  set outbound_excluded { type ipv4_addr . inet_service; }
  set inbound_excluded { type ipv4_addr . inet_service; }
  set app_ports { type ipv4_addr . inet_service; }
  set policed { type ipv4_addr . ipv4_addr; }
  map policy_ingress { type ipv4_addr : verdict; }
  map policy_egress { type ipv4_addr : verdict; }
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }

  chain remember_client {
    type filter hook prerouting priority -150;
    iifname "v*" ct direction original ct mark set ct mark | ${CLIENT_IN_NAMESPACE}
    ct direction reply ct mark & ${CLIENT_IN_NAMESPACE} != 0 ${INTO_NAMESPACE}
  }

  chain nat_prerouting {
    type nat hook prerouting priority -100;
    iifname "v*" ip daddr 127.0.0.0/8 dnat to ip saddr
    jump redirect_outbound
    jump kube_proxy
  }
  chain nat_output {
    type nat hook output priority -100;
    jump redirect_outbound
    jump kube_proxy
  }
  chain redirect_outbound {
    meta l4proto != tcp return
    ${NOT_SIDECARS_OWN.replace('!=', '==')} return
    ip saddr . ip daddr @own return
    ip saddr . tcp dport @outbound_excluded return
    meta l4proto tcp dnat to ${GATEWAY_IP} : ip saddr map @outbound
  }
  chain kube_proxy {
    ip daddr . meta l4proto . th dport vmap @services
  }

  chain enter_pod {
    type filter hook prerouting priority -50;
    ct direction reply accept
    jump network_policy
    jump redirect_inbound
    jump enter_namespace
  }
  chain network_policy {
    ct state != new return
    ip saddr 127.0.0.0/8 return
    ip daddr ${GATEWAY_IP} return
    ip saddr . ip daddr @policed return
    ip saddr vmap @policy_egress
    ip saddr != ${NODE_IP} ip daddr vmap @policy_ingress
  }
  chain redirect_inbound {
    meta l4proto != tcp return
    ip saddr ${INBOUND_PASSTHROUGH_IP} return
    ${NOT_SIDECARS_OWN} ip saddr . ip daddr @own return
    ip daddr . tcp dport @inbound_excluded return
    meta l4proto tcp tproxy to : ip daddr map @inbound accept
    ip daddr @meshed reject with tcp reset
  }
  chain enter_namespace {
    ct mark & ${SERVER_IN_NAMESPACE} != 0 ${INTO_NAMESPACE} return
    ct state != new return
    ip daddr != ${POD_CIDR} return
    meta l4proto != { tcp, udp } return
    meta l4proto tcp ip daddr . tcp dport @app_ports return
    ct mark set ct mark | ${SERVER_IN_NAMESPACE}
    ${INTO_NAMESPACE}
  }

  chain leave_process {
    type route hook output priority -50;
    ct direction reply ct mark & ${CLIENT_IN_NAMESPACE} != 0 ${INTO_NAMESPACE}
    ct direction reply accept
    jump network_policy
    jump output_to_meshed
    jump enter_namespace
  }
  chain output_to_meshed {
    meta l4proto != tcp return
    ip daddr != @meshed return
    ip saddr ${INBOUND_PASSTHROUGH_IP} return
    ${NOT_SIDECARS_OWN} ip saddr . ip daddr @own return
    ip daddr . tcp dport @inbound_excluded return
    accept
  }

  chain nat_postrouting {
    type nat hook postrouting priority 100;
    oifname "v*" ip saddr 127.0.0.0/8 snat to ${GATEWAY_IP}
    oifname "v*" ip saddr . ip daddr @own snat to ${GATEWAY_IP}
  }
}
`
