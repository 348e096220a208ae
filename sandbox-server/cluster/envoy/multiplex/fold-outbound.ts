/**
 * A real sidecar's outbound side is `virtualOutbound` (port 15001), which hands each connection over to the listener of its
 * original destination: `10.96.1.1_9080`, else `0.0.0.0_9080`. The shared Envoy has many pods with listeners of the same
 * addresses, so a pod's are folded into filter chains of one listener. Envoy chooses a chain by destination port, then
 * by the most specific address, never looking back, which is the same choice.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { objectOf, objectsOf, stringOf } from './json.ts'

const ANY_ADDRESS = '0.0.0.0'
const SHARED_PORT_TIMEOUT = '0.3s'
const INSPECTORS = ['envoy.filters.listener.tls_inspector', 'envoy.filters.listener.http_inspector']
const INSPECTOR_TYPES: Record<string, string> = {
  'envoy.filters.listener.tls_inspector':
    'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  'envoy.filters.listener.http_inspector':
    'type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
}
export const ORIGINAL_DST_FILTER: EnvoyResource = {
  name: 'envoy.filters.listener.original_dst',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  },
}

/** What the folded listener consists of. */
export interface FoldedOutbound {
  filterChains: EnvoyResource[]
  defaultFilterChain?: EnvoyResource
  listenerFilters: EnvoyResource[]
  listenerFiltersTimeout: string
  continueOnListenerFiltersTimeout?: boolean
}

/** `virtualOutbound` is the listener with `useOriginalDst`; `services` those it hands over to. */
export function foldOutbound(
  virtualOutbound: EnvoyResource,
  services: readonly EnvoyResource[],
): FoldedOutbound {
  const catchAll = objectsOf(virtualOutbound.filterChains).find(chain => isMatchAll(chain))
  const fallback = objectOf(virtualOutbound.defaultFilterChain ?? catchAll)
  const filterChains = objectsOf(virtualOutbound.filterChains).filter(chain => chain !== catchAll)
  const silentPorts = new Set<number>()
  const sniffedPorts = new Map<string, Set<number>>(INSPECTORS.map(name => [name, new Set()]))
  for (const listener of services) {
    const { port } = socketAddress(listener)
    filterChains.push(...chainsOf(listener, fallback))
    const inspectors = objectsOf(listener.listenerFilters).filter(({ name }) =>
      INSPECTORS.includes(stringOf(name)),
    )
    if (inspectors.length === 0) silentPorts.add(port)
    for (const filter of inspectors) sniffedPorts.get(stringOf(filter.name))?.add(port)
  }
  return {
    filterChains: withoutDuplicates(filterChains),
    defaultFilterChain:
      Object.keys(fallback).length > 0 ? { ...fallback, filterChainMatch: undefined } : undefined,
    ...timeout([...sniffedPorts.values()].some(ports => [...ports].some(port => silentPorts.has(port)))),
    listenerFilters: [
      ORIGINAL_DST_FILTER,
      ...INSPECTORS.flatMap(name => inspector(name, sniffedPorts.get(name))),
    ],
  }
}

/**
 * A filter can be switched off by port, not by address. Where one service on a port is sniffed and another of the same
 * port is not, waiting for the first bytes must end, for the other's server may speak first.
 */
function timeout(
  isShared: boolean,
): Pick<FoldedOutbound, 'listenerFiltersTimeout' | 'continueOnListenerFiltersTimeout'> {
  if (!isShared) return { listenerFiltersTimeout: '0s' }
  return { listenerFiltersTimeout: SHARED_PORT_TIMEOUT, continueOnListenerFiltersTimeout: true }
}

function socketAddress(listener: EnvoyResource): { address: string; port: number } {
  const socket = objectOf(objectOf(listener.address).socketAddress)
  return { address: stringOf(socket.address), port: Number(socket.portValue) }
}

/** The listener's chains, each bound to the listener's address, and its default chain where it differs from the pod's. */
function chainsOf(listener: EnvoyResource, fallback: EnvoyResource): EnvoyResource[] {
  const addresses = [listener.address, ...objectsOf(listener.additionalAddresses).map(more => more.address)]
    .map(address => socketAddress({ address }))
    .filter(({ address }) => address !== '' && !address.includes(':'))
  return addresses.flatMap(({ address, port }) => {
    const bind = (match: EnvoyResource): EnvoyResource => ({
      ...match,
      destinationPort: match.destinationPort ?? port,
      ...(address === ANY_ADDRESS ? {} : { prefixRanges: [{ addressPrefix: address, prefixLen: 32 }] }),
    })
    const own = objectsOf(listener.filterChains)
    const chains = own.map(chain => ({ ...chain, filterChainMatch: bind(objectOf(chain.filterChainMatch)) }))
    const fallThrough = objectOf(listener.defaultFilterChain)
    if (Object.keys(fallThrough).length === 0 || sameFilters(fallThrough, fallback)) return chains
    const gaps = gapsBeside(own.map(chain => objectOf(chain.filterChainMatch)))
    return [...chains, ...gaps.map(gap => ({ ...fallThrough, filterChainMatch: bind(gap) }))]
  })
}

/**
 * Matches that catch what `matches` leave over. Since Envoy does not look back, each value that some chain asks for at one
 * level (addresses, server names, transport protocol) needs a catch-all of its own below it.
 */
function gapsBeside(matches: readonly EnvoyResource[]): EnvoyResource[] {
  const asked = (key: string): unknown[] => {
    const values = new Map(
      matches
        .filter(match => match[key] !== undefined)
        .map(match => [JSON.stringify(match[key]), match[key]]),
    )
    return [undefined, ...values.values()]
  }
  const taken = new Set(matches.map(matchKey))
  const gaps: EnvoyResource[] = []
  for (const prefixRanges of asked('prefixRanges')) {
    for (const serverNames of asked('serverNames')) {
      for (const transportProtocol of asked('transportProtocol')) {
        const gap: EnvoyResource = {}
        if (prefixRanges !== undefined) gap.prefixRanges = prefixRanges
        if (serverNames !== undefined) gap.serverNames = serverNames
        if (transportProtocol !== undefined) gap.transportProtocol = transportProtocol
        if (!taken.has(matchKey(gap))) gaps.push(gap)
      }
    }
  }
  return gaps
}

const matchKey = (match: EnvoyResource): string =>
  JSON.stringify(Object.entries(match).sort(([left], [right]) => (left < right ? -1 : 1)))

const isMatchAll = (chain: EnvoyResource): boolean =>
  Object.keys(objectOf(chain.filterChainMatch)).length === 0

const sameFilters = (left: EnvoyResource, right: EnvoyResource): boolean =>
  JSON.stringify(left.filters) === JSON.stringify(right.filters)

/** Envoy refuses a listener with two chains of the same match; Istio's own order decides. */
function withoutDuplicates(chains: readonly EnvoyResource[]): EnvoyResource[] {
  const seen = new Set<string>()
  return chains.filter(chain => {
    const key = matchKey(objectOf(chain.filterChainMatch))
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** An inspector that waits for the first bytes only on `ports`: where the server speaks first it would wait for ever. */
function inspector(name: string, ports: ReadonlySet<number> | undefined): EnvoyResource[] {
  if (!ports || ports.size === 0) return []
  const ranges = [...ports]
    .sort((a, b) => a - b)
    .map(port => ({ destinationPortRange: { start: port, end: port + 1 } }))
  const sniffed = ranges.length === 1 ? ranges[0] : { orMatch: { rules: ranges } }
  return [{ name, typedConfig: { '@type': INSPECTOR_TYPES[name] }, filterDisabled: { notMatch: sniffed } }]
}
