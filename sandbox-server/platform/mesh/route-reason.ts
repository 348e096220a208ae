/**
 * Why a request went where it went: the VirtualService that is for its host, rule by rule in the order the proxy tries
 * them. Access logs do not record headers; what only they could decide is told from where the request ended up. Pure.
 */
import type { RouteReason, RuleVerdict } from '../../protocol/mesh.ts'
import type { AccessLogEntry } from '../checks/access-log.ts'
import { parseClusterName, shortHost } from '../checks/istio-names.ts'
import { at, isRecord, type KubeObject, listAt, numberAt, textAt } from '../kube-client/objects.ts'
import { isTcp } from './observe.ts'
import { printedYaml } from './printed-yaml.ts'

export interface RoutedRequest {
  entry: AccessLogEntry
  /** Labels and namespace of the pod whose proxy routed it, and the gateways it is one of (`namespace/name`). */
  labels: Record<string, string>
  namespace: string
  isGateway: boolean
}

type Section = RouteReason['section']
type Rule = RouteReason['rules'][number]

/** What a condition says of the request: it holds, does not, or the log cannot tell. */
type Held = { held: 'yes' | 'unknown' } | { held: 'no'; against: string }
const YES: Held = { held: 'yes' }
const UNKNOWN: Held = { held: 'unknown' }

/** Undefined when the request went to no known service. `changedAtMs` is when a VirtualService was last changed. */
export function routeReason(
  request: RoutedRequest,
  virtualServices: readonly KubeObject[],
  changedAtMs: (virtualService: KubeObject) => number,
): RouteReason | undefined {
  const { entry, namespace } = request
  const cluster = parseClusterName(entry.upstreamCluster)
  const section: Section = isTcp(entry) ? (entry.requestedServerName === '-' ? 'tcp' : 'tls') : 'http'
  const asked =
    section === 'http'
      ? entry.authority.replace(/:\d+$/, '')
      : section === 'tls'
        ? entry.requestedServerName
        : (cluster?.host ?? '')
  if (asked === '' || asked === '-') return undefined
  const host = fullHost(asked, namespace)
  const destination = cluster ? destinationName(cluster.host, cluster.subset, namespace) : ''
  const base = { host: shortHost(host, namespace), destination, section }
  const found = virtualServices
    .filter(one => isFor(one, host, request))
    // The oldest wins when several claim a host.
    .sort((a, b) => creationOf(a).localeCompare(creationOf(b)))[0]
  if (!found) return { ...base, rules: [], yaml: { from: 1, lines: [] }, changedSince: false }
  const printed = printedYaml(found)
  return {
    ...base,
    virtualService: `${found.metadata.namespace ?? ''}/${found.metadata.name}`,
    rules: judgeRules(found, section, request),
    yaml: { from: printed.lineOf(['spec']), lines: printed.lines.slice(printed.lineOf(['spec']) - 1) },
    changedSince: changedAtMs(found) > entry.startedAt,
  }
}

const creationOf = (object: KubeObject): string => textAt(object, 'metadata', 'creationTimestamp')

const destinationName = (host: string, subset: string, namespace: string): string =>
  [shortHost(host, namespace), subset].filter(part => part !== '').join(' ')

/** As Istio reads a short name: a service of that namespace. */
function fullHost(host: string, namespace: string): string {
  if (host.startsWith('*')) return host
  const parts = host.split('.')
  if (parts.length === 1) return `${host}.${namespace}.svc.cluster.local`
  if (parts.length === 2 && !host.includes('*')) return `${host}.svc.cluster.local`
  return host.endsWith('.svc') ? `${host}.cluster.local` : host
}

function isFor(virtualService: KubeObject, host: string, request: RoutedRequest): boolean {
  const own = virtualService.metadata.namespace ?? ''
  const gateways = listAt(virtualService, 'spec', 'gateways')
  const inMesh = gateways.length === 0 || gateways.includes('mesh')
  if (request.isGateway ? gateways.every(gateway => gateway === 'mesh') : !inMesh) return false
  return listAt(virtualService, 'spec', 'hosts').some(
    one => typeof one === 'string' && (hostFits(fullHost(one, own), host) || hostFits(one, host)),
  )
}

