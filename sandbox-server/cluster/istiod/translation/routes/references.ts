/** Which route configurations listeners ask for by name. */
import type { EnvoyResource } from '../contract.ts'
import { isObject } from '../model/decode.ts'

const chainsOf = ({ filterChains, defaultFilterChain }: EnvoyResource): unknown[] => [
  ...(Array.isArray(filterChains) ? filterChains : []),
  defaultFilterChain,
]

/** Names, each once, in the order they are met. */
export function referencedRoutes(listeners: readonly EnvoyResource[]): string[] {
  const names = new Set<string>()
  for (const chain of listeners.flatMap(chainsOf)) {
    const filters = isObject(chain) && Array.isArray(chain.filters) ? chain.filters : []
    for (const filter of filters) {
      const config = isObject(filter) && isObject(filter.typedConfig) ? filter.typedConfig : {}
      if (isObject(config.rds)) names.add(String(config.rds.routeConfigName))
    }
  }
  return [...names]
}
