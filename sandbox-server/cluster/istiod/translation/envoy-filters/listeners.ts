/** EnvoyFilter patches of listeners, their filter chains, and the filters in them (istiod's ApplyListenerPatches). */
import type { EnvoyResource } from '../contract.ts'
import { isObject } from '../model/decode.ts'
import { listOf, patchList } from './insertion.ts'
import { withIstioFilters, withoutIstioFilters } from './istio-filters.ts'
import { addsTo, isFor, mergeMode, type Patch, type PatchContext, type Patches } from './patches.ts'
import { copyOf, type Json, mergeAny, mergeMessage } from './proto-json.ts'

const HTTP_CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'
const PARTS = ['LISTENER', 'LISTENER_FILTER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER']

interface ListenerPatching {
  context: PatchContext
  patches: Patches
}

/** The listeners after the patches; those given stay as they are. `takesMore` is false for listeners that are alone of their kind. */
export function patchListeners(
  { context, patches }: ListenerPatching,
  listeners: readonly EnvoyResource[],
  takesMore: boolean,
): EnvoyResource[] {
  const concerned = PARTS.some(part => (patches.get(part) ?? []).some(p => isFor(context, p)))
  if (!concerned) return [...listeners]
  const out = listeners.flatMap(listener => {
    const copy = copyOf(listener)
    withIstioFilters(context, copy)
    if (!patchListener({ context, patches }, copy)) return []
    withoutIstioFilters(copy)
    return [copy]
  })
  const added = takesMore ? (patches.get('LISTENER') ?? []).filter(p => addsTo(context, p)) : []
  return [...out, ...added.map(p => structuredClone(p.value))].filter(l => !!l.name)
}

/** Says whether the listener is kept. */
function patchListener(patching: ListenerPatching, listener: Json): boolean {
  const { context, patches } = patching
  const fitting = (part: string): Patch[] =>
    (patches.get(part) ?? []).filter(p => isFor(context, p) && matchesListener(listener, p))
  for (const patch of fitting('LISTENER')) {
    if (patch.operation === 'REMOVE') return false
    const mode = mergeMode(patch)
    if (mode) mergeMessage(listener, structuredClone(patch.value), mode.replacesLists)
  }
  for (const patch of fitting('LISTENER_FILTER')) patchListenerFilter(listener, patch)
  patchChains(listener, fitting)
  return true
}

function patchListenerFilter(listener: Json, patch: Patch): void {
  const wanted = patch.match.listener?.listenerFilter
  const matches = wanted ? (filter: Json) => filter.name === wanted : undefined
  const filters = listOf(listener, 'listenerFilters')
  if (patch.operation === 'MERGE' && matches) {
    for (const filter of filters.filter(matches)) mergeAny(filter.typedConfig, patch.value.typedConfig)
  } else patchList(filters, patch, matches)
}

type Fitting = (part: string) => Patch[]

function patchChains(listener: Json, fitting: Fitting): void {
  const chains = listOf(listener, 'filterChains')
  const kept = chains.filter(chain => patchChain(listener, chain, fitting))
  const added = fitting('FILTER_CHAIN').filter(p => p.operation === 'ADD')
  listener.filterChains = [...kept, ...added.map(p => structuredClone(p.value))]
  const fallback = listener.defaultFilterChain
  if (isObject(fallback) && !patchChain(listener, fallback, fitting)) delete listener.defaultFilterChain
}

/** Says whether the chain is kept. */
function patchChain(listener: Json, chain: Json, fitting: Fitting): boolean {
  const inChain = (part: string) => fitting(part).filter(p => matchesChain(listener, chain, p))
  for (const patch of inChain('FILTER_CHAIN')) {
    if (patch.operation === 'REMOVE') return false
    const mode = mergeMode(patch)
    if (mode && !mergeTransportSocket(chain.transportSocket, patch.value.transportSocket)) {
      mergeMessage(chain, structuredClone(patch.value), mode.replacesLists)
    }
  }
  const filters = listOf(chain, 'filters')
  for (const patch of inChain('NETWORK_FILTER')) patchList(filters, patch, namedFilter(patch))
  for (const filter of filters) {
    for (const patch of inChain('NETWORK_FILTER')) mergeFilter(filter, patch, namedFilter(patch))
    if (filter.name === HTTP_CONNECTION_MANAGER) patchHttpFilters(filter, inChain('HTTP_FILTER'))
  }
  return true
}

/** Merges the settings of a transport socket of the same name; says whether that was all there was to do. */
export function mergeTransportSocket(socket: unknown, patch: unknown): boolean {
  if (!isObject(socket) || !isObject(patch) || socket.name !== patch.name) return false
  mergeAny(socket.typedConfig, structuredClone(patch.typedConfig))
  return true
}

type Matcher = ((filter: Json) => boolean) | undefined

const namedFilter = ({ match }: Patch): Matcher => {
  const wanted = match.listener?.filterChain?.filter
  return wanted ? filter => filter.name === wanted.name : undefined
}

const namedSubFilter = ({ match }: Patch): Matcher => {
  const wanted = match.listener?.filterChain?.filter?.subFilter
  return wanted ? filter => filter.name === wanted.name : undefined
}

/** A filter's name and settings can be merged; a filter without settings has nothing to merge with. */
function mergeFilter(filter: Json, patch: Patch, matches: Matcher): void {
  if (patch.operation !== 'MERGE' || !(matches?.(filter) ?? true) || !isObject(filter.typedConfig)) return
  if (patch.value.name) filter.name = patch.value.name
  mergeAny(filter.typedConfig, structuredClone(patch.value.typedConfig))
}

function patchHttpFilters(manager: Json, patches: readonly Patch[]): void {
  if (!isObject(manager.typedConfig)) return
  const fitting = patches.filter(p => namedFilter(p)?.(manager) ?? true)
  const filters = listOf(manager.typedConfig, 'httpFilters')
  for (const patch of fitting) patchList(filters, patch, namedSubFilter(patch))
  for (const filter of filters) for (const patch of fitting) mergeFilter(filter, patch, namedSubFilter(patch))
}

const isVirtual = ({ name }: Json): boolean => name === 'virtualInbound' || name === 'virtualOutbound'

function portOf(listener: Json): unknown {
  const { address } = listener
  return isObject(address) && isObject(address.socketAddress) ? address.socketAddress.portValue : undefined
}

/** In the virtual listeners a port means the destination port of a chain. */
function matchesListener(listener: Json, { applyTo, match }: Patch): boolean {
  const { name, portNumber } = match.listener ?? {}
  if (name && name !== listener.name) return false
  if (applyTo !== 'LISTENER' && isVirtual(listener)) return true
  return !portNumber || portOf(listener) === portNumber
}

const strings = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function matchesChain(listener: Json, chain: Json, { match }: Patch): boolean {
  if (!match.listener) return true
  const has = isObject(chain.filterChainMatch) ? chain.filterChainMatch : {}
  const { portNumber, filterChain: wanted = {} } = match.listener
  if (isVirtual(listener) && portNumber && has.destinationPort !== portNumber) return false
  if (wanted.name && wanted.name !== chain.name) return false
  if (wanted.sni && !strings(has.serverNames).includes(wanted.sni)) return false
  if (wanted.transportProtocol && wanted.transportProtocol !== has.transportProtocol) return false
  const protocols = wanted.applicationProtocols?.split(',').filter(p => p !== '') ?? []
  if (!protocols.every(p => strings(has.applicationProtocols).includes(p))) return false
  return !wanted.destinationPort || wanted.destinationPort === has.destinationPort
}
