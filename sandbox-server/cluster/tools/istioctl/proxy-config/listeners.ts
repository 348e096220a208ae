/** `istioctl proxy-config listener`: a line per filter chain, saying what it matches and where it leads. */
import { type Json, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'
import type { ConfigDump } from './dump.ts'
import { describeMatch } from './routes.ts'
import { compare } from './subset-key.ts'

const HTTP = 'envoy.filters.network.http_connection_manager'
const TCP = 'envoy.filters.network.tcp_proxy'
const BLACK_HOLE = 'BlackHoleCluster'

export interface ListenerFilter {
  address: string
  port: number
  type: string
  verbose: boolean
}

export const selectListeners = (dump: ConfigDump, filter: ListenerFilter): Json[] =>
  dump.listeners().filter(listener => fits(listener, filter))

const equalFold = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function fits(listener: Json, { address, port, type }: ListenerFilter): boolean {
  return (
    (address === '' || addressesOf(listener).some(candidate => equalFold(candidate, address))) &&
    (port === 0 || portOf(listener) === port) &&
    (type === '' || equalFold(typeOf(listener), type))
  )
}

export function listenerTable(
  listeners: readonly Json[],
  { verbose }: ListenerFilter,
  withKind: boolean,
): string {
  const sorted = [...listeners].sort(
    (a, b) => portOf(a) - portOf(b) || compare(addressOf(a), addressOf(b)) || compare(typeOf(a), typeOf(b)),
  )
  const rows = sorted.flatMap(listener => {
    const start = [
      ...(withKind ? [`listener/${stringOf(listener['name'])}`] : []),
      addressesOf(listener).join(','),
      String(portOf(listener)),
    ]
    if (!verbose) return [[...start, typeOf(listener)]]
    return chainsOf(listener)
      .map(chain => ({ match: matchText(objectOf(chain['filterChainMatch'])), to: destination(chain) }))
      .sort((a, b) => compare(b.to, a.to))
      .map(({ match, to }) => [...start, match, to])
  })
  const header = [
    ...(withKind ? ['NAME'] : []),
    'ADDRESSES',
    'PORT',
    ...(verbose ? ['MATCH', 'DESTINATION'] : ['TYPE']),
  ]
  return tabulate([header, ...rows], { padding: 1 })
}

const socketAddress = (address: unknown): Json => objectOf(objectOf(address)['socketAddress'])

function addressOf(listener: Json): string {
  const address = objectOf(listener['address'])
  return stringOf(socketAddress(address)['address']) || stringOf(objectOf(address['pipe'])['path'])
}

const addressesOf = (listener: Json): string[] => [
  addressOf(listener),
  ...objectsOf(listener['additionalAddresses']).map(({ address }) =>
    stringOf(socketAddress(address)['address']),
  ),
]

const portOf = (listener: Json): number => numberOf(socketAddress(listener['address'])['portValue'])

const chainsOf = (listener: Json): Json[] => [
  ...objectsOf(listener['filterChains']),
  ...(listener['defaultFilterChain'] === undefined ? [] : [objectOf(listener['defaultFilterChain'])]),
]

function typeOf(listener: Json): string {
  const filters = chainsOf(listener).flatMap(chain => objectsOf(chain['filters']))
  const isHttp = filters.some(({ name }) => name === HTTP)
  const isTcp = filters.some(filter => filter['name'] === TCP && !leadsNowhere(filter))
  if (isHttp) return isTcp ? 'HTTP+TCP' : 'HTTP'
  return isTcp ? 'TCP' : 'UNKNOWN'
}

const leadsNowhere = ({ typedConfig }: Json): boolean =>
  JSON.stringify(typedConfig ?? {}).includes(BLACK_HOLE)

const PROTOCOLS: readonly (readonly [list: string, description: string])[] = [
  ['http/1.0,http/1.1,h2c,istio-http/1.0,istio-http/1.1,istio-h2', 'App: HTTP TLS'],
  ['istio,istio-http/1.0,istio-http/1.1,istio-h2', 'App: Istio HTTP Plain'],
  ['istio-peer-exchange,istio', 'App: TCP TLS'],
  ['http/1.0,http/1.1,h2c', 'App: HTTP'],
]

function matchText(match: Json): string {
  const parts: string[] = []
  const serverNames = stringsOf(match['serverNames'])
  if (serverNames.length > 0) parts.push(`SNI: ${serverNames.join(',')}`)
  const transport = stringOf(match['transportProtocol'])
  if (transport !== '') parts.push(`Trans: ${transport}`)
  const protocols = stringsOf(match['applicationProtocols']).join(',')
  if (protocols !== '') parts.push(PROTOCOLS.find(([list]) => list === protocols)?.[1] ?? `App: ${protocols}`)
  const port = match['destinationPort'] === undefined ? '' : `:${numberOf(match['destinationPort'])}`
  const ranges = objectsOf(match['prefixRanges']).map(
    ({ addressPrefix, prefixLen }) => `${stringOf(addressPrefix)}/${numberOf(prefixLen)}`,
  )
  if (ranges.length > 0) parts.push(`Addr: ${ranges.join(',')}${port}`)
  else if (port !== '') parts.push(`Addr: *${port}`)
  return parts.length === 0 ? 'ALL' : parts.join('; ')
}

function destination(chain: Json): string {
  for (const filter of objectsOf(chain['filters'])) {
    const config = objectOf(filter['typedConfig'])
    if (filter['name'] === HTTP) {
      if (config['routeConfig'] !== undefined) return inlineRoute(objectOf(config['routeConfig']))
      const name = stringOf(objectOf(config['rds'])['routeConfigName'])
      return name === '' ? 'HTTP' : `Route: ${name}`
    }
    if (filter['name'] === TCP && !leadsNowhere(filter)) return clusterText(stringOf(config['cluster']))
  }
  return 'Non-HTTP/Non-TCP'
}

const clusterText = (cluster: string): string =>
  cluster.includes('Cluster') ? cluster : `Cluster: ${cluster}`

function inlineRoute(config: Json): string {
  const hosts = objectsOf(config['virtualHosts'])
  const [host] = hosts
  const only = host && hosts.length === 1 ? catchAllCluster(host) : undefined
  if (only !== undefined) return only
  const described = hosts.map(virtualHost => {
    const domains = stringsOf(virtualHost['domains'])
    const routes = objectsOf(virtualHost['routes'])
      .map(({ match }) => describeMatch(objectOf(match)))
      .join(', ')
    return domains.length === 1 && domains[0] === '*' ? routes : `${domains.join('/')} ${routes}`
  })
  return `Inline Route: ${described.join('; ')}`
}

function catchAllCluster(host: Json): string | undefined {
  const routes = objectsOf(host['routes'])
  const [route] = routes
  if (stringsOf(host['domains']).join() !== '*' || routes.length !== 1 || !route) return undefined
  const cluster = objectOf(route['route'])['cluster']
  if (objectOf(route['match'])['prefix'] !== '/' || typeof cluster !== 'string') return undefined
  return clusterText(cluster)
}