const hostFits = (pattern: string, host: string): boolean =>
  pattern === '*' || pattern === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1)))

function judgeRules(virtualService: KubeObject, section: Section, request: RoutedRequest): Rule[] {
  const printed = printedYaml(virtualService)
  const own = virtualService.metadata.namespace ?? ''
  let decided = false
  return listAt(virtualService, 'spec', section).map((rule, index): Rule => {
    const destinations = destinationsOf(rule, request, own)
    const holds = matchHolds(rule, section, request)
    const taken =
      destinations.some(destination => destination.taken) || (answersItself(rule) && noUpstream(request))
    const verdict = verdictOf(holds, taken, decided)
    if (verdict === 'chosen' || (verdict === 'likely' && holds.held === 'yes')) decided = true
    return {
      index,
      name: textAt(rule, 'name'),
      match: listAt(rule, 'match').map(describe).join(' · '),
      verdict,
      against: holds.held === 'no' ? holds.against : '',
      destinations,
      line: printed.lineOf(['spec', section, index]),
    }
  })
}

function verdictOf(holds: Held, taken: boolean, decided: boolean): RuleVerdict {
  if (decided) return 'after'
  if (holds.held === 'no') return 'passed'
  if (!taken) return 'elsewhere'
  return holds.held === 'yes' ? 'chosen' : 'likely'
}

/** A redirect, a direct answer, or a fault that aborts: no upstream is asked. */
const answersItself = (rule: unknown): boolean =>
  ['redirect', 'directResponse'].some(field => isRecord(at(rule, field))) ||
  isRecord(at(rule, 'fault', 'abort'))
const noUpstream = ({ entry }: RoutedRequest): boolean => entry.upstreamHost === '-'

function destinationsOf(rule: unknown, request: RoutedRequest, own: string): Rule['destinations'] {
  const cluster = parseClusterName(request.entry.upstreamCluster)
  const routes = listAt(rule, 'route')
  const weightOf = (route: unknown) => numberAt(route, 'weight') ?? (routes.length === 1 ? 100 : 0)
  const total = routes.reduce<number>((sum, route) => sum + weightOf(route), 0)
  return routes.map(route => {
    const host = fullHost(textAt(route, 'destination', 'host'), own)
    const subset = textAt(route, 'destination', 'subset')
    const port = numberAt(route, 'destination', 'port', 'number')
    return {
      to: destinationName(host, subset, request.namespace),
      percent: total === 0 ? 0 : Math.round((weightOf(route) / total) * 10_000) / 100,
      taken:
        cluster?.host === host &&
        cluster.subset === subset &&
        (port === undefined || port === cluster.port) &&
        weightOf(route) > 0,
    }
  })
}

/** Any of the matches; none at all fits everything. */
function matchHolds(rule: unknown, section: Section, request: RoutedRequest): Held {
  const matches = listAt(rule, 'match')
  const named = textAt(rule, 'name')
  if (section === 'http' && !routeNameFits(named, request.entry.routeName))
    return { held: 'no', against: `name: ${named}` }
  if (matches.length === 0) return YES
  const judged = matches.map(match => conditions(match, request))
  return (
    judged.find(one => one.held === 'yes') ?? judged.find(one => one.held === 'unknown') ?? judged[0] ?? YES
  )
}

/** The log names the route `name` or `name.matchName`; without a name it says `-`. */
const routeNameFits = (named: string, logged: string): boolean =>
  named === '' ? true : logged === named || logged.startsWith(`${named}.`)

