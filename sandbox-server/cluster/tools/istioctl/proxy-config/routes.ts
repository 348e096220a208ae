/** `istioctl proxy-config route`. */
import { type Json, objectOf, objectsOf, stringOf, stringsOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'
import type { ConfigDump } from './dump.ts'
import { managedBy } from './management.ts'

export const selectRoutes = (dump: ConfigDump, name: string): Json[] =>
  dump.routes().filter(route => name === '' || stringOf(route['name']) === name)

/** With `verbose` a line per route, otherwise a line per configuration. */
export function routeTable(routes: readonly Json[], verbose: boolean, withKind: boolean): string {
  const header = verbose
    ? ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE']
    : ['NAME', 'VIRTUAL HOSTS']
  const rows = routes.flatMap(config => {
    const name = `${withKind ? 'route/' : ''}${stringOf(config['name'])}`
    const hosts = objectsOf(config['virtualHosts'])
    return verbose ? hosts.flatMap(host => hostRows(name, host)) : [[name, String(hosts.length)]]
  })
  return tabulate([header, ...rows], { padding: 5 })
}

function hostRows(config: string, host: Json): string[][] {
  const start = [config, stringOf(host['name']), describeDomains(stringsOf(host['domains']))]
  const routes = objectsOf(host['routes'])
  if (routes.length === 0) return [[...start, '/*', '404']]
  return routes
    .filter(({ route }) => objectOf(route)['cluster'] !== 'PassthroughCluster')
    .map(route => [...start, describeMatch(objectOf(route['match'])), managedBy(route)])
}

export function describeMatch(match: Json): string {
  const parts: string[] = []
  const { prefix, pathSeparatedPrefix, path, safeRegex } = match
  if (prefix) parts.push(`${stringOf(prefix)}*`)
  if (pathSeparatedPrefix) parts.push(`PathPrefix:${stringOf(pathSeparatedPrefix)}`)
  if (path) parts.push(stringOf(path))
  if (safeRegex !== undefined) parts.push(`regex ${stringOf(objectOf(safeRegex)['regex'])}`)
  return parts.join(' ')
}

const SHOWN = 2

/** The first two without a port, leaving out what a shorter one says already. */
function describeDomains(domains: readonly string[]): string {
  if (domains.length <= 1) return domains[0] ?? ''
  const portless = domains.filter(domain => {
    if (!domain.includes(':')) return true
    const isIpv6 = domain.split(':').length > 3
    return isIpv6 && domain.endsWith(']')
  })
  const unique = new Set(portless)
  const isLonger = (domain: string, suffix: string) =>
    domain.endsWith(suffix) && unique.has(domain.slice(0, -suffix.length))
  const short = portless.filter(
    domain => !isLonger(domain, '.svc.cluster.local') && !isLonger(domain, '.svc'),
  )
  const shown = short.slice(0, SHOWN).join(', ')
  return short.length > SHOWN ? `${shown} + ${short.length - SHOWN} more...` : shown
}
