/** One route of a VirtualService (istiod's TranslateRoute), for sidecars and gateways. */
import { configMetadata } from '../envoy-metadata.ts'
import { labelsInclude } from '../model/config.ts'
import { protoDuration } from '../model/duration.ts'
import { INGRESS_SEMANTICS, ROUTE_SEMANTICS } from '../model/ingresses.ts'
import { clusterName, type Service } from '../model/service.ts'
import type { ConsistentHash } from '../model/specs/destination-rule.ts'
import type {
  Destination,
  HttpDestination,
  HttpMatch,
  HttpRoute,
  Retries,
} from '../model/specs/virtual-service.ts'
import type { VirtualService } from '../model/virtual-services.ts'
import { corsFilter } from './cors.ts'
import { faultFilter, hundredths, millionths } from './fault.ts'
import { hashPolicy } from './hash-policy.ts'
import { type HeaderChanges, headerChanges, headerFields, joinChanges } from './headers.ts'
import { isCatchAll, routeMatch } from './match.ts'
import { directResponseAction, redirectAction } from './redirect.ts'
import { retryPolicy } from './retry.ts'

export type Route = Record<string, unknown>

/** What a route depends on beside its VirtualService. */
export interface RouteContext {
  labels: Readonly<Record<string, string>>
  namespace: string
  /** `mesh`, or the gateway's `namespace/name`. */
  gateway: string
  listenerPort: number
  isTls: boolean
  defaultRetries: Retries | undefined
  xForwardedHost: boolean
  service(host: string): Service | undefined
  hash(destination: Destination | undefined): ConsistentHash | undefined
}

/**
 * The cluster a destination means: on its own port, else on the only one of the service, else on the listener's. The
 * cluster need not exist; Envoy answers 503 then.
 */
export function destinationCluster(
  destination: Destination | undefined,
  service: Service | undefined,
  listenerPort: number,
): string {
  if (!destination?.host) return 'UnknownService'
  const only = service?.ports.length === 1 ? service.ports[0]?.port : undefined
  const port = destination.port ? (destination.port.number ?? 0) : (only ?? listenerPort)
  return clusterName(service?.externalName ?? destination.host, port, destination.subset)
}

/** The routes of a VirtualService, up to the first that takes every request. */
export function virtualServiceRoutes(vs: VirtualService, context: RouteContext): Route[] {
  const out: Route[] = []
  for (const http of vs.spec.http ?? []) {
    if (!http.match?.length) {
      const route = translateRoute(vs, http, undefined, context)
      if (route) out.push(route)
      return out
    }
    for (const match of http.match) {
      const route = translateRoute(vs, http, match, context)
      if (!route) continue
      out.push(route)
      if (isCatchAll(route)) return out
    }
  }
  return out
}

/** Whether the match is meant for this proxy: its port, and its gateway or else its labels and namespace. */
function concernsProxy(match: HttpMatch, context: RouteContext): boolean {
  if (match.port && match.port !== context.listenerPort) return false
  if (match.gateways?.length) return match.gateways.includes(context.gateway)
  if (!labelsInclude(context.labels, match.sourceLabels)) return false
  return !match.sourceNamespace || match.sourceNamespace === context.namespace
}

function translateRoute(
  vs: VirtualService,
  http: HttpRoute,
  match: HttpMatch | undefined,
  context: RouteContext,
): Route | undefined {
  if (match && !concernsProxy(match, context)) return undefined
  const name = match?.name ? `${http.name ?? ''}.${match.name}` : http.name
  const { action, changes } = routeAction(http, context)
  const filters = {
    ...(http.fault ? { 'envoy.filters.http.fault': faultFilter(http.fault) } : {}),
    ...(http.corsPolicy ? { 'envoy.filters.http.cors': corsFilter(http.corsPolicy) } : {}),
  }
  return {
    ...(name ? { name } : {}),
    match: routeMatch(match, vs.annotations[ROUTE_SEMANTICS] === INGRESS_SEMANTICS),
    ...action,
    metadata: configMetadata('virtual-service', vs),
    ...headerFields(changes),
    ...(Object.keys(filters).length > 0 ? { typedPerFilterConfig: filters } : {}),
    ...(match?.statPrefix ? { statPrefix: match.statPrefix } : {}),
  }
}

