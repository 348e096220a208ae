/** What a proxy is sent: everything istiod computes for it from one snapshot of the cluster. */
import { blackHoleCluster, inboundPassthroughCluster, passthroughCluster } from './clusters/builtin.ts'
import { inboundClusters } from './clusters/inbound.ts'
import { outboundClusters, sniRoutedClusters } from './clusters/outbound.ts'
import type { EnvoyResource, MeshSnapshot, ProxyRef, ProxyResources } from './contract.ts'
import { loadAssignments } from './endpoints/assignment.ts'
import { envoyFiltersFor } from './envoy-filters/index.ts'
import { gatewayListeners } from './gateways/listeners.ts'
import { mergeGateways } from './gateways/merge.ts'
import { gatewayRouteConfig } from './gateways/routes.ts'
import { inboundListeners } from './listeners/inbound.ts'
import { outboundListeners } from './listeners/outbound.ts'
import { httpProxyListener, virtualOutboundListener } from './listeners/virtual-outbound.ts'
import { buildMesh, type Mesh } from './mesh.ts'
import type { MeshProxy } from './model/proxy.ts'
import { referencedRoutes } from './routes/references.ts'
import { sidecarRouteConfig } from './routes/sidecar-routes.ts'

export type { EnvoyResource, MeshSnapshot, ProxyRef, ProxyResources } from './contract.ts'
export { buildMesh, type Mesh } from './mesh.ts'

/** A proxy that is not in the snapshot: no such pod, or it has no address yet. */
export class UnknownProxyError extends Error {
  override readonly name = 'UnknownProxyError'

  constructor(ref: ProxyRef) {
    super(`no pod ${ref.pod} with an address in namespace ${ref.namespace}`)
  }
}

/** Resources of one proxy. Throws UnknownProxyError. For several proxies of a snapshot share `buildMesh`. */
export const translate = (snapshot: MeshSnapshot, ref: ProxyRef): ProxyResources =>
  translateWith(buildMesh(snapshot), ref)

/** Resources of one proxy of an indexed snapshot. Throws UnknownProxyError. */
export function translateWith(mesh: Mesh, ref: ProxyRef): ProxyResources {
  const proxy = mesh.proxy(ref)
  if (!proxy) throw new UnknownProxyError(ref)
  return proxy.type === 'router' ? gatewayResources(mesh, proxy) : sidecarResources(mesh, proxy)
}

function sidecarResources(mesh: Mesh, proxy: MeshProxy): ProxyResources {
  const filters = envoyFiltersFor(mesh, proxy)
  const httpProxy = httpProxyListener(mesh)
  const inbound = inboundListeners(mesh, proxy)
  const listeners: EnvoyResource[] = [
    ...filters.listeners('SIDECAR_OUTBOUND', outboundListeners(mesh, proxy)),
    ...filters.listeners('SIDECAR_OUTBOUND', httpProxy ? [httpProxy] : [], 'alone'),
    ...filters.listeners('SIDECAR_OUTBOUND', [virtualOutboundListener(mesh, proxy)], 'alone'),
    ...filters.listeners('SIDECAR_INBOUND', inbound.slice(0, 1), 'alone'),
    ...filters.listeners('SIDECAR_INBOUND', inbound.slice(1)),
  ]
  const outbound = [...outboundClusters(mesh, proxy), blackHoleCluster(mesh), passthroughCluster(mesh)]
  const clusters = [
    ...filters.clusters('SIDECAR_OUTBOUND', outbound),
    ...filters.clusters('SIDECAR_INBOUND', [
      ...inboundClusters(mesh, proxy),
      inboundPassthroughCluster(mesh),
    ]),
  ]
  return {
    listeners,
    clusters,
    routes: referencedRoutes(listeners).map(name =>
      filters.routeConfig('SIDECAR_OUTBOUND', sidecarRouteConfig(mesh, proxy, name)),
    ),
    endpoints: loadAssignments(mesh, proxy, clusters),
  }
}

/** Gateways have no inbound side, and nothing is passed through. */
function gatewayResources(mesh: Mesh, proxy: MeshProxy): ProxyResources {
  const filters = envoyFiltersFor(mesh, proxy)
  const merged = mergeGateways(mesh, proxy)
  const listeners = filters.listeners('GATEWAY', gatewayListeners(mesh, proxy, merged))
  const passesOn = merged.ports.some(p => p.servers.some(s => s.server.tls?.mode === 'AUTO_PASSTHROUGH'))
  const clusters = filters.clusters('GATEWAY', [
    ...outboundClusters(mesh, proxy),
    blackHoleCluster(mesh),
    ...(passesOn ? sniRoutedClusters(mesh, proxy) : []),
  ])
  return {
    listeners,
    clusters,
    routes: referencedRoutes(listeners).map(name =>
      filters.routeConfig('GATEWAY', gatewayRouteConfig(mesh, proxy, merged, name)),
    ),
    endpoints: loadAssignments(mesh, proxy, clusters),
  }
}
