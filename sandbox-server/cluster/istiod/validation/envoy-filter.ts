/**
 * EnvoyFilter, after istiod's ValidateEnvoyFilter. Of a patch only the names of its own fields are judged here (istiod
 * has Envoy's protobufs for more): Envoy itself refuses what it cannot use.
 */

import { ENVOY_MESSAGES } from './envoy-fields.ts'
import type { GoError } from './go-error.ts'
import { q } from './go-error.ts'
import { goRegexpError } from './go-regexp.ts'
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { child, children, has, type Message, text } from './reading.ts'
import type { Config } from './registry.ts'
import { checkLabelSelector, selectorWarning } from './selectors.ts'

const EXPOSES =
  'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.'

export const checkEnvoyFilter = ({ spec }: Config): Outcome => {
  const selector = checkLabelSelector(child(spec, 'workloadSelector'))
  if (selector.error !== undefined) return error(selector.error)
  return all(
    warning(EXPOSES),
    selectorWarning('Envoy filter', selector),
    ...children(spec, 'configPatches').map(checkPatch),
  )
}

const envoyFilter = (message: string): GoError => `Envoy filter: ${message}`

const checkPatch = (configPatch: Message): Outcome => {
  const match = child(configPatch, 'match')
  if (text(match, 'context') === 'WAYPOINT') return fine
  const missing = missingPart(configPatch)
  if (missing !== undefined) return error(envoyFilter(missing))
  const version = text(child(match, 'proxy'), 'proxyVersion')
  const tooLong = version.length > MAX_VERSION
  const regex = tooLong ? undefined : goRegexpError(version)
  if (regex !== undefined) return error(envoyFilter(`invalid regex for proxy version, [${regex}]`))
  return all(
    warning(
      tooLong
        ? envoyFilter(`proxyVersion match exceeds ${MAX_VERSION} characters and will be ignored`)
        : undefined,
    ),
    checkMatched(text(configPatch, 'applyTo'), match, child(child(configPatch, 'patch'), 'value')),
  )
}

/** A match that does not fit ends the check of its patch, as in istiod. */
const checkMatched = (applyTo: string, match: Message | undefined, value: Message | undefined): Outcome => {
  const matched = match ? checkMatch(applyTo, match) : fine
  if (matched.error !== undefined && LISTENER_PARTS.includes(applyTo)) return matched
  return value ? all(matched, checkValue(applyTo, value)) : matched
}

/** Names of Envoy's second API, which istiod knows no more. */
const SECOND_API = /(^|\/)envoy\.(api\.v2|.*\.v2(alpha\d*|beta\d*)?)\./

/** What is wrong with the types that the value names, at any depth. */
const anyProblem = (value: unknown): GoError | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [field, member] of Object.entries(value)) {
    if (field === '@type' && typeof member === 'string' && SECOND_API.test(member)) {
      return `referenced type unknown (hint: try using the v3 XDS API): Envoy filter: could not resolve Any message type: ${member}`
    }
    const isAny = field === 'typed_config' || field === 'typedConfig'
    if (isAny && typeof member === 'object' && member !== null && !('@type' in member)) {
      return envoyFilter("Any JSON doesn't have '@type'")
    }
    const problem = anyProblem(member)
    if (problem !== undefined) return problem
  }
  return undefined
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const NAMED_FILTERS = ['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER', 'EXTENSION_CONFIG']
const CONFIGURED = ['typed_config', 'typedConfig', 'config_discovery', 'configDiscovery']

const checkValue = (applyTo: string, value: Message): Outcome => {
  const problem = anyProblem(value)
  if (problem !== undefined) return error(problem)
  const message = Object.hasOwn(ENVOY_MESSAGES, applyTo) ? ENVOY_MESSAGES[applyTo] : undefined
  const unknown = message && Object.keys(value).find(field => !message.fields.has(snakeCase(field)))
  if (message && unknown !== undefined) {
    return warning(envoyFilter(`unknown field ${q(unknown)} in ${message.name}`))
  }
  const untyped = NAMED_FILTERS.includes(applyTo) && !CONFIGURED.some(field => has(value, field))
  return warning(
    untyped ? `using deprecated types by name without typed_config; ${text(value, 'name')}` : undefined,
  )
}

