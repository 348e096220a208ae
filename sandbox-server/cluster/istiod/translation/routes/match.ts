/** Route matches: uri, headers, query parameters (istiod's TranslateRouteMatch). */
import type { HttpMatch, StringMatch } from '../model/specs/virtual-service.ts'
import { claimMatcher, isClaimHeader } from './claims.ts'

/** Envoy's StringMatcher; undefined when nothing is asked for. */
export function stringMatcher(match: StringMatch | undefined): Record<string, unknown> | undefined {
  if (match?.exact !== undefined) return { exact: match.exact }
  if (match?.prefix !== undefined) return { prefix: match.prefix }
  if (match?.regex !== undefined) return { safeRegex: { regex: match.regex } }
  return undefined
}

/** An empty match, and the regex `*`, only ask whether it is there. */
const asksForPresence = (match: StringMatch): boolean =>
  stringMatcher(match) === undefined ||
  (match.exact === undefined && match.prefix === undefined && match.regex === '*')

function namedMatcher(name: string, match: StringMatch): Record<string, unknown> {
  return asksForPresence(match) ? { name, presentMatch: true } : { name, stringMatch: stringMatcher(match) }
}

function absentMatcher(name: string, match: StringMatch): Record<string, unknown> {
  const matcher = { ...namedMatcher(name, match), invertMatch: true }
  return asksForPresence(match) ? matcher : { ...matcher, treatMissingHeaderAsEmpty: true }
}

function pathOf(uri: StringMatch | undefined, endsAtSlash: boolean): Record<string, unknown> {
  if (uri?.exact !== undefined) return { path: uri.exact }
  if (endsAtSlash && uri?.prefix !== undefined && uri.prefix !== '/')
    return { pathSeparatedPrefix: uri.prefix.replace(/\/$/, '') }
  if (uri?.prefix !== undefined) return { prefix: uri.prefix }
  if (uri?.regex !== undefined) return { safeRegex: { regex: uri.regex } }
  return { prefix: '/' }
}

const byName = ([a]: [string, StringMatch], [b]: [string, StringMatch]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** The match of a route; every request without a match. `endsAtSlash`: prefixes are whole path segments, as an Ingress has them. */
export function routeMatch(match: HttpMatch | undefined, endsAtSlash = false): Record<string, unknown> {
  if (!match) return { prefix: '/' }
  const present = Object.entries(match.headers ?? {}).sort(byName)
  const absent = Object.entries(match.withoutHeaders ?? {}).sort(byName)
  const headers = [
    ...present.filter(([name]) => !isClaimHeader(name)).map(([name, m]) => namedMatcher(name, m)),
    ...absent.filter(([name]) => !isClaimHeader(name)).map(([name, m]) => absentMatcher(name, m)),
  ]
  if (match.method) headers.push(namedMatcher(':method', match.method))
  if (match.authority) headers.push(namedMatcher(':authority', match.authority))
  if (match.scheme) headers.push(namedMatcher(':scheme', match.scheme))
  const queryParameters = Object.entries(match.queryParams ?? {}).map(([name, m]) => namedMatcher(name, m))
  const dynamicMetadata = [
    ...present
      .filter(([name]) => isClaimHeader(name))
      .map(([name, m]) => claimMatcher(name, stringMatcher(m))),
    ...absent
      .filter(([name]) => isClaimHeader(name))
      .map(([name, m]) => ({ ...claimMatcher(name, stringMatcher(m)), invert: true })),
  ]
  return {
    ...pathOf(match.uri, endsAtSlash),
    caseSensitive: !match.ignoreUriCase,
    ...(headers.length > 0 ? { headers } : {}),
    ...(queryParameters.length > 0 ? { queryParameters } : {}),
    ...(dynamicMetadata.length > 0 ? { dynamicMetadata } : {}),
  }
}

/** Whether the route takes every request, so that none after it can be reached. */
export function isCatchAll(route: Record<string, unknown>): boolean {
  const match = route.match as Record<string, unknown>
  if (match.headers || match.queryParameters || match.dynamicMetadata) return false
  if (match.prefix === '/') return true
  const regex = match.safeRegex as { regex?: string } | undefined
  return regex?.regex === '.*'
}
