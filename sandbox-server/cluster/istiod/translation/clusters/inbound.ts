/** Inbound clusters: one for each port of the proxy's own workload. */
import type { EnvoyResource } from '../contract.ts'
import { serviceMetadata } from '../envoy-metadata.ts'
import type { Mesh } from '../mesh.ts'
import { type Protocol, parseProtocol } from '../model/protocol.ts'
import type { MeshProxy, ServiceTarget } from '../model/proxy.ts'
import { inboundClusterName } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { IngressListener } from '../model/specs/networking.ts'
import { policyForPort } from '../model/traffic-policy.ts'
import { inboundStatName } from '../stat-names.ts'
import { applyConnectionPool, applyUpstreamProtocol } from './connection-pool.ts'
import { type ClusterDraft, finish, newDraft } from './draft.ts'
import { withMeshDefaults } from './traffic-policy.ts'

/** Traffic to the workload leaves from here, so that the redirection knows it and lets it pass. */
export const INBOUND_SOURCE = { sourceAddress: { address: '127.0.0.6', portValue: 0 } }
const LOCALHOST = '127.0.0.1'
/** The longest duration there is: about 292 years. */
const NEVER = '9223372035s'

/** All inbound clusters of a sidecar. */
export function inboundClusters(mesh: Mesh, proxy: MeshProxy): EnvoyResource[] {
  const ingress = proxy.scope.sidecar?.ingress
  if (ingress?.length)
    return ingress.map(listener => ingressCluster(mesh, proxy, listener)).filter(c => c !== undefined)
  const byPort = new Map<number, ServiceTarget[]>()
  for (const target of proxy.targets)
    byPort.set(target.targetPort, [...(byPort.get(target.targetPort) ?? []), target])
  const isLocal = mesh.settings.config.inboundTrafficPolicy?.mode === 'LOCALHOST'
  return [...byPort].map(([port, targets]) => {
    const protocol = targets[0]?.port.protocol ?? 'Sniffed'
    const destination = isLocal ? { address: LOCALHOST, port } : undefined
    return inboundCluster(mesh, proxy, { port, protocol, targets, destination })
  })
}

interface InboundPort {
  port: number
  protocol: Protocol
  /** The services of the port; the first one's rule holds. */
  targets: readonly ServiceTarget[]
  /** Where to send it instead of to the original destination. */
  destination?: { address: string; port: number }
}

function inboundCluster(mesh: Mesh, proxy: MeshProxy, inbound: InboundPort): EnvoyResource {
  const { port, protocol, targets, destination } = inbound
  const draft = newDraft(inboundClusterName(port), destination ? 'STATIC' : 'ORIGINAL_DST')
  applyUpstreamProtocol(draft, protocol, true)
  if (destination) applyStaticAddress(draft, destination)
  else {
    draft.lbPolicy = 'CLUSTER_PROVIDED'
    draft.fields.cleanupInterval = NEVER
  }
  const first = targets[0]
  const statName =
    first &&
    inboundStatName(mesh, {
      host: first.service.hostname,
      service: first.service,
      port: first.port,
      targetPort: port,
    })
  if (statName) draft.fields.altStatName = `${statName};`
  const rule = first && destinationRuleFor(proxy.scope, first.service.hostname, proxy.labels, 'inbound')
  const policy = withMeshDefaults(
    policyForPort(rule?.spec.trafficPolicy, first?.port.port ?? port).policy,
    mesh.settings,
  )
  const { sidecar } = proxy.scope
  const own =
    sidecar?.ingress?.find(i => i.port?.number === port)?.connectionPool ?? sidecar?.inboundConnectionPool
  applyConnectionPool(draft, mesh.settings, own ?? policy?.connectionPool, policy?.retryBudget)
  if (destination?.address !== LOCALHOST) draft.fields.upstreamBindConfig = INBOUND_SOURCE
  const services = targets.filter(t => t.port.port === first?.port.port).map(t => serviceMetadata(t.service))
  if (services.length > 0) draft.istioMetadata.services = services
  return finish(draft)
}

function applyStaticAddress(draft: ClusterDraft, { address, port }: { address: string; port: number }): void {
  const socket = address.startsWith('unix://')
    ? { pipe: { path: address.slice('unix://'.length) } }
    : { socketAddress: { address, portValue: port } }
  draft.fields.loadAssignment = {
    clusterName: draft.name,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: socket } }] }],
  }
}

/** `127.0.0.1:PORT`, `0.0.0.0:PORT` (the pod's address) or `unix://PATH`; none keeps the original destination. */
function ingressDestination(
  proxy: MeshProxy,
  endpoint: string | undefined,
): InboundPort['destination'] | 'invalid' {
  if (!endpoint) return undefined
  if (endpoint.startsWith('unix://')) return { address: endpoint, port: 0 }
  const colon = endpoint.lastIndexOf(':')
  const port = Number(endpoint.slice(colon + 1))
  if (colon < 0 || !Number.isInteger(port)) return 'invalid'
  switch (endpoint.slice(0, colon)) {
    case '127.0.0.1':
    case '[::1]':
      return { address: LOCALHOST, port }
    case '0.0.0.0':
    case '[::]':
      return { address: proxy.pod.ip, port }
    default:
      return undefined
  }
}

function ingressCluster(mesh: Mesh, proxy: MeshProxy, listener: IngressListener): EnvoyResource | undefined {
  const port = listener.port?.number
  const destination = ingressDestination(proxy, listener.defaultEndpoint)
  if (port === undefined || destination === 'invalid') return undefined
  const target = proxy.targets.find(t => t.targetPort === port)
  const protocol = parseProtocol(listener.port?.protocol)
  const targets = target ? [{ ...target, port: { name: listener.port?.name ?? '', port, protocol } }] : []
  return inboundCluster(mesh, proxy, { port, protocol, targets, destination })
}
