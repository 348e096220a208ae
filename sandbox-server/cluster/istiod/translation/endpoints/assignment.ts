/** Load assignments: the endpoints of a cluster, grouped by locality. */
import type { PortContext } from '../clusters/port-context.ts'
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { isIpAddress, labelsInclude } from '../model/config.ts'
import { type MeshProxy, parseLocality } from '../model/proxy.ts'
import { type Endpoint, type Port, portOf, type Service } from '../model/service.ts'
import { destinationRuleFor } from '../model/sidecar-scope.ts'
import type { DestinationRuleSpec, TrafficPolicy } from '../model/specs/destination-rule.ts'
import { effectivePolicy } from '../model/traffic-policy.ts'
import { balanceLocalities, type LocalityGroup } from './locality.ts'
import { localitySetting } from './locality-setting.ts'

/** The TLS mode a rule sets for a cluster; a port's own settings go before the general ones, a subset's before both. */
function tlsModeOf(rule: DestinationRuleSpec | undefined, subset: string, port: number): string | undefined {
  const modeIn = (policy: TrafficPolicy | undefined): string | undefined => {
    const tls = policy?.portLevelSettings?.find(p => p.port?.number === port && p.tls)?.tls ?? policy?.tls
    return tls && (tls.mode ?? 'DISABLE')
  }
  if (!subset) return modeIn(rule?.trafficPolicy)
  const own = rule?.subsets?.find(s => s.name === subset)
  return own && (modeIn(own.trafficPolicy) ?? modeIn(rule?.trafficPolicy))
}

/** Whether the endpoint is spoken to with Istio's mutual TLS: by the rule, else when it can and its policy lets it. */
function usesMutualTls(mesh: Mesh, ruleMode: string | undefined, e: Endpoint): boolean {
  if (e.tlsMode !== 'istio') return false
  if (ruleMode) return ruleMode === 'ISTIO_MUTUAL'
  const { mode, perPort } = mesh.peerAuthentications.forWorkload(e.namespace, e.labels)
  return (perPort.get(e.port) ?? mode) !== 'DISABLE'
}

/** Labels for telemetry: workload, namespace, canonical service and revision, cluster. */
function workloadLabel(e: Endpoint): string {
  const name =
    e.labels['service.istio.io/canonical-name'] ?? e.labels['app.kubernetes.io/name'] ?? e.labels.app
  const revision =
    e.labels['service.istio.io/canonical-revision'] ??
    e.labels['app.kubernetes.io/version'] ??
    e.labels.version
  const shown = revision === undefined || revision === 'latest' ? '' : revision
  return [e.workloadName, e.namespace, name ?? e.workloadName, shown, 'Kubernetes'].join(';')
}

function lbEndpointOf(endpoint: Endpoint, isMutual: boolean): Record<string, unknown> {
  const address = endpoint.address.startsWith('/')
    ? { pipe: { path: endpoint.address } }
    : { socketAddress: { address: endpoint.address, portValue: endpoint.port } }
  return {
    endpoint: { address },
    ...(endpoint.isHealthKnown ? { healthStatus: 'HEALTHY' } : {}),
    metadata: {
      filterMetadata: {
        ...(isMutual ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}),
        istio: { workload: workloadLabel(endpoint) },
      },
    },
    loadBalancingWeight: endpoint.weight,
  }
}

interface ClusterOf {
  mesh: Mesh
  proxy: MeshProxy
  service: Service
  port: Port
  rule: { spec: DestinationRuleSpec } | undefined
  subset: string
  /** Only endpoints that take mutual TLS can be reached by server name. */
  isSniRouted?: boolean
}

/** Endpoints by locality, localities in order of their names. */
function groupsOf(
  { mesh, service, port, rule, subset, isSniRouted }: ClusterOf,
  byDns: boolean,
): LocalityGroup[] {
  const labels = rule?.spec.subsets?.find(s => s.name === subset)?.labels
  const ruleMode = tlsModeOf(rule?.spec, subset, port.port)
  const groups = new Map<string, LocalityGroup>()
  for (const endpoint of mesh.registry.endpointsOf(service, port.port)) {
    if (!byDns && endpoint.port !== 0 && !isIpAddress(endpoint.address)) continue
    if (endpoint.address === '' || (subset && !labelsInclude(endpoint.labels, labels))) continue
    if (!byDns && endpoint.servicePortName !== port.name) continue
    const group = groups.get(endpoint.locality) ?? {
      locality: parseLocality(endpoint.locality),
      members: [],
      weight: 0,
      priority: 0,
    }
    groups.set(endpoint.locality, group)
    const isMutual = usesMutualTls(mesh, ruleMode, endpoint)
    if (isSniRouted && !isMutual) continue
    group.members.push({ endpoint, lbEndpoint: lbEndpointOf(endpoint, isMutual) })
    group.weight += endpoint.weight
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

function balanced(cluster: ClusterOf, byDns: boolean): Record<string, unknown>[] {
  const { mesh, proxy, service, port, rule, subset } = cluster
  const groups = groupsOf(cluster, byDns)
  const policy = effectivePolicy(rule?.spec, subset, port.port)
  const locality = localitySetting(mesh.settings, policy?.loadBalancer, service)
  const failsOver = policy?.outlierDetection !== undefined || (locality?.isForced ?? false)
  const result = locality ? balanceLocalities(groups, locality.setting, proxy, failsOver) : groups
  return result.map(group => ({
    locality: group.locality,
    ...(group.members.length > 0 ? { lbEndpoints: group.members.map(m => m.lbEndpoint) } : {}),
    loadBalancingWeight: group.weight,
    ...(group.priority > 0 ? { priority: group.priority } : {}),
  }))
}

/** The endpoints in a DNS cluster itself; undefined when it has none. */
export function dnsLoadAssignment(
  context: PortContext,
  subset: string,
): Record<string, unknown>[] | undefined {
  const endpoints = balanced({ ...context, subset }, true)
  return endpoints.length > 0 ? endpoints : undefined
}

/** `outbound_.9080_.v1_.host` in the parts of `outbound|9080|v1|host`. */
const splitSniName = (name: string): string[] =>
  /^(outbound)_\.(\d+)_\.([^_]*(?:_[^.][^_]*)*)_\.(.*)$/.exec(name)?.slice(1) ?? []

/** The load assignments of a proxy's EDS clusters, given by the clusters' names. */
export function loadAssignments(
  mesh: Mesh,
  proxy: MeshProxy,
  clusters: readonly EnvoyResource[],
): EnvoyResource[] {
  return clusters.flatMap(cluster => {
    if (cluster.type !== 'EDS') return []
    const name = String(cluster.name)
    const isSniRouted = name.startsWith('outbound_.')
    const [, portText = '', subset = '', hostname = ''] = isSniRouted ? splitSniName(name) : name.split('|')
    const service = proxy.scope.byHostname.get(hostname)
    const port = service && portOf(service, Number(portText))
    if (!service || !port) return [{ clusterName: name }]
    const rule = destinationRuleFor(proxy.scope, hostname, proxy.labels)
    const endpoints = balanced({ mesh, proxy, service, port, rule, subset, isSniRouted }, false)
    return [{ clusterName: name, ...(endpoints.length > 0 ? { endpoints } : {}) }]
  })
}
