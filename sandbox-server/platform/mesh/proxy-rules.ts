/** What one proxy has been told: weights, time-outs, faults, copies and limits, read from its Envoy's config dump. Pure. */
import type { MeshLimit, MeshRule } from '../../protocol/mesh.ts'
import { snakeCaseKeys } from '../checks/config-dump.ts'
import { parseClusterName } from '../checks/istio-names.ts'
import { describeMatch } from '../checks/route-match.ts'
import { at, isRecord, listAt, numberAt, textAt } from '../kube-client/objects.ts'
import type { Directory } from './directory.ts'

export interface ProxyRules {
  rules: MeshRule[]
  limits: MeshLimit[]
}

interface Asked {
  /** Node whose proxy it is. */
  source: string
  directory: Directory
}

/** A dump has more: bootstrap, secrets, endpoints. */
const SECTIONS = /\.(Routes|Clusters|Listeners)ConfigDump$/
const FAULT_FILTER = 'envoy.filters.http.fault'
/** Envoy's own defaults, and what Istio sets where nothing is said. */
const UNLIMITED = new Set([4294967295, 2147483647, 1024])

export function proxyRules(configDump: unknown, source: string, directory: Directory): ProxyRules {
  const asked = { source, directory }
  const sections = listAt(configDump, 'configs')
    .filter(section => SECTIONS.test(textAt(section, '@type')))
    .map(snakeCaseKeys)
  const of = (type: string) => sections.filter(section => textAt(section, '@type').endsWith(type))
  const routes = of('.RoutesConfigDump').flatMap(section => [
    ...listAt(section, 'dynamic_route_configs'),
    ...listAt(section, 'static_route_configs'),
  ])
  const clusters = of('.ClustersConfigDump').flatMap(section => listAt(section, 'dynamic_active_clusters'))
  const listeners = of('.ListenersConfigDump').flatMap(section => listAt(section, 'dynamic_listeners'))
  const rules = [
    ...routes.flatMap(entry => httpRules(at(entry, 'route_config'), asked)),
    ...listeners.flatMap(entry => tcpRules(at(entry, 'active_state', 'listener'), asked)),
  ]
  return { rules: unique(rules), limits: clusters.flatMap(entry => limitOf(at(entry, 'cluster'), asked)) }
}

