/**
 * EnvoyFilter: patches of what istiod computed for a proxy, applied as istiod's `networking/core/envoyfilter` does.
 * BOOTSTRAP patches are for a proxy's start and are left out here, EXTENSION_CONFIG for a discovery service we do not
 * speak. What a patch contains is not judged: Envoy refuses what it cannot use, and keeps what it had.
 */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { isObject } from '../model/decode.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { patchClusters } from './clusters.ts'
import { patchListeners } from './listeners.ts'
import { type PatchContext, patchesFor } from './patches.ts'
import { patchRouteConfig, type RoutePatching } from './routes.ts'

/** The patches of one proxy. */
export interface EnvoyFilters {
  isEmpty: boolean
  /** Patched resources are new objects each time: gives those of the mesh before where they say the same. */
  keep(key: string, resources: readonly EnvoyResource[]): readonly EnvoyResource[]
  /** `alone` for the virtual listeners, beside which none is added. */
  listeners(context: PatchContext, listeners: readonly EnvoyResource[], alone?: 'alone'): EnvoyResource[]
  clusters(context: PatchContext, clusters: readonly EnvoyResource[]): EnvoyResource[]
  routeConfig(context: PatchContext, config: EnvoyResource): EnvoyResource
}

const NONE: EnvoyFilters = {
  isEmpty: true,
  keep: (_key, resources) => resources,
  listeners: (_context, listeners) => [...listeners],
  clusters: (_context, clusters) => [...clusters],
  routeConfig: (_context, config) => config,
}

/** Finds the patches for a proxy; without any, everything stays as it is. */
export function envoyFiltersFor(mesh: Mesh, proxy: MeshProxy): EnvoyFilters {
  const patches = patchesFor(mesh, proxy)
  if (!patches) return NONE
  const servicePorts = new Map<number, Set<number>>()
  for (const { port, targetPort } of proxy.targets) {
    servicePorts.set(targetPort, (servicePorts.get(targetPort) ?? new Set()).add(port.port))
  }
  const routePatching = (context: PatchContext): RoutePatching => ({
    context,
    patches,
    servicePortsOf: podPort => (proxy.type === 'router' ? servicePorts.get(podPort) : undefined),
  })
  const hostsOf = ({ name }: EnvoyResource): string[] => {
    const port = Number(String(name).split('|')[1])
    return proxy.targets.filter(t => t.targetPort === port).map(t => t.service.hostname)
  }
  return {
    isEmpty: false,
    keep: (key, resources) => mesh.sections.get(key, () => resources),
    listeners(context, listeners, alone) {
      const own =
        context === 'SIDECAR_INBOUND' ? withInlineRoutes(routePatching(context), listeners) : listeners
      return patchListeners({ context, patches }, own, alone === undefined)
    },
    clusters: (context, clusters) => patchClusters(context, patches, clusters, hostsOf),
    routeConfig: (context, config) => patchRouteConfig(routePatching(context), config),
  }
}

/** Inbound listeners carry their route configurations inside. */
function withInlineRoutes(patching: RoutePatching, listeners: readonly EnvoyResource[]): EnvoyResource[] {
  const patchFilter = (filter: unknown): unknown => {
    if (!isObject(filter) || !isObject(filter.typedConfig)) return filter
    const { routeConfig } = filter.typedConfig
    if (!isObject(routeConfig)) return filter
    const patched = patchRouteConfig(patching, routeConfig)
    return patched === routeConfig
      ? filter
      : { ...filter, typedConfig: { ...filter.typedConfig, routeConfig: patched } }
  }
  const patchChain = (chain: unknown): unknown =>
    isObject(chain) && Array.isArray(chain.filters)
      ? { ...chain, filters: chain.filters.map(patchFilter) }
      : chain
  return listeners.map(listener => ({
    ...listener,
    ...(Array.isArray(listener.filterChains) ? { filterChains: listener.filterChains.map(patchChain) } : {}),
  }))
}