const MAX_VERSION = 1024

const missingPart = (configPatch: Message): string | undefined => {
  const patch = child(configPatch, 'patch')
  const operation = text(patch, 'operation')
  if (['', 'INVALID'].includes(text(configPatch, 'applyTo'))) return 'missing applyTo'
  if (!patch) return 'missing patch'
  if (['', 'INVALID'].includes(operation)) return 'missing patch operation'
  return operation !== 'REMOVE' && !has(patch, 'value')
    ? 'missing patch value for non-remove operation'
    : undefined
}

const LISTENER_PARTS = ['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER']
const ROUTE_PARTS = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']

const checkMatch = (applyTo: string, match: Message): Outcome => {
  const matched = ['listener', 'routeConfiguration', 'cluster', 'waypoint'].find(field => has(match, field))
  if (matched === undefined) return fine
  const wrong = (what: string, object: string): Outcome =>
    error(envoyFilter(`applyTo for ${what} class objects cannot have non ${object} match`))
  if (LISTENER_PARTS.includes(applyTo)) {
    if (matched !== 'listener') return wrong('listener', 'listener')
    const filter = child(child(child(match, 'listener'), 'filterChain'), 'filter')
    return filter ? checkFilter(applyTo, filter) : fine
  }
  if (ROUTE_PARTS.includes(applyTo)) {
    return matched === 'routeConfiguration' ? fine : wrong('http route', 'route configuration')
  }
  return applyTo === 'CLUSTER' && matched !== 'cluster' ? wrong('cluster', 'cluster') : fine
}

const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager'
const OLD_HTTP_MANAGER = 'envoy.http_connection_manager'

const checkFilter = (applyTo: string, filter: Message): Outcome => {
  const noEffect = applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN'
  const name = text(filter, 'name')
  const sub = child(filter, 'subFilter')
  return all(
    warning(noEffect ? envoyFilter(`filter match has no effect when used with ${applyTo}`) : undefined),
    name === ''
      ? error(envoyFilter('filter match has no name to match on'))
      : checkSubFilter(applyTo, name, sub),
  )
}

const checkSubFilter = (applyTo: string, name: string, sub: Message | undefined): Outcome => {
  const subName = text(sub, 'name')
  if (sub) {
    if (applyTo !== 'HTTP_FILTER') {
      return error(envoyFilter('subfilter match can be used with applyTo HTTP_FILTER only'))
    }
    if (name !== HTTP_MANAGER && name !== OLD_HTTP_MANAGER) {
      return error(envoyFilter(`subfilter match requires filter match with ${HTTP_MANAGER}`))
    }
    if (subName === '') return error(envoyFilter('subfilter match has no name to match on'))
  }
  return all(deprecatedName(name), deprecatedName(subName))
}

const FILTER_GROUPS: Readonly<Record<string, readonly string[]>> = {
  http: [
    ...['buffer', 'cors', 'csrf', 'ext_authz', 'fault', 'grpc_json_transcoder', 'grpc_web', 'gzip'],
    ...['health_check', 'ip_tagging', 'lua', 'router', 'squash', 'grpc_http1_bridge'],
  ],
  network: [
    ...['client_ssl_auth', 'http_connection_manager', 'mongo_proxy', 'ratelimit', 'redis_proxy'],
    'tcp_proxy',
  ],
}

const OLD_NAMES = new Map<string, string>([
  ...Object.entries(FILTER_GROUPS).flatMap(([group, names]) =>
    names.map((name): [string, string] => [`envoy.${name}`, `envoy.filters.${group}.${name}`]),
  ),
  ...['http_inspector', 'original_dst', 'original_src', 'proxy_protocol', 'tls_inspector'].map(
    (name): [string, string] => [`envoy.listener.${name}`, `envoy.filters.listener.${name}`],
  ),
  ['envoy.http_dynamo_filter', 'envoy.filters.http.dynamo'],
  ['envoy.rate_limit', 'envoy.filters.http.ratelimit'],
])

const deprecatedName = (name: string): Outcome => {
  const current = OLD_NAMES.get(name)
  return current === undefined
    ? fine
    : warning(`using deprecated filter name ${q(name)}; use ${q(current)} instead`)
}
