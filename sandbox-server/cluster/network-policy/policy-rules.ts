/**
 * What NetworkPolicies mean for each pod's address: policies, pods and namespaces turned into the rules of the pod
 * network. Pure, after https://kubernetes.io/docs/concepts/services-networking/network-policies/: policies add up, and a
 * pod is isolated in a direction as soon as one policy of that direction selects it.
 */
import type { LabelSelector } from 'kubernetes-types/meta/v1.js'
import type {
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from 'kubernetes-types/networking/v1.js'
import type { ApiObject } from '../apiserver/api.ts'
import type { Namespace, Pod } from '../controllers/kinds.ts'
import { selects } from '../controllers/selectors.ts'
import type { PodPolicy, PolicyAllowance, PolicyPeer, PolicyPort } from '../network/contract.ts'

export interface NetworkPolicy extends ApiObject {
  spec: NetworkPolicySpec
}

/** A place that policies select by labels: a pod, or what stands for one. */
export interface Endpoint {
  address: string
  namespace: string
  labels: Readonly<Record<string, string>>
  /** Named container ports. */
  ports: readonly { name: string; number: number; protocol: string }[]
}

interface Rule {
  peers: readonly NetworkPolicyPeer[] | undefined
  ports: readonly NetworkPolicyPort[] | undefined
}

/** Pods that have an address and have not ended. */
export function endpointsOf(pods: readonly Pod[]): Endpoint[] {
  return pods.flatMap(({ metadata, spec, status }) => {
    const address = status?.podIP
    if (!address || status?.phase === 'Succeeded' || status?.phase === 'Failed') return []
    const ports = spec.containers
      .flatMap(container => container.ports ?? [])
      .flatMap(({ name, containerPort, protocol = 'TCP' }) =>
        name ? [{ name, number: containerPort, protocol }] : [],
      )
    return [{ address, namespace: metadata.namespace ?? '', labels: metadata.labels ?? {}, ports }]
  })
}

/** Only pods that some policy isolates. */
export function policyRules(
  policies: readonly NetworkPolicy[],
  endpoints: readonly Endpoint[],
  namespaces: readonly Namespace[],
): PodPolicy[] {
  const labelsOf = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
  const picks = (selector: LabelSelector | undefined, labels: Endpoint['labels']) =>
    isEmpty(selector) || selects(selector, labels)

  const matching = (peer: NetworkPolicyPeer, own: string): Endpoint[] =>
    endpoints.filter(({ namespace, labels }) => {
      const isThere = peer.namespaceSelector
        ? picks(peer.namespaceSelector, labelsOf.get(namespace) ?? {})
        : namespace === own
      return isThere && picks(peer.podSelector, labels)
    })

  /** Of outgoing connections a named port is the peer's, so each peer has its own. */
  const allowances = ({ peers, ports }: Rule, own: string, target?: Endpoint): PolicyAllowance[] => {
    const isAnyPeer = peers === undefined || peers.length === 0
    const named = (ports ?? []).some(({ port }) => typeof port === 'string')
    if (named && target === undefined) {
      const found = isAnyPeer ? endpoints : peers.flatMap(peer => (peer.ipBlock ? [] : matching(peer, own)))
      const byName = found.flatMap(endpoint => {
        const open = portsOf(ports, endpoint)
        return open && open.length > 0 ? [{ peers: [{ addresses: [endpoint.address] }], ports: open }] : []
      })
      const byNumber = (ports ?? []).filter(({ port }) => typeof port !== 'string')
      return byNumber.length > 0 ? [...byName, ...allowances({ peers, ports: byNumber }, own)] : byName
    }
    const open = portsOf(ports, target)
    if (open?.length === 0) return []
    const allowedPeers = isAnyPeer
      ? undefined
      : peers.flatMap(peer => peerOf(peer, () => matching(peer, own)))
    if (allowedPeers?.length === 0) return []
    return [{ ...(allowedPeers ? { peers: allowedPeers } : {}), ...(open ? { ports: open } : {}) }]
  }

  return endpoints.flatMap(endpoint => {
    const own = policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === endpoint.namespace && picks(spec.podSelector, endpoint.labels),
    )
    const isolating = (type: string) => own.filter(({ spec }) => spec.policyTypes?.includes(type))
    const [ingress, egress] = [isolating('Ingress'), isolating('Egress')]
    if (ingress.length + egress.length === 0) return []
    const heard = ingress.flatMap(({ spec }) => spec.ingress ?? [])
    const spoken = egress.flatMap(({ spec }) => spec.egress ?? [])
    return [
      {
        podIp: endpoint.address,
        ...(ingress.length > 0
          ? {
              ingress: heard.flatMap(({ from, ports }) =>
                allowances({ peers: from, ports }, endpoint.namespace, endpoint),
              ),
            }
          : {}),
        ...(egress.length > 0
          ? {
              egress: spoken.flatMap(({ to, ports }) => allowances({ peers: to, ports }, endpoint.namespace)),
            }
          : {}),
      },
    ]
  })
}

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0

function peerOf({ ipBlock }: NetworkPolicyPeer, matching: () => Endpoint[]): PolicyPeer[] {
  if (!ipBlock) {
    const addresses = matching().map(({ address }) => address)
    return addresses.length > 0 ? [{ addresses: addresses.sort() }] : []
  }
  // There is no IPv6 in the cluster's network.
  if (ipBlock.cidr.includes(':')) return []
  return [{ cidr: ipBlock.cidr, except: (ipBlock.except ?? []).filter(cidr => !cidr.includes(':')) }]
}

/** Undefined: all. Names are those of the connection's target. */
function portsOf(
  ports: readonly NetworkPolicyPort[] | undefined,
  target: Endpoint | undefined,
): PolicyPort[] | undefined {
  if (ports === undefined || ports.length === 0) return undefined
  return ports.flatMap(({ port, endPort, protocol = 'TCP' }) => {
    if (!isProtocol(protocol)) return []
    if (port === undefined) return [{ protocol }]
    if (typeof port === 'number') return [{ protocol, from: port, ...(endPort ? { to: endPort } : {}) }]
    return (target?.ports ?? [])
      .filter(({ name, protocol: spoken }) => name === port && spoken === protocol)
      .map(({ number }) => ({ protocol, from: number }))
  })
}

const isProtocol = (text: string): text is PolicyPort['protocol'] => /^(TCP|UDP|SCTP)$/.test(text)
