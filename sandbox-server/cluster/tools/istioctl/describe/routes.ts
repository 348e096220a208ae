/** How a VirtualService and a DestinationRule bear on a pod. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import { type Labels, selects } from '../analyze/selectors.ts'
import type { ObjectName } from './envoy-config.ts'

export interface Subsets {
  fitting: string[]
  others: string[]
}

/** Lines for the user, indented by `level` spaces and three more per step. */
export type Print = (level: number, text: string) => void

/** `name`, with its namespace where that is not the one asked about. */
export type Shown = (object: ObjectName) => string

export const subsetsOf = (rule: ApiObject, pods: readonly Labels[]): Subsets => {
  const subsets = objectsOf(objectOf(rule.spec)['subsets'])
  const fits = ({ labels }: Json) => pods.some(own => selects(stringMap(labels), own))
  const names = (list: readonly Json[]) => list.map(({ name }) => stringOf(name))
  return { fitting: names(subsets.filter(fits)), others: names(subsets.filter(subset => !fits(subset))) }
}

export function describeDestinationRule(
  rule: ApiObject,
  pods: readonly Labels[],
  level: number,
  print: Print,
  shown: Shown,
): void {
  const spec = objectOf(rule.spec)
  print(level, `DestinationRule: ${shown(nameOf(rule))} for ${JSON.stringify(stringOf(spec['host']))}`)
  const { fitting, others } = subsetsOf(rule, pods)
  if (fitting.length + others.length > 0) {
    if (fitting.length === 0)
      print(level + 3, `WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets ${others.join(',')})`)
    print(level + 3, `Matching subsets: ${fitting.join(',')}`)
    if (others.length > 0) print(level + 6, `(Non-matching subsets ${others.join(',')})`)
  }
  if (spec['trafficPolicy'] === undefined) {
    print(level + 3, 'No Traffic Policy')
    return
  }
  const policy = objectOf(spec['trafficPolicy'])
  if (policy['tls'] !== undefined) print(level + 3, `Traffic Policy TLS Mode: ${tlsMode(policy)}`)
  const policies = shortPolicies(policy)
  if (policies !== '') print(level + 3, policies)
  if (policy['portLevelSettings'] === undefined) return
  print(level + 3, 'Port Level Settings:')
  for (const setting of objectsOf(policy['portLevelSettings'])) {
    print(4, `${numberOf(objectOf(setting['port'])['number'])}:`)
    if (setting['tls'] !== undefined) print(level + 6, `TLS Mode: ${tlsMode(setting)}`)
    const own = shortPolicies(setting)
    if (own !== '') print(level + 6, own)
  }
}

const tlsMode = ({ tls }: Json): string => stringOf(objectOf(tls)['mode']) || 'DISABLE'

function shortPolicies({ loadBalancer, connectionPool, outlierDetection }: Json): string {
  const names = [
    ...(loadBalancer === undefined ? [] : ['load balancer']),
    ...(connectionPool === undefined ? [] : ['connection pool']),
    ...(outlierDetection === undefined ? [] : ['outlier detection']),
  ]
  return names.length === 0 ? '' : `Policies: ${names.join('/')}`
}

export const nameOf = ({ metadata: { name, namespace = '' } }: ApiObject): ObjectName => ({ name, namespace })

interface Match {
  fits: boolean
  facts: string[]
}

export interface VirtualServiceView {
  service: ObjectName
  subsets: Subsets
  rule: ApiObject | undefined
  shown: Shown
}

export function describeVirtualService(
  virtual: ApiObject,
  view: VirtualServiceView,
  level: number,
  print: Print,
): void {
  print(level, `VirtualService: ${view.shown(nameOf(virtual))}`)
  const spec = objectOf(virtual.spec)
  const [http, tls, tcp] = ['http', 'tls', 'tcp'].map(kind => objectsOf(spec[kind])) as [
    Json[],
    Json[],
    Json[],
  ]
  const matches = [
    ...http.map(rule => matchHttp(virtual, rule, view)),
    ...tcp.map(rule => matchTcp(virtual, rule, view.service)),
  ]
  const facts = matches.filter(({ fits }) => fits).flatMap(match => match.facts)
  const mismatches = matches.filter(({ fits }) => !fits).flatMap(match => match.facts)
  const fitting = matches.filter(({ fits }) => fits).length
  for (const fact of facts) print(level + 3, fact)
  if (fitting === 0) {
    if (http.length > 0)
      print(level + 3, `WARNING: No destinations match pod subsets (checked ${http.length} HTTP routes)`)
    if (tcp.length > 0)
      print(level + 3, `WARNING: No destinations match pod subsets (checked ${tcp.length} TCP routes)`)
    for (const mismatch of mismatches) print(level + 6, mismatch)
    return
  }
  const possible = http.length + tls.length + tcp.length
  if (fitting < possible) {
    print(level + 3, `${possible - fitting} additional destination(s) that will not reach this pod`)
    if (facts.length === 0) for (const mismatch of mismatches) print(level + 6, mismatch)
  } else if (facts.length === 0) {
    if (http.length > 0) print(level + 3, `${http.length} HTTP route(s)`)
    if (tcp.length > 0) print(level + 3, `${tcp.length} TCP route(s)`)
  }
}

