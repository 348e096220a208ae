/** TCP proxies: to one cluster, or to several by weight. */
import type { Mesh } from '../mesh.ts'
import type { Config } from '../model/config.ts'
import { protoDuration } from '../model/duration.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { DestinationRuleSpec } from '../model/specs/destination-rule.ts'
import type { RouteDestination } from '../model/specs/virtual-service.ts'
import { destinationCluster } from '../routes/route.ts'
import { tcpPolicyFilters } from '../security/policies.ts'
import type { Filter } from './filter-chain.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'

/** A TCP proxy to one cluster; its statistics are called like the cluster. */
export const tcpProxy = (cluster: string, fields: Record<string, unknown> = {}): Filter => ({
  name: 'envoy.filters.network.tcp_proxy',
  typedConfig: { '@type': TYPE, statPrefix: cluster, cluster, ...fields },
})

function ruleFields(rule: DestinationRuleSpec | undefined, subset: string): Record<string, unknown> {
  const policy = rule?.trafficPolicy
  const own = rule?.subsets?.find(s => s.name === subset)?.trafficPolicy
  const hash = own?.loadBalancer ? own.loadBalancer.consistentHash : policy?.loadBalancer?.consistentHash
  const idleTimeout = protoDuration(policy?.connectionPool?.tcp?.idleTimeout)
  const maxDownstreamConnectionDuration = protoDuration(policy?.connectionPool?.tcp?.maxConnectionDuration)
  const tunnel = own?.tunnel ?? policy?.tunnel
  return {
    ...(idleTimeout ? { idleTimeout } : {}),
    ...(maxDownstreamConnectionDuration ? { maxDownstreamConnectionDuration } : {}),
    ...(hash?.useSourceIp ? { hashPolicy: [{ sourceIp: {} }] } : {}),
    ...(tunnel
      ? {
          tunnelingConfig: {
            hostname: `${tunnel.targetHost}:${tunnel.targetPort}`,
            ...(tunnel.protocol === 'POST' ? { usePost: true } : {}),
          },
        }
      : {}),
  }
}

/** The filters of a chain that leads to one service, as its rule wants it. */
export function serviceTcpFilters(
  mesh: Mesh,
  proxy: MeshProxy,
  cluster: string,
  rule: Config<DestinationRuleSpec> | undefined,
  subset = '',
): Filter[] {
  const policies = proxy.type === 'router' ? tcpPolicyFilters(mesh, proxy) : []
  return [...policies, tcpProxy(cluster, ruleFields(rule?.spec, subset))]
}

/** The filters of a VirtualService's tcp or tls route; undefined when no destination has a weight. */
export function routeTcpFilters(
  mesh: Mesh,
  proxy: MeshProxy,
  routes: readonly RouteDestination[],
  port: number,
  config: Config<unknown>,
): Filter[] {
  const service = (r: RouteDestination | undefined) => proxy.scope.byHostname.get(r?.destination?.host ?? '')
  const [first] = routes
  const known = service(first)
  const rule = known && destinationRuleFor(proxy.scope, known.hostname, proxy.labels)
  if (routes.length === 1) {
    const cluster = destinationCluster(first?.destination, known, port)
    return serviceTcpFilters(mesh, proxy, cluster, rule, first?.destination?.subset)
  }
  const clusters = routes
    .filter(r => r.weight)
    .map(r => ({ name: destinationCluster(r.destination, service(r), port), weight: r.weight }))
  const policies = proxy.type === 'router' ? tcpPolicyFilters(mesh, proxy) : []
  const typedConfig = {
    '@type': TYPE,
    statPrefix: `${config.name}.${config.namespace}`,
    weightedClusters: { clusters },
    ...ruleFields(rule?.spec, ''),
  }
  return [...policies, { name: 'envoy.filters.network.tcp_proxy', typedConfig }]
}
