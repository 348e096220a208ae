/** Outbound clusters: one for each port of a service, and one for each of its subsets. */
import type { EnvoyResource } from '../contract.ts'
import { dnsLoadAssignment } from '../endpoints/assignment.ts'
import { configPath, serviceMetadata } from '../envoy-metadata.ts'
import type { Mesh } from '../mesh.ts'
import { isWildcard } from '../model/host.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { clusterName, sniName } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { TrafficPolicy } from '../model/specs/destination-rule.ts'
import { effectivePolicy, policyForPort } from '../model/traffic-policy.ts'
import { outboundStatName } from '../stat-names.ts'
import { applyUpstreamProtocol } from './connection-pool.ts'
import { type ClusterDraft, type DiscoveryType, finish, newDraft } from './draft.ts'
import { dynamicForwardProxyCluster } from './dynamic-forward-proxy.ts'
import type { PortContext } from './port-context.ts'
import { applyOutboundPolicy, withMeshDefaults } from './traffic-policy.ts'

const DNS_RESOLVER = {
  name: 'envoy.network.dns_resolver.cares',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
    udpMaxQueries: 100,
  },
}
const DNS_JITTER = '0.100s'

/** All outbound clusters of a proxy. */
export const outboundClusters = (mesh: Mesh, proxy: MeshProxy): EnvoyResource[] =>
  clustersOf(mesh, proxy, false)

/** Clusters of a gateway with AUTO_PASSTHROUGH, called by server names: one for each service of the mesh. */
export const sniRoutedClusters = (mesh: Mesh, proxy: MeshProxy): EnvoyResource[] =>
  clustersOf(mesh, proxy, true)

function clustersOf(mesh: Mesh, proxy: MeshProxy, isSniRouted: boolean): EnvoyResource[] {
  return proxy.scope.services.flatMap(service => {
    if (service.resolution === 'alias' || (isSniRouted && service.meshExternal)) return []
    const rule = destinationRuleFor(proxy.scope, service.hostname, proxy.labels)
    return service.ports.flatMap(port => {
      if (port.protocol === 'UDP') return []
      const context = { mesh, proxy, service, port, rule, isSniRouted }
      if (service.resolution === 'dynamicDns' && isWildcard(service.hostname))
        return dynamicForwardProxyCluster(context)
      const main = outboundCluster(context, '')
      if (!main) return []
      const subsets = (rule?.spec.subsets ?? []).map(s =>
        outboundCluster(context, s.name ?? '', s.trafficPolicy),
      )
      return [main, ...subsets.filter(c => c !== undefined)]
    })
  })
}

function discoveryType({ service, proxy }: PortContext): DiscoveryType {
  switch (service.resolution) {
    case 'dns':
      return service.raceDnsConnections ? 'LOGICAL_DNS' : 'STRICT_DNS'
    case 'dnsRoundRobin':
      return 'LOGICAL_DNS'
    case 'passthrough':
      // Gateways are sent no original destination, so that they balance over the endpoints.
      return proxy.type === 'router' ? 'EDS' : 'ORIGINAL_DST'
    default:
      return 'EDS'
  }
}

/** The cluster of the service itself (`''`) or of a subset; undefined when DNS has nothing to look up. */
function outboundCluster(
  context: PortContext,
  subset: string,
  own?: TrafficPolicy,
): EnvoyResource | undefined {
  const { mesh, proxy, service, port, rule, isSniRouted } = context
  const isPassthrough = own?.loadBalancer?.simple === 'PASSTHROUGH'
  const draft = newDraft(
    (isSniRouted ? sniName : clusterName)(service.hostname, port.port, subset),
    isPassthrough && subset ? 'ORIGINAL_DST' : discoveryType(context),
  )
  const statName = outboundStatName(mesh, { host: service.hostname, service, subset, port })
  if (statName) draft.fields.altStatName = `${statName};`
  if (!applyDiscovery(draft, context, subset)) return undefined
  applyUpstreamProtocol(draft, port.protocol, proxy.type === 'sidecar')
  draft.istioMetadata.services = [serviceMetadata(service)]
  const policy = subset
    ? effectivePolicy(rule?.spec, subset, port.port)
    : policyForPort(rule?.spec.trafficPolicy, port.port).policy
  const tls = {
    service,
    serviceAccounts: mesh.registry.serviceAccounts(service),
    sni: sniName(service.hostname, port.port, subset),
    serverMode: serverMutualTls(context, subset ? own : rule?.spec.trafficPolicy),
    isSidecar: proxy.type === 'sidecar',
    ruleHasSelector: rule?.spec.workloadSelector !== undefined,
    isForwarded: isSniRouted === true,
  }
  applyOutboundPolicy(draft, mesh.settings, withMeshDefaults(policy, mesh.settings), port.protocol, tls)
  if (rule) draft.istioMetadata.config = configPath('destination-rule', rule)
  if (subset) draft.istioMetadata.subset = subset
  if (service.meshExternal && !subset) draft.istioMetadata.external = true
  return finish(draft)
}

function applyDiscovery(draft: ClusterDraft, context: PortContext, subset: string): boolean {
  const { mesh, service, port } = context
  if (draft.type === 'STRICT_DNS' || draft.type === 'LOGICAL_DNS') {
    const endpoints = dnsLoadAssignment(context, subset)
    if (!endpoints) return false
    Object.assign(draft.fields, {
      dnsLookupFamily: service.raceDnsConnections ? 'ALL' : 'V4_ONLY',
      typedDnsResolverConfig: DNS_RESOLVER,
      dnsJitter: DNS_JITTER,
      dnsRefreshRate: mesh.settings.dnsRefreshRate,
      respectDnsTtl: true,
      loadAssignment: { clusterName: draft.name, endpoints },
    })
  }
  const upstreamPortOverride = service.passthroughTargetPorts.get(port.port)
  if (draft.type === 'ORIGINAL_DST' && upstreamPortOverride) {
    draft.fields.originalDstLbConfig = { upstreamPortOverride }
  }
  return true
}

/** What to expect of the service; where the destination is not chosen here one plain endpoint turns TLS off. */
function serverMutualTls({ mesh, service, port }: PortContext, policy: TrafficPolicy | undefined) {
  if (service.meshExternal) return undefined
  if (service.resolution === 'passthrough' || policy?.loadBalancer?.simple === 'PASSTHROUGH') {
    const endpoints = mesh.registry.endpointsOf(service, port.port)
    if (endpoints.length === 0 || endpoints.some(e => e.tlsMode === 'disabled')) return 'DISABLE'
  }
  return mesh.peerAuthentications.namespaceMode(service.namespace)
}
