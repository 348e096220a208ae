/**
 * Patches name filters that only Istio's own build of Envoy has, to say where something is to be inserted. They stand
 * in their places while a listener is patched, and are taken out afterwards, because stock Envoy does not know them.
 */
import { isObject } from '../model/decode.ts'
import type { PatchContext } from './patches.ts'
import type { Json } from './proto-json.ts'

const EXCHANGE = 'istio.metadata_exchange'
const GRPC_STATS = 'envoy.filters.http.grpc_stats'
const ALPN = 'istio.alpn'
const FAULT = 'envoy.filters.http.fault'
const PLACE_HOLDER = 'placeHolder'

const placeHolder = (name: string): Json => ({ name, [PLACE_HOLDER]: true })

/** Puts the place holders in; the listener changes. */
export function withIstioFilters(context: PatchContext, listener: Json): void {
  for (const filters of networkFilterLists(listener)) {
    for (const config of filters.flatMap(f => (isObject(f.typedConfig) ? [f.typedConfig] : []))) {
      if (Array.isArray(config.httpFilters)) config.httpFilters = withHttpFilters(context, config.httpFilters)
    }
    if (context === 'SIDECAR_INBOUND' && filters.length > 0) filters.unshift(placeHolder(EXCHANGE))
  }
}

function withHttpFilters(context: PatchContext, filters: readonly Json[]): Json[] {
  const fault = filters.findIndex(f => f.name === FAULT)
  const at = Math.max(fault, 0)
  const own = context === 'SIDECAR_INBOUND' ? [GRPC_STATS] : [GRPC_STATS, ALPN]
  return [placeHolder(EXCHANGE), ...filters.slice(0, at), ...own.map(placeHolder), ...filters.slice(at)]
}

/** Takes the place holders out again, whatever became of them. */
export function withoutIstioFilters(listener: Json): void {
  const isReal = (filter: unknown): boolean => !isObject(filter) || filter[PLACE_HOLDER] !== true
  for (const filters of networkFilterLists(listener)) {
    filters.splice(0, filters.length, ...filters.filter(isReal))
    for (const { typedConfig } of filters) {
      if (isObject(typedConfig) && Array.isArray(typedConfig.httpFilters)) {
        typedConfig.httpFilters = typedConfig.httpFilters.filter(isReal)
      }
    }
  }
}

function networkFilterLists({ filterChains, defaultFilterChain }: Json): Json[][] {
  const chains = [...(Array.isArray(filterChains) ? filterChains : []), defaultFilterChain]
  return chains.flatMap(chain => (isObject(chain) && Array.isArray(chain.filters) ? [chain.filters] : []))
}
