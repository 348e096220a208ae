/** TCP proxies: to one cluster, or to several by weight. */
import type { Mesh } from '../mesh.ts'
import type { Config } from '../model/config.ts'
import { protoDuration } from '../model/duration.ts'
import type { Protocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { Port } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { DestinationRuleSpec } from '../model/specs/destination-rule.ts'
import type { RouteDestination } from '../model/specs/virtual-service.ts'
import { destinationCluster } from '../routes/route.ts'
import { tcpPolicyFilters } from '../security/policies.ts'
import { outboundStatName } from '../stat-names.ts'
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

/** Counts what the database protocol does; the connection itself is the TCP proxy's. */
const mongoProxy = (statPrefix: string): Filter => ({
  name: 'envoy.filters.network.mongo_proxy',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy',
    statPrefix,
  },
})

/** The filters that a port's protocol puts before its TCP proxy. */
export const protocolFilters = (protocol: Protocol, statPrefix: string): Filter[] =>
  protocol === 'Mongo' ? [mongoProxy(statPrefix)] : []

/** One destination of a chain. */
export interface TcpDestination {
  cluster: string
  /** What its statistics are called; the cluster's name without. */
  statPrefix?: string
  protocol: Protocol
  rule?: Config<DestinationRuleSpec>
  subset?: string
  /** Passed on with the TLS it came in: nothing of it can be judged. */
  isPassedOn?: boolean
}

const policyFilters = (mesh: Mesh, proxy: MeshProxy): Filter[] =>
  proxy.type === 'router' ? tcpPolicyFilters(mesh, proxy) : []

/** The filters of a chain that leads to one service, as its rule wants it. */
export function serviceTcpFilters(mesh: Mesh, proxy: MeshProxy, destination: TcpDestination): Filter[] {
  const { cluster, protocol, rule, subset = '' } = destination
  const statPrefix = destination.statPrefix ?? cluster
  return [
    ...(destination.isPassedOn ? [] : policyFilters(mesh, proxy)),
    ...protocolFilters(protocol, statPrefix),
    tcpProxy(cluster, { ...ruleFields(rule?.spec, subset), statPrefix }),
  ]
}

/** The filters of a VirtualService's tcp or tls route. */
export function routeTcpFilters(
  mesh: Mesh,
  proxy: MeshProxy,
  routes: readonly RouteDestination[],
  port: Port,
  config: Config<unknown>,
): Filter[] {
  const service = (r: RouteDestination | undefined) => proxy.scope.byHostname.get(r?.destination?.host ?? '')
  const [first] = routes
  const known = service(first)
  const rule = known && destinationRuleFor(proxy.scope, known.hostname, proxy.labels)
  const { protocol } = port
  if (routes.length === 1) {
    const { host = '', subset } = first?.destination ?? {}
    const cluster = destinationCluster(first?.destination, known, port.port)
    const statPrefix = known && outboundStatName(mesh, { host, service: known, subset, port })
    return serviceTcpFilters(mesh, proxy, { cluster, statPrefix, rule, subset, protocol })
  }
  const clusters = routes
    .filter(r => r.weight)
    .map(r => ({ name: destinationCluster(r.destination, service(r), port.port), weight: r.weight }))
  const statPrefix = `${config.name}.${config.namespace}`
  const typedConfig = {
    '@type': TYPE,
    statPrefix,
    weightedClusters: { clusters },
    ...ruleFields(rule?.spec, ''),
  }
  return [
    ...policyFilters(mesh, proxy),
    ...protocolFilters(protocol, statPrefix),
    { name: 'envoy.filters.network.tcp_proxy', typedConfig },
  ]
}
