/** Merges the routes of a delegate VirtualService into the route that delegates to it. */
import type { HttpMatch, HttpRoute, StringMatch } from './specs/virtual-service.ts'

/** The delegate's routes with the root's match and settings added; routes that contradict the root are left out. */
export function mergeDelegatedRoutes(root: HttpRoute, delegated: readonly HttpRoute[]): HttpRoute[] {
  return delegated.flatMap(route => mergeRoute(root, route) ?? [])
}

const joinNames = (root: string | undefined, own: string | undefined): string | undefined =>
  own ? (root ? `${root}-${own}` : own) : root

function mergeRoute(root: HttpRoute, route: HttpRoute): HttpRoute | undefined {
  const match = mergeMatches(root.match ?? [], route.match ?? [])
  if (!match) return undefined
  return {
    ...route,
    match,
    name: joinNames(root.name, route.name),
    rewrite: route.rewrite ?? root.rewrite,
    directResponse: route.directResponse ?? root.directResponse,
    timeout: route.timeout ?? root.timeout,
    retries: route.retries ?? root.retries,
    fault: route.fault ?? root.fault,
    mirror: route.mirror ?? root.mirror,
    mirrorPercent: route.mirrorPercent ?? root.mirrorPercent,
    mirrorPercentage: route.mirrorPercentage ?? root.mirrorPercentage,
    corsPolicy: route.corsPolicy ?? root.corsPolicy,
    mirrors: route.mirrors ?? root.mirrors,
    headers: route.headers ?? root.headers,
  }
}

/** Every pair that does not conflict; undefined when one of the delegate's matches fits none of the root's. */
function mergeMatches(root: readonly HttpMatch[], own: readonly HttpMatch[]): HttpMatch[] | undefined {
  if (root.length === 0) return [...own]
  if (own.length === 0) return [...root]
  const out: HttpMatch[] = []
  for (const match of own) {
    const fitting = root.filter(r => !matchesConflict(r, match))
    if (fitting.length === 0) return undefined
    for (const r of fitting) out.push(mergeMatch(r, match))
  }
  return out
}

const mergeMatch = (root: HttpMatch, own: HttpMatch): HttpMatch => ({
  ...own,
  name: joinNames(root.name, own.name),
  uri: own.uri ?? root.uri,
  scheme: own.scheme ?? root.scheme,
  method: own.method ?? root.method,
  authority: own.authority ?? root.authority,
  headers: { ...root.headers, ...own.headers },
  withoutHeaders: { ...root.withoutHeaders, ...own.withoutHeaders },
  queryParams: { ...root.queryParams, ...own.queryParams },
  port: own.port || root.port,
  sourceLabels: { ...root.sourceLabels, ...own.sourceLabels },
  sourceNamespace: own.sourceNamespace || root.sourceNamespace,
  gateways: own.gateways?.length ? own.gateways : root.gateways,
  statPrefix: own.statPrefix || root.statPrefix,
})

function matchesConflict(root: HttpMatch, own: HttpMatch): boolean {
  if (
    stringsConflict(root.uri, own.uri) ||
    stringsConflict(root.scheme, own.scheme) ||
    stringsConflict(root.method, own.method) ||
    stringsConflict(root.authority, own.authority) ||
    mapsConflict(root.headers, own.headers) ||
    mapsConflict(root.withoutHeaders, own.withoutHeaders) ||
    mapsConflict(root.queryParams, own.queryParams)
  ) {
    return true
  }
  if ((root.ignoreUriCase ?? false) !== (own.ignoreUriCase ?? false)) return true
  if (root.port && own.port && root.port !== own.port) return true
  if (root.sourceNamespace && own.sourceNamespace !== root.sourceNamespace) return true
  for (const [label, value] of Object.entries(own.sourceLabels ?? {})) {
    const wanted = root.sourceLabels?.[label]
    if (wanted !== undefined && wanted !== value) return true
  }
  return gatewaysConflict(root.gateways ?? [], own.gateways ?? [])
}

function gatewaysConflict(root: readonly string[], own: readonly string[]): boolean {
  if (root.length === 0 || own.length === 0) return false
  return root.length < own.length || own.some(g => !root.includes(g))
}

function mapsConflict(
  root: Readonly<Record<string, StringMatch>> | undefined,
  own: Readonly<Record<string, StringMatch>> | undefined,
): boolean {
  return Object.entries(own ?? {}).some(([key, match]) => stringsConflict(root?.[key], match))
}

/** Whether no string could satisfy both, as far as istiod looks: a regex never goes with anything. */
function stringsConflict(root: StringMatch | undefined, own: StringMatch | undefined): boolean {
  if (!root || !own) return false
  if (root.regex && (own.regex || own.prefix || own.exact)) return true
  if (own.regex && (root.prefix || root.exact)) return true
  if (root.exact) return !!own.prefix || own.exact !== root.exact
  if (root.prefix) {
    if (own.prefix) return !own.prefix.startsWith(root.prefix)
    if (own.exact) return !own.exact.startsWith(root.prefix)
  }
  return true
}
