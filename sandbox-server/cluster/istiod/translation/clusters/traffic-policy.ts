/** Applies a traffic policy to a cluster, in istiod's order: later parts look at what earlier ones set. */
import type { MeshSettings } from '../model/mesh-config.ts'
import type { Protocol } from '../model/protocol.ts'
import type { TrafficPolicy } from '../model/specs/destination-rule.ts'
import { applyConnectionPool, shouldUpgrade } from './connection-pool.ts'
import { type ClusterDraft, useHttp2 } from './draft.ts'
import { applyLoadBalancer } from './load-balancer.ts'
import { applyOutlierDetection } from './outlier-detection.ts'
import { applyProxyProtocol, applyTls, type TlsContext } from './tls.ts'

/** The mesh's default pool and outlier detection where a rule leaves the block out. */
export function withMeshDefaults(
  policy: TrafficPolicy | undefined,
  mesh: MeshSettings,
): TrafficPolicy | undefined {
  const defaults = mesh.config.defaultTrafficPolicy
  if (!defaults?.connectionPool && !defaults?.outlierDetection) return policy
  return {
    ...policy,
    connectionPool: policy?.connectionPool ?? defaults.connectionPool,
    outlierDetection: policy?.outlierDetection ?? defaults.outlierDetection,
  }
}

/** For outbound clusters: everything. */
export function applyOutboundPolicy(
  draft: ClusterDraft,
  mesh: MeshSettings,
  policy: TrafficPolicy | undefined,
  protocol: Protocol,
  tls: TlsContext,
): void {
  if (shouldUpgrade(policy?.connectionPool, protocol, mesh)) useHttp2(draft)
  applyConnectionPool(draft, mesh, policy?.connectionPool, policy?.retryBudget)
  applyOutlierDetection(draft, policy?.outlierDetection)
  applyLoadBalancer(draft, mesh, tls.service, policy?.loadBalancer)
  applyTls(draft, mesh, policy?.tls, tls)
  applyProxyProtocol(draft, policy?.proxyProtocol?.version, policy?.proxyProtocol !== undefined)
}