function conditions(match: unknown, { entry, labels, namespace }: RoutedRequest): Held {
  const [path = '', query] = entry.path.split('?')
  const port = numberAt(match, 'port')
  const asked = Number(/:(\d+)$/.exec(entry.downstreamLocalAddress)?.[1] ?? 0)
  const all: Held[] = [
    text(at(match, 'uri'), at(match, 'ignoreUriCase') === true ? path.toLowerCase() : path, 'uri'),
    text(at(match, 'method'), entry.method, 'method'),
    text(at(match, 'authority'), entry.authority, 'authority'),
    port === undefined || port === asked ? YES : { held: 'no', against: `port: ${port}` },
    same(at(match, 'sourceLabels'), labels),
    sameText(textAt(match, 'sourceNamespace'), namespace, 'sourceNamespace'),
    ...fields(match, 'headers').map(([name, value]) => header(name, value, entry)),
    ...fields(match, 'withoutHeaders').map(() => UNKNOWN),
    ...fields(match, 'queryParams').map(([name, value]) =>
      text(value, new URLSearchParams(query ?? '').get(name) ?? undefined, `query ${name}`),
    ),
  ]
  return all.find(one => one.held === 'no') ?? all.find(one => one.held === 'unknown') ?? YES
}

const fields = (match: unknown, name: string): [string, unknown][] => {
  const found = at(match, name)
  return isRecord(found) ? Object.entries(found) : []
}

function header(name: string, value: unknown, entry: AccessLogEntry): Held {
  const known: Record<string, string> = {
    'user-agent': entry.userAgent,
    ':method': entry.method,
    ':path': entry.path,
    ':authority': entry.authority,
    'x-request-id': entry.requestId,
  }
  const logged = known[name.toLowerCase()]
  return logged === undefined || logged === '-' ? UNKNOWN : text(value, logged, name)
}

/** A StringMatch. A gone value fits nothing. */
function text(match: unknown, value: string | undefined, what: string): Held {
  if (!isRecord(match)) return YES
  const against: Held = { held: 'no', against: `${what}: ${stringMatch(match)}` }
  if (value === undefined) return against
  const { exact, prefix, regex } = match
  if (typeof exact === 'string') return value === exact ? YES : against
  if (typeof prefix === 'string') return value.startsWith(prefix) ? YES : against
  if (typeof regex === 'string') return regexFits(regex, value, against)
  return YES
}

/** RE2's syntax is almost JavaScript's; what is not cannot be judged here. */
function regexFits(regex: string, value: string, against: Held): Held {
  try {
    return new RegExp(`^(?:${regex})$`, 'u').test(value) ? YES : against
  } catch {
    return UNKNOWN
  }
}

function same(wanted: unknown, labels: Record<string, string>): Held {
  if (!isRecord(wanted)) return YES
  const missing = Object.entries(wanted).find(([name, value]) => labels[name] !== value)
  return missing ? { held: 'no', against: `sourceLabels ${missing[0]}: ${String(missing[1])}` } : YES
}

const sameText = (wanted: string, value: string, what: string): Held =>
  wanted === '' || wanted === value ? YES : { held: 'no', against: `${what}: ${wanted}` }

const stringMatch = (match: Record<string, unknown>): string => {
  const [kind = '', value = ''] = Object.entries(match)[0] ?? []
  return kind === 'exact' ? String(value) : `${kind} ${String(value)}`
}

/** `end-user: jason, uri: prefix /v1` */
function describe(match: unknown): string {
  const parts = isRecord(match) ? Object.entries(match) : []
  return parts
    .flatMap(([name, value]) => {
      if (name === 'name') return []
      if (name === 'headers' || name === 'queryParams' || name === 'withoutHeaders') {
        const prefix = { headers: '', queryParams: 'query ', withoutHeaders: 'not ' }[name]
        return isRecord(value)
          ? Object.entries(value).map(([key, inner]) => `${prefix}${key}: ${inWords(inner)}`)
          : []
      }
      return [`${name}: ${inWords(value)}`]
    })
    .join(', ')
}

function inWords(value: unknown): string {
  if (!isRecord(value)) return String(value)
  if (Object.keys(value).length === 0) return 'present'
  return 'exact' in value || 'prefix' in value || 'regex' in value
    ? stringMatch(value)
    : Object.entries(value)
        .map(([key, inner]) => `${key}=${String(inner)}`)
        .join(' ')
}
