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
import { ownHeadlessAddress, sharedKey } from './shared-key.ts'

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
  const { sections } = mesh
  const filters = envoyFiltersFor(mesh, proxy)
  const shared = sharedKey(mesh, proxy)
  const own = `${proxy.namespace}/${proxy.pod.name}`
  const inbound = sections.get(`inbound listeners ${own}`, () => inboundListeners(mesh, proxy))
  const entry = sections.get(`virtual outbound ${shared}`, () => [virtualOutboundListener(mesh, proxy)])
  const httpProxy = sections.get('http proxy', () => {
    const listener = httpProxyListener(mesh)
    return listener ? [listener] : []
  })
  const outboundKey = `outbound listeners ${shared} ${ownHeadlessAddress(mesh, proxy)}`
  const listeners = filters.keep(`listeners ${own}`, [
    ...filters.listeners(
      'SIDECAR_OUTBOUND',
      sections.get(outboundKey, () => outboundListeners(mesh, proxy)),
    ),
    ...filters.listeners('SIDECAR_OUTBOUND', httpProxy, 'alone'),
    ...filters.listeners('SIDECAR_OUTBOUND', entry, 'alone'),
    ...filters.listeners('SIDECAR_INBOUND', inbound.slice(0, 1), 'alone'),
    ...filters.listeners('SIDECAR_INBOUND', inbound.slice(1)),
  ])
  const outbound = sections.get(`outbound clusters ${shared}`, () => [
    ...outboundClusters(mesh, proxy),
    blackHoleCluster(mesh),
    passthroughCluster(mesh),
  ])
  const ownClusters = sections.get(`inbound clusters ${own}`, () => [
    ...inboundClusters(mesh, proxy),
    inboundPassthroughCluster(mesh),
  ])
  const clusters = filters.keep(`clusters ${own}`, [
    ...filters.clusters('SIDECAR_OUTBOUND', outbound),
    ...filters.clusters('SIDECAR_INBOUND', ownClusters),
  ])
  const endpointsKey = filters.isEmpty ? shared : own
  const routes = referencedRoutes(listeners).flatMap(name =>
    sections
      .get(`route ${shared} ${name}`, () => [sidecarRouteConfig(mesh, proxy, name)])
      .map(config => filters.routeConfig('SIDECAR_OUTBOUND', config)),
  )
  return {
    listeners: [...listeners],
    clusters: [...clusters],
    routes: [...filters.keep(`routes ${own}`, routes)],
    endpoints: [...sections.get(`endpoints ${endpointsKey}`, () => loadAssignments(mesh, proxy, clusters))],
  }
}

/** Gateways have no inbound side, and nothing is passed through. */
function gatewayResources(mesh: Mesh, proxy: MeshProxy): ProxyResources {
  const filters = envoyFiltersFor(mesh, proxy)
  const own = `${proxy.namespace}/${proxy.pod.name}`
  const keep = (what: string, make: () => EnvoyResource[]) => [...mesh.sections.get(`${what} ${own}`, make)]
  const merged = mergeGateways(mesh, proxy)
  const listeners = keep('listeners', () =>
    filters.listeners('GATEWAY', gatewayListeners(mesh, proxy, merged)),
  )
  const passesOn = merged.ports.some(p => p.servers.some(s => s.server.tls?.mode === 'AUTO_PASSTHROUGH'))
  const clusters = keep('clusters', () =>
    filters.clusters('GATEWAY', [
      ...outboundClusters(mesh, proxy),
      blackHoleCluster(mesh),
      ...(passesOn ? sniRoutedClusters(mesh, proxy) : []),
    ]),
  )
  return {
    listeners,
    clusters,
    routes: keep('routes', () =>
      referencedRoutes(listeners).map(name =>
        filters.routeConfig('GATEWAY', gatewayRouteConfig(mesh, proxy, merged, name)),
      ),
    ),
    endpoints: keep('endpoints', () => loadAssignments(mesh, proxy, clusters)),
  }
}
