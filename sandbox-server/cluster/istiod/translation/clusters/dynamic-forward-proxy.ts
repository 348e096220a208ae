/** Clusters that look up whatever name a request asks for (ServiceEntry with DYNAMIC_DNS and a wildcard host). */
import type { EnvoyResource } from '../contract.ts'
import { configPath } from '../envoy-metadata.ts'
import { clusterName, type Service } from '../model/service.ts'
import { policyForPort } from '../model/traffic-policy.ts'
import { applyConnectionPool, applyUpstreamProtocol, shouldUpgrade } from './connection-pool.ts'
import { finish, newDraft, useHttp2 } from './draft.ts'
import { applyOutlierDetection } from './outlier-detection.ts'
import type { PortContext } from './port-context.ts'
import { applyTls } from './tls.ts'
import { withMeshDefaults } from './traffic-policy.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig'
const SUPPORTED = new Set(['HTTP', 'TLS', 'GRPC', 'HTTP2'])

/** The DNS cache that a service's cluster and filters share. */
export const dnsCacheConfig = (service: Service): Record<string, unknown> => ({
  name: `${service.hostname}_dfp_dns_cache`,
  dnsLookupFamily: 'V4_ONLY',
})

/** The cluster of one port; none for protocols that carry no name. */
export function dynamicForwardProxyCluster(context: PortContext): EnvoyResource[] {
  const { mesh, proxy, service, port, rule } = context
  if (!SUPPORTED.has(port.protocol)) return []
  const draft = newDraft(clusterName(service.hostname, port.port), 'EDS')
  delete draft.commonLbConfig
  draft.lbPolicy = 'CLUSTER_PROVIDED'
  applyUpstreamProtocol(draft, port.protocol, proxy.type === 'sidecar')
  const policy = withMeshDefaults(policyForPort(rule?.spec.trafficPolicy, port.port).policy, mesh.settings)
  if (shouldUpgrade(policy?.connectionPool, port.protocol, mesh.settings)) useHttp2(draft)
  applyConnectionPool(draft, mesh.settings, policy?.connectionPool, policy?.retryBudget)
  applyOutlierDetection(draft, policy?.outlierDetection)
  applyTls(draft, mesh.settings, policy?.tls, {
    service,
    serviceAccounts: mesh.registry.serviceAccounts(service),
    sni: '',
    serverMode: service.meshExternal ? undefined : mesh.peerAuthentications.namespaceMode(service.namespace),
    isSidecar: proxy.type === 'sidecar',
    ruleHasSelector: rule?.spec.workloadSelector !== undefined,
  })
  if (rule) draft.istioMetadata.config = configPath('destination-rule', rule)
  if (service.meshExternal) draft.istioMetadata.external = true
  const { type: _, edsClusterConfig: __, ...cluster } = finish(draft)
  const typedConfig = { '@type': TYPE, dnsCacheConfig: dnsCacheConfig(service) }
  return [{ ...cluster, clusterType: { name: 'envoy.clusters.dynamic_forward_proxy', typedConfig } }]
}
