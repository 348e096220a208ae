/** Filter chains of outbound and gateway listeners while they are built, and the listeners made of them. */
import type { EnvoyResource } from '../contract.ts'
import { UNSPECIFIED_IP } from '../model/service.ts'

/** A listener or network filter in Envoy's form. */
export type Filter = Record<string, unknown>

export interface ChainDraft {
  /** Server names of TLS connections. */
  sniHosts: readonly string[]
  destinationCidrs: readonly string[]
  applicationProtocols: readonly string[]
  transportProtocol: string
  metadata?: Record<string, unknown>
  tlsContext?: Record<string, unknown>
  /** Gets the listener's name, which HTTP statistics are called by. */
  filters(listenerName: string): Filter[]
}

export const chainDraft = (chain: Partial<ChainDraft> & Pick<ChainDraft, 'filters'>): ChainDraft => ({
  sniHosts: [],
  destinationCidrs: [],
  applicationProtocols: [],
  transportProtocol: '',
  ...chain,
})

/** What the HTTP inspector calls HTTP/1.1 and HTTP/2 in plain text. */
export const PLAINTEXT_HTTP_ALPN = ['http/1.1', 'h2c']

const listenerFilter = (name: string, type: string): Filter => ({
  name,
  typedConfig: { '@type': `type.googleapis.com/envoy.extensions.filters.listener.${type}` },
})
export const TLS_INSPECTOR = listenerFilter(
  'envoy.filters.listener.tls_inspector',
  'tls_inspector.v3.TlsInspector',
)
export const HTTP_INSPECTOR = listenerFilter(
  'envoy.filters.listener.http_inspector',
  'http_inspector.v3.HttpInspector',
)
export const ORIGINAL_DST = listenerFilter(
  'envoy.filters.listener.original_dst',
  'original_dst.v3.OriginalDst',
)
export const PROXY_PROTOCOL = listenerFilter(
  'envoy.filters.listener.proxy_protocol',
  'proxy_protocol.v3.ProxyProtocol',
)

/** `ADDRESS_PORT` */
export const listenerName = (bind: string, port: number): string => `${bind}_${port}`

/** Envoy's address: a socket, or a pipe for a Unix path. */
export const socketAddress = (bind: string, port: number): Record<string, unknown> =>
  bind.startsWith('unix://')
    ? { pipe: { path: bind.slice('unix://'.length) } }
    : { socketAddress: { address: bind, portValue: port } }

const matchesAllNames = (hosts: readonly string[]): boolean => hosts.length === 0 || hosts.includes('*')

/** Whether every connection matches. */
export const matchesAll = (chain: ChainDraft): boolean =>
  matchesAllNames(chain.sniHosts) &&
  chain.applicationProtocols.length === 0 &&
  chain.transportProtocol === '' &&
  chain.destinationCidrs.length === 0

/** An address or `address/bits` as Envoy's CidrRange, host bits cut off. */
export function cidrRange(text: string): { addressPrefix: string; prefixLen: number } | undefined {
  const [address = '', bits] = text.split('/')
  if (address.includes(':'))
    return { addressPrefix: address, prefixLen: bits === undefined ? 128 : Number(bits) }
  const octets = address.split('.').map(Number)
  if (octets.length !== 4 || octets.some(o => !Number.isInteger(o) || o < 0 || o > 255)) return undefined
  const prefixLen = bits === undefined ? 32 : Number(bits)
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const kept = value - (value % 2 ** (32 - prefixLen))
  const addressPrefix = [24, 16, 8, 0].map(shift => Math.floor(kept / 2 ** shift) % 256).join('.')
  return { addressPrefix, prefixLen }
}

/** The match; undefined when everything matches. */
export function chainMatch(chain: ChainDraft): Record<string, unknown> | undefined {
  if (matchesAll(chain)) return undefined
  const ranges = [...chain.destinationCidrs]
    .sort()
    .map(cidrRange)
    .filter(r => r && r.addressPrefix !== UNSPECIFIED_IP)
  return {
    ...(ranges.length > 0 ? { prefixRanges: ranges } : {}),
    ...(matchesAllNames(chain.sniHosts) ? {} : { serverNames: [...chain.sniHosts].sort() }),
    ...(chain.transportProtocol ? { transportProtocol: chain.transportProtocol } : {}),
    ...(chain.applicationProtocols.length > 0 ? { applicationProtocols: chain.applicationProtocols } : {}),
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every(x => b.includes(x))

const withoutAny = (values: readonly string[]): string[] => [...new Set(values.filter(v => v !== '*'))]

const rangesOf = (chain: ChainDraft): string[] =>
  withoutAny(chain.destinationCidrs).flatMap(text => {
    const range = cidrRange(text)
    return range && range.addressPrefix !== UNSPECIFIED_IP
      ? [`${range.addressPrefix}/${range.prefixLen}`]
      : []
  })

/** Whether two chains would match the same connections, so that Envoy takes only one. */
export const chainsConflict = (a: ChainDraft, b: ChainDraft): boolean =>
  a.transportProtocol === b.transportProtocol &&
  a.applicationProtocols.join() === b.applicationProtocols.join() &&
  sameSet(withoutAny(a.sniHosts), withoutAny(b.sniHosts)) &&
  sameSet(rangesOf(a), rangesOf(b))

export const downstreamTlsSocket = (context: Record<string, unknown>): Record<string, unknown> => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    ...context,
  },
})

/** Slow handshakes must not hold memory for ever. */
const HANDSHAKE_TIMEOUT = '15s'

/** The chain in Envoy's form. */
export function finishChain(chain: ChainDraft, listener: string): EnvoyResource {
  const match = chainMatch(chain)
  return {
    ...(match ? { filterChainMatch: match } : {}),
    filters: chain.filters(listener),
    ...(chain.metadata ? { metadata: chain.metadata } : {}),
    ...(chain.tlsContext ? { transportSocket: downstreamTlsSocket(chain.tlsContext) } : {}),
    transportSocketConnectTimeout: HANDSHAKE_TIMEOUT,
  }
}