interface ActionAndHeaders {
  action: Record<string, unknown>
  changes: HeaderChanges
}

function routeAction(http: HttpRoute, context: RouteContext): ActionAndHeaders {
  const own = headerChanges(http.headers)
  if (http.redirect) {
    const redirect = redirectAction(http.redirect, context.listenerPort, context.isTls)
    return { action: redirect ? { redirect } : {}, changes: own }
  }
  if (http.directResponse) {
    return { action: { directResponse: directResponseAction(http.directResponse) }, changes: own }
  }
  const destinations = http.route ?? []
  const single = destinations.length === 1 ? destinations[0] : undefined
  const changes = single ? joinChanges(own, headerChanges(single.headers)) : own
  const rewritten = http.rewrite?.authority || own.authority || (single ? changes.authority : '')
  const timeout = protoDuration(http.timeout) ?? '0s'
  const retries = retryPolicy(
    http.retries ?? context.defaultRetries,
    single !== undefined && context.hash(single.destination) !== undefined,
  )
  const mirrors = mirrorPolicies(http, context)
  const hashes = destinations
    .filter(d => single || d.weight)
    .flatMap(d => hashPolicy(context.hash(d.destination)) ?? [])
  return {
    action: {
      route: {
        ...clusterSpecifier(destinations, single, context),
        timeout,
        maxGrpcTimeout: timeout,
        ...(retries ? { retryPolicy: retries } : {}),
        ...rewriteFields(http, context),
        ...(rewritten ? { hostRewriteLiteral: rewritten } : {}),
        ...(mirrors.length > 0 ? { requestMirrorPolicies: mirrors } : {}),
        ...(hashes.length > 0 ? { hashPolicy: hashes } : {}),
      },
    },
    changes,
  }
}

function clusterSpecifier(
  destinations: readonly HttpDestination[],
  single: HttpDestination | undefined,
  context: RouteContext,
): Record<string, unknown> {
  const cluster = (d: Destination | undefined) =>
    destinationCluster(d, context.service(d?.host ?? ''), context.listenerPort)
  if (single) return { cluster: cluster(single.destination) }
  const clusters = destinations
    .filter(d => d.weight)
    .map(d => {
      const changes = headerChanges(d.headers)
      return {
        name: cluster(d.destination),
        weight: d.weight,
        ...headerFields(changes),
        ...(changes.authority ? { hostRewriteLiteral: changes.authority } : {}),
      }
    })
  return { weightedClusters: clusters.length > 0 ? { clusters } : {} }
}

function rewriteFields(http: HttpRoute, context: RouteContext): Record<string, unknown> {
  const { rewrite } = http
  if (!rewrite) return {}
  const forwarded = context.xForwardedHost ? { appendXForwardedHost: true } : {}
  if (rewrite.uriRegexRewrite) {
    const { match = '', rewrite: substitution = '' } = rewrite.uriRegexRewrite
    return { regexRewrite: { pattern: { regex: match }, substitution }, ...forwarded }
  }
  return { ...(rewrite.uri ? { prefixRewrite: rewrite.uri } : {}), ...forwarded }
}

/** Mirrors; one with an explicit share of 0 is none. The Host keeps Istio 1.27's `-shadow` suffix. */
function mirrorPolicies(http: HttpRoute, context: RouteContext): Record<string, unknown>[] {
  const out: Record<string, unknown>[] = []
  const add = (destination: Destination | undefined, share: Record<string, unknown> | undefined) => {
    if (!destination || !share) return
    const cluster = destinationCluster(
      destination,
      context.service(destination.host ?? ''),
      context.listenerPort,
    )
    out.push({ cluster, runtimeFraction: { defaultValue: share }, traceSampled: false })
  }
  const share = (percentage: { value?: number } | undefined, whole?: number) => {
    if (percentage) return (percentage.value ?? 0) > 0 ? millionths(percentage.value ?? 0) : undefined
    if (whole !== undefined) return whole > 0 ? hundredths(whole) : undefined
    return hundredths(100)
  }
  add(http.mirror, share(http.mirrorPercentage, http.mirrorPercent))
  for (const mirror of http.mirrors ?? []) add(mirror.destination, share(mirror.percentage))
  return out
}
