/** EnvoyFilter patches of route configurations, virtual hosts and routes (istiod's ApplyRouteConfigurationPatches). */
import type { EnvoyResource } from '../contract.ts'
import { isObject } from '../model/decode.ts'
import { listOf, patchList } from './insertion.ts'
import { isFor, mergeMode, type Patch, type PatchContext, type Patches } from './patches.ts'
import { copyOf, type Json, mergeMessage } from './proto-json.ts'

const PARTS = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']

export interface RoutePatching {
  context: PatchContext
  patches: Patches
  /** The Service's ports behind a port of a gateway's pod. */
  servicePortsOf(podPort: number): ReadonlySet<number> | undefined
}

/** The route configuration after the patches; the one given stays as it is. */
export function patchRouteConfig(patching: RoutePatching, given: EnvoyResource): EnvoyResource {
  const fitting = (part: string): Patch[] =>
    (patching.patches.get(part) ?? []).filter(
      p => isFor(patching.context, p) && matchesConfig(patching, given, p),
    )
  if (PARTS.every(part => fitting(part).length === 0)) return given
  const config = copyOf(given)
  for (const patch of fitting('ROUTE_CONFIGURATION')) {
    const mode = mergeMode(patch)
    if (mode) mergeMessage(config, structuredClone(patch.value), mode.replacesLists)
  }
  const removed = new Set<unknown>()
  const hosts = listOf(config, 'virtualHosts').map(host => {
    const patched = patchVirtualHost(host, fitting)
    if (!patched) removed.add(host.name)
    return patched ?? host
  })
  const added = fitting('VIRTUAL_HOST').filter(p => p.operation === 'ADD')
  config.virtualHosts = [...hosts, ...added.map(p => structuredClone(p.value))].filter(
    h => !removed.has(h.name),
  )
  return config
}

/** Undefined when the host is removed. */
function patchVirtualHost(given: Json, fitting: (part: string) => Patch[]): Json | undefined {
  let host = given
  for (const patch of fitting('VIRTUAL_HOST')) {
    if (!matchesHost(host, patch)) continue
    const mode = mergeMode(patch)
    if (patch.operation === 'REMOVE') return undefined
    if (mode) mergeMessage(host, structuredClone(patch.value), mode.replacesLists)
    else if (patch.operation === 'REPLACE') host = structuredClone(patch.value)
  }
  const patches = fitting('HTTP_ROUTE').filter(p => matchesHost(host, p))
  if (patches.length > 0) patchRoutes(host, patches)
  return host
}

function patchRoutes(host: Json, patches: readonly Patch[]): void {
  const routes = listOf(host, 'routes')
  const kept = routes.filter(route => {
    for (const patch of patches) {
      if (!matchesRoute(route, patch)) continue
      const mode = mergeMode(patch)
      if (patch.operation === 'REMOVE') return false
      if (mode) mergeMessage(route, structuredClone(patch.value), mode.replacesLists)
    }
    return true
  })
  for (const patch of patches) {
    if (patch.operation === 'REMOVE' || patch.operation === 'REPLACE') continue
    const matches = patch.match.routeConfiguration?.vhost?.route
      ? (route: Json) => matchesRoute(route, patch)
      : undefined
    if (patch.operation === 'INSERT_FIRST' && matches && !kept.some(matches)) continue
    patchList(kept, patch, matches)
  }
  host.routes = kept
}

/** `https.PORT.NAME.GATEWAY.NAMESPACE` or `http.PORT` of a gateway. */
function gatewayParts(name: string): { port: number; portName: string; gateway: string } {
  const parts = name.split('.')
  if (name.startsWith('http.')) return { port: Number(parts[1]) || 0, portName: '', gateway: '' }
  const isFull = name.startsWith('https.') && parts.length >= 5
  return isFull
    ? { port: Number(parts[1]) || 0, portName: parts[2] ?? '', gateway: `${parts[4]}/${parts[3]}` }
    : { port: 0, portName: '', gateway: '' }
}

function matchesConfig({ context, servicePortsOf }: RoutePatching, config: Json, { match }: Patch): boolean {
  const wanted = match.routeConfiguration
  if (!wanted) return true
  const name = String(config.name)
  if (wanted.name && wanted.name !== name) return false
  if (context !== 'GATEWAY') {
    const port = name.startsWith('inbound') ? Number(name.split('|')[1]) : Number(name)
    return !wanted.portNumber || wanted.portNumber === port
  }
  const { port, portName, gateway } = gatewayParts(name)
  if (wanted.portName && wanted.portName !== portName) return false
  if (wanted.gateway && wanted.gateway !== gateway) return false
  return !wanted.portNumber || (servicePortsOf(port)?.has(wanted.portNumber) ?? port === wanted.portNumber)
}

function matchesHost(host: Json, { match }: Patch): boolean {
  const { name, domainName } = match.routeConfiguration?.vhost ?? {}
  const domains: unknown[] = Array.isArray(host.domains) ? host.domains : []
  return (!name || name === host.name) && (!domainName || domains.includes(domainName))
}

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['route', 'ROUTE'],
  ['redirect', 'REDIRECT'],
  ['directResponse', 'DIRECT_RESPONSE'],
])

function matchesRoute(route: Json, { match }: Patch): boolean {
  const { name, action = 'ANY' } = match.routeConfiguration?.vhost?.route ?? {}
  if (name && name !== route.name) return false
  if (action === 'ANY') return true
  const own = [...ACTIONS].find(([field]) => isObject(route[field]))
  return own === undefined || own[1] === action
}
