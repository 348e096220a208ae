/**
 * Which route serves which host and path. Pure, after OpenShift's router (pkg/router/controller/unique_host.go): a host
 * belongs to the namespace of its oldest route, a path of it to the oldest route that names it.
 */
import type { Route } from './route.ts'

export interface Rejection {
  reason: string
  message: string
}

export interface RouteTable {
  /** The route for a request; hosts are compared without case, paths by whole segments, the longest first. */
  find(host: string, path: string): Route | undefined
  /** Routes of a host with TLS that passes through, for which only the name in the handshake is known. */
  hasHost(host: string): boolean
  /** Why a route serves nothing; undefined for those that do. */
  rejection(route: Route): Rejection | undefined
}

export function routeTable(routes: readonly Route[]): RouteTable {
  const byHost = new Map<string, Route[]>()
  const rejected = new Map<string, Rejection>()
  for (const route of [...routes].sort(byAge)) {
    const host = route.spec.host.toLowerCase()
    const key = `${route.spec.wildcardPolicy === 'Subdomain' ? '*.' : ''}${host}`
    const holders = byHost.get(key) ?? []
    const refused = refusal(route, holders)
    if (refused) rejected.set(route.metadata.uid, refused)
    else byHost.set(key, [...holders, route])
  }
  for (const held of byHost.values())
    held.sort((a, b) => (b.spec.path ?? '').length - (a.spec.path ?? '').length)
  const ofHost = (host: string): Route[] => {
    const name = host.toLowerCase()
    const parent = name.slice(name.indexOf('.') + 1)
    const wildcard = [...byHost].find(([key]) => key.startsWith('*.') && key.endsWith(`.${parent}`))
    return byHost.get(name) ?? wildcard?.[1] ?? []
  }
  return {
    find: (host, path) => ofHost(host).find(({ spec }) => isBelow(path, spec.path ?? '')),
    hasHost: host => ofHost(host).length > 0,
    rejection: route => rejected.get(route.metadata.uid),
  }
}

const byAge = (a: Route, b: Route): number =>
  a.metadata.creationTimestamp < b.metadata.creationTimestamp ||
  (a.metadata.creationTimestamp === b.metadata.creationTimestamp && a.metadata.uid < b.metadata.uid)
    ? -1
    : 1

function refusal(route: Route, holders: readonly Route[]): Rejection | undefined {
  const [oldest] = holders
  if (!oldest) return undefined
  const reason = 'HostAlreadyClaimed'
  const { host, path } = route.spec
  if (oldest.metadata.namespace !== route.metadata.namespace)
    return {
      reason,
      message: `a route in another namespace holds ${host} and is older than ${route.metadata.name}`,
    }
  const same = holders.find(({ spec }) => (spec.path ?? '') === (path ?? ''))
  return same && { reason, message: `route ${same.metadata.name} already exposes ${host} and is older` }
}

function isBelow(path: string, prefix: string): boolean {
  const plain = prefix.replace(/\/$/, '')
  const [asked = ''] = path.split('?')
  return plain === '' || asked === plain || asked.startsWith(`${plain}/`)
}