/** Short names are those of the VirtualService's namespace. */
function isFor(virtual: ApiObject, host: string, { name, namespace }: ObjectName): boolean {
  const full = host.includes('.') ? host : `${host}.${virtual.metadata.namespace ?? ''}`
  const fqdn =
    full.startsWith('*') || full.endsWith('.svc.cluster.local') ? full : `${full}.svc.cluster.local`
  return fqdn === `${name}.${namespace}.svc.cluster.local`
}

function matchHttp(
  virtual: ApiObject,
  rule: Json,
  { service, subsets, rule: destinationRule, shown }: VirtualServiceView,
): Match {
  const facts: string[] = []
  const notes: string[] = []
  let fits = false
  for (const { destination, weight } of objectsOf(rule['route'])) {
    const { host, subset } = objectOf(destination)
    const [to, part, share] = [stringOf(host), stringOf(subset), numberOf(weight)]
    if (!isFor(virtual, to, service)) {
      facts.push(
        part === '' ? `Route to host "${to}" with weight ${share}%` : `Route to ${to} with invalid config`,
      )
    } else if (part !== '' && subsets.others.includes(part)) {
      notes.push(`Route to non-matching subset ${part} for (${describeMatches(rule)})`)
    } else if (part !== '' && !subsets.fitting.includes(part)) {
      notes.push(
        destinationRule
          ? `Warning: Route to UNKNOWN subset ${part}; check DestinationRule ${shown(nameOf(destinationRule))}`
          : `Warning: Route to subset ${part} but NO DESTINATION RULE defining subsets!`,
      )
    } else {
      fits = true
      if (share > 0)
        facts.push(`Route to host "${to}"${part === '' ? '' : ` subset "${part}"`} with weight ${share}%`)
    }
  }
  if (!fits) return { fits, facts: notes.length > 0 ? [...facts, ...notes] : facts }
  const conditions = [
    ...(rule['fault'] === undefined ? [] : [`Fault injection ${faultText(objectOf(rule['fault']))}`]),
    ...objectsOf(rule['match']).map(describeMatch),
  ]
  return { fits, facts: conditions.length > 0 ? [...facts, conditions.join(', ')] : facts }
}

function matchTcp(virtual: ApiObject, rule: Json, service: ObjectName): Match {
  const fits = objectsOf(rule['route']).some(({ destination }) =>
    isFor(virtual, stringOf(objectOf(destination)['host']), service),
  )
  return { fits, facts: fits ? objectsOf(rule['match']).map(protoText) : [] }
}

const describeMatches = ({ match }: Json): string => {
  const matches = objectsOf(match)
  return matches.length === 0 ? 'everything' : matches.map(describeMatch).join(', ')
}

function describeMatch({ uri, ignoreUriCase, headers }: Json): string {
  const path =
    uri === undefined ? '' : stringMatch(objectOf(uri)) + (ignoreUriCase === true ? ' uncased' : '')
  const conditions = Object.entries(objectOf(headers)).map(
    ([name, value]) => `${name}=${stringMatch(objectOf(value))}`,
  )
  return `Match: ${path}${conditions.length === 0 ? '' : ` when headers are ${conditions.join('; ')}`}`.trim()
}

function stringMatch({ exact, prefix, regex }: Json): string {
  if (exact !== undefined) return stringOf(exact)
  if (prefix !== undefined) return `${stringOf(prefix)}*`
  return regex === undefined ? '' : `regex:${JSON.stringify(regex)}`
}

const faultText = (fault: Json): string => protoText(fault)

/** protobuf's text: `delay:{percentage:{value:100}  fixed_delay:{seconds:7}}`. */
function protoText(message: Json): string {
  return Object.entries(message)
    .map(([key, value]) => {
      const name = key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return `${name}:{${protoText(objectOf(value))}}`
      const seconds =
        typeof value === 'string' && /^[\d.]+s$/.test(value) ? Number(value.slice(0, -1)) : undefined
      if (seconds !== undefined) {
        const nanos = Math.round((seconds % 1) * 1e9)
        return `${name}:{${[...(seconds >= 1 ? [`seconds:${Math.floor(seconds)}`] : []), ...(nanos > 0 ? [`nanos:${nanos}`] : [])].join(' ')}}`
      }
      return `${name}:${typeof value === 'string' ? JSON.stringify(value) : String(value)}`
    })
    .join(' ')
}
