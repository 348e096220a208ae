/**
 * Envoy's config dump as rows in the words of a VirtualService: which requests go where. Pure.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/config_dump.proto
 */
import type { RouteRow } from '../../protocol/steps.ts'
import { at, isRecord, listAt, numberAt, textAt } from '../kube-client/objects.ts'
import { parseClusterName, shortHost } from './istio-names.ts'
import { describeMatch } from './route-match.ts'

export interface RoutesQuery {
  /** Name of the pod whose proxy it is. */
  proxy: string
  /** Service name, `reviews` or `reviews.namespace`, or any host. */
  service: string
  namespace: string
}

export interface ServiceRoutes {
  /** In Envoy's order: the first that matches wins. */
  rows: RouteRow[]
  /** When the proxy took over the newest of these routes, milliseconds since the epoch; undefined when it does not say. */
  updatedAt: number | undefined
}

/** The outbound routes for one service. */
export function routesOf(configDump: unknown, query: RoutesQuery): ServiceRoutes {
  const seen = new Set<string>()
  const rows: RouteRow[] = []
  let updatedAt: number | undefined
  for (const entry of routeEntries(configDump)) {
    const hosts = listAt(entry, 'route_config', 'virtual_hosts').filter(host => isFor(host, query))
    if (hosts.length === 0) continue
    const time = Date.parse(textAt(entry, 'last_updated'))
    if (!Number.isNaN(time)) updatedAt = Math.max(time, updatedAt ?? 0)
    for (const row of hosts
      .flatMap(host => listAt(host, 'routes'))
      .flatMap(route => rowsOfRoute(route, query))) {
      // The same service may be listed under several ports with equal routes.
      const key = JSON.stringify(row)
      if (!seen.has(key)) rows.push(row)
      seen.add(key)
    }
  }
  return { rows, updatedAt }
}

function routeEntries(configDump: unknown): unknown[] {
  return listAt(snakeCase(configDump), 'configs').flatMap(section => {
    const wrapped = [...listAt(section, 'dynamic_route_configs'), ...listAt(section, 'static_route_configs')]
    // `config_dump?resource=dynamic_route_configs` lists the entries themselves.
    return (wrapped.length > 0 ? wrapped : [section]).filter(entry => isOutbound(at(entry, 'route_config')))
  })
}

/**
 * Envoy's admin interface writes field names as the protos do, `virtual_hosts`; other printers of the same messages
 * write `virtualHosts`. Only what describes routes is looked at: a dump has megabytes of clusters.
 */
function snakeCase(configDump: unknown): unknown {
  const sections = listAt(configDump, 'configs').filter(section => {
    const type = textAt(section, '@type')
    return (
      type.endsWith('.RoutesConfigDump') ||
      isRecord(at(section, 'route_config') ?? at(section, 'routeConfig'))
    )
  })
  return { configs: sections.map(snakeCaseKeys) }
}

/** `virtualHosts` to `virtual_hosts`, all the way down. */
export function snakeCaseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCaseKeys)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      snakeCaseKeys(inner),
    ]),
  )
}

/** Inbound route configurations are named `inbound|port||`. */
const isOutbound = (configuration: unknown): boolean =>
  isRecord(configuration) && !textAt(configuration, 'name').startsWith('inbound|')

function isFor(virtualHost: unknown, { service, namespace }: RoutesQuery): boolean {
  const [name = '', itsNamespace = namespace] = service.split('.')
  const hosts = [service, `${name}.${itsNamespace}.svc.cluster.local`]
  return listAt(virtualHost, 'domains').some(
    domain => typeof domain === 'string' && hosts.includes(domain.replace(/:\d+$/, '')),
  )
}

function rowsOfRoute(route: unknown, query: RoutesQuery): RouteRow[] {
  const base = { proxy: query.proxy, host: query.service, match: describeMatch(at(route, 'match')) }
  const to = (cluster: string, percent: number): RouteRow => {
    const parsed = parseClusterName(cluster)
    return {
      ...base,
      destination: parsed ? shortHost(parsed.host, query.namespace) : cluster,
      subset: parsed?.subset ?? '',
      percent,
    }
  }
  const weighted = listAt(route, 'route', 'weighted_clusters', 'clusters')
  if (weighted.length > 0) {
    const weightOf = (cluster: unknown) => numberAt(cluster, 'weight') ?? 0
    const total = weighted.reduce<number>((sum, cluster) => sum + weightOf(cluster), 0)
    return weighted.map(cluster => to(textAt(cluster, 'name'), share(weightOf(cluster), total)))
  }
  const cluster = textAt(route, 'route', 'cluster')
  if (cluster !== '') return [to(cluster, 100)]
  const status = numberAt(route, 'direct_response', 'status')
  if (status !== undefined)
    return [{ ...base, destination: `direct response ${status}`, subset: '', percent: 100 }]
  if (isRecord(at(route, 'redirect'))) return [{ ...base, destination: 'redirect', subset: '', percent: 100 }]
  return []
}

const share = (weight: number, total: number): number =>
  total === 0 ? 0 : Math.round((weight / total) * 10_000) / 100