/** The same service may be listed under several names with equal routes. */
function unique(rules: readonly MeshRule[]): MeshRule[] {
  const seen = new Set<string>()
  return rules.filter(rule => {
    const key = JSON.stringify(rule)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function httpRules(configuration: unknown, asked: Asked): MeshRule[] {
  if (textAt(configuration, 'name').startsWith('inbound|')) return []
  return listAt(configuration, 'virtual_hosts').flatMap(virtualHost =>
    listAt(virtualHost, 'routes').flatMap(route => httpRule(route, hostOf(virtualHost), asked)),
  )
}

/** `reviews.default.svc.cluster.local:9080`, as Istio names its virtual hosts. */
const hostOf = (virtualHost: unknown): string => textAt(virtualHost, 'name').replace(/:\d+$/, '')

function httpRule(route: unknown, host: string, asked: Asked): MeshRule[] {
  const config = textAt(route, 'metadata', 'filter_metadata', 'istio', 'config')
  const virtualService = /\/namespaces\/([^/]+)\/virtual-service\/([^/]+)$/.exec(config)
  const targets = targetsOf(at(route, 'route'), asked)
  const fault = at(route, 'typed_per_filter_config', FAULT_FILTER)
  const mirror = listAt(route, 'route', 'request_mirror_policies')[0]
  const timeoutMs = durationMs(at(route, 'route', 'timeout'))
  if (targets.length === 0 && !isRecord(fault)) return []
  // Routes without a VirtualService say nothing but that there is a service.
  if (!virtualService && targets.every(({ subset }) => subset === '')) return []
  return [
    {
      source: asked.source,
      host,
      port: portOf(at(route, 'route')),
      protocol: 'http',
      match: describeMatch(at(route, 'match')),
      virtualService: virtualService ? `${virtualService[1]}/${virtualService[2]}` : '',
      targets,
      ...(timeoutMs > 0 ? { timeoutMs } : {}),
      ...faultOf(fault),
      ...(mirror === undefined ? {} : { mirror: mirrorOf(mirror, asked) }),
    },
  ]
}

function tcpRules(listener: unknown, asked: Asked): MeshRule[] {
  if (textAt(listener, 'traffic_direction') === 'INBOUND') return []
  return listAt(listener, 'filter_chains')
    .flatMap(chain => listAt(chain, 'filters'))
    .map(filter => at(filter, 'typed_config'))
    .filter(config => isRecord(at(config, 'weighted_clusters')))
    .map(config => {
      const targets = targetsOf(config, asked)
      return {
        source: asked.source,
        host: targets[0]?.host ?? '',
        port: portOf(config),
        protocol: 'tcp',
        match: '',
        virtualService: '',
        targets,
      }
    })
}

const clustersOf = (action: unknown): readonly unknown[] => {
  const weighted = listAt(action, 'weighted_clusters', 'clusters')
  return weighted.length > 0 ? weighted : [{ name: textAt(action, 'cluster'), weight: 1 }]
}

function targetsOf(action: unknown, { source, directory }: Asked): MeshRule['targets'] {
  const clusters = clustersOf(action)
  const total = clusters.reduce<number>((sum, one) => sum + (numberAt(one, 'weight') ?? 0), 0)
  return clusters.flatMap(one => {
    const cluster = parseClusterName(textAt(one, 'name'))
    if (!cluster) return []
    const percent = total === 0 ? 0 : Math.round(((numberAt(one, 'weight') ?? 0) / total) * 10_000) / 100
    const { host, subset } = cluster
    return [{ nodes: directory.nodesOf(host, subset, namespaceOf(source)), host, subset, percent }]
  })
}

const portOf = (action: unknown): number => parseClusterName(textAt(clustersOf(action)[0], 'name'))?.port ?? 0

function faultOf(fault: unknown): Pick<MeshRule, 'delay' | 'abort'> {
  const ms = durationMs(at(fault, 'delay', 'fixed_delay'))
  const status = numberAt(fault, 'abort', 'http_status')
  return {
    ...(ms > 0 ? { delay: { ms, percent: percentOf(at(fault, 'delay', 'percentage')) } } : {}),
    ...(status === undefined
      ? {}
      : { abort: { status, percent: percentOf(at(fault, 'abort', 'percentage')) } }),
  }
}

function mirrorOf(policy: unknown, { source, directory }: Asked): NonNullable<MeshRule['mirror']> {
  const cluster = parseClusterName(textAt(policy, 'cluster'))
  const fraction = at(policy, 'runtime_fraction', 'default_value')
  return {
    nodes: cluster ? directory.nodesOf(cluster.host, cluster.subset, namespaceOf(source)) : [],
    percent: fraction === undefined ? 100 : percentOf(fraction),
  }
}

const DENOMINATORS: Record<string, number> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 }

/** Envoy's FractionalPercent; zero fields are left out of a dump. */
function percentOf(fraction: unknown): number {
  const whole = DENOMINATORS[textAt(fraction, 'denominator') || 'HUNDRED'] ?? 100
  return ((numberAt(fraction, 'numerator') ?? 0) / whole) * 100
}

/** `7s`, `0.500s` */
const durationMs = (value: unknown): number => {
  const seconds = typeof value === 'string' ? Number.parseFloat(value) : 0
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : 0
}

function limitOf(cluster: unknown, { source, directory }: Asked): MeshLimit[] {
  const name = parseClusterName(textAt(cluster, 'name').replace(/;$/, ''))
  if (name?.direction !== 'outbound') return []
  const thresholds = listAt(cluster, 'circuit_breakers', 'thresholds')[0]
  const limit = (field: string): number | undefined => {
    const value = numberAt(thresholds, field)
    return value === undefined || UNLIMITED.has(value) ? undefined : value
  }
  const found = {
    maxConnections: limit('max_connections'),
    maxPending: limit('max_pending_requests'),
    maxRequests: limit('max_requests'),
  }
  const outlierDetection = isRecord(at(cluster, 'outlier_detection'))
  if (!outlierDetection && Object.values(found).every(value => value === undefined)) return []
  const nodes = directory.nodesOf(name.host, name.subset, namespaceOf(source))
  if (nodes.length === 0) return []
  const defined = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
  return [{ source, nodes, ...defined, outlierDetection }]
}

const namespaceOf = (node: string): string => node.split('/')[0] ?? ''
