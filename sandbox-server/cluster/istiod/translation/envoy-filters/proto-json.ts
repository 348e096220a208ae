/**
 * What a patch needs to know of protobuf beyond JSON: names in camelCase, and merging as proto.Merge does it (lists
 * are appended, map entries and Any are replaced, a default value leaves what is there, one member of a oneof ends the
 * others).
 */
import { isObject } from '../model/decode.ts'
import { protoDuration } from '../model/duration.ts'

export type Json = Record<string, unknown>

/** A copy in which no object stands in two places, as it may in what is given: each is then patched by itself. */
export const copyOf = <T extends Json>(message: T): T => JSON.parse(JSON.stringify(message))

/** Map fields: their keys are data, and their entries are replaced as a whole. */
const MAPS: ReadonlySet<string> = new Set([
  'filterMetadata',
  'typedFilterMetadata',
  'typedPerFilterConfig',
  'typedExtensionProtocolOptions',
  'sourceCodes',
  'contextExtensions',
  'providers',
  'requirementMap',
  'policies',
  'shadowRules',
])
/** google.protobuf.Struct: data all the way down. */
const STRUCTS: ReadonlySet<string> = new Set(['filterMetadata'])
const TYPED_STRUCT = /^type\.googleapis\.com\/(udpa\.type\.v1|xds\.type\.v3)\.TypedStruct$/

/** protobuf's json_name. */
const camelCase = (name: string): string =>
  name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Fields that hold durations, which istiod takes in Go's notation too (`24h`). */
const DURATION = /(timeout|interval|duration|delay|time|age|ttl|period)$/i

const canonicalScalar = (name: string, value: unknown): unknown =>
  typeof value === 'string' && DURATION.test(name) ? (protoDuration(value) ?? value) : value

/** The value with the fields' names in camelCase; null counts as absent, as in proto3 JSON. */
export function canonical(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map(element => canonical(element))
  if (!isObject(value)) return canonicalScalar(field, value)
  const type = value['@type']
  const out: Json = {}
  for (const [key, member] of Object.entries(value)) {
    if (member === null) continue
    const name = key.startsWith('@') ? key : camelCase(key)
    const isStruct = name === 'value' && typeof type === 'string' && TYPED_STRUCT.test(type)
    out[name] = isStruct ? member : MAPS.has(name) ? canonicalEntries(name, member) : canonical(member, name)
  }
  return out
}

function canonicalEntries(name: string, value: unknown): unknown {
  if (!isObject(value)) return canonical(value)
  if (STRUCTS.has(name)) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, canonical(entry)]))
}

/** Members of one oneof; `within` is the field of the message that has it, where others use the names too. */
interface Oneof {
  members: readonly string[]
  within?: string
}
const ONEOFS: readonly Oneof[] = [
  { members: ['type', 'clusterType'] },
  { members: ['route', 'redirect', 'directResponse', 'filterAction', 'nonForwardingAction'] },
  { members: ['prefix', 'path', 'safeRegex', 'connectMatcher', 'pathSeparatedPrefix', 'pathMatchPolicy'] },
  { members: ['cluster', 'clusterHeader', 'weightedClusters', 'clusterSpecifierPlugin'] },
  { members: ['hostRewriteLiteral', 'autoHostRewrite', 'hostRewriteHeader', 'hostRewritePathRegex'] },
  { members: ['httpsRedirect', 'schemeRedirect'] },
  { members: ['pathRedirect', 'prefixRewrite', 'regexRewrite'], within: 'redirect' },
  { members: ['rds', 'routeConfig', 'scopedRoutes'] },
  { members: ['socketAddress', 'pipe', 'envoyInternalAddress'] },
  { members: ['portValue', 'namedPort'] },
  { members: ['filename', 'inlineBytes', 'inlineString', 'environmentVariable'] },
  { members: ['explicitHttpConfig', 'useDownstreamProtocolConfig', 'autoConfig'] },
  {
    members: ['httpProtocolOptions', 'http2ProtocolOptions', 'http3ProtocolOptions'],
    within: 'explicitHttpConfig',
  },
  {
    members: [
      'ringHashLbConfig',
      'maglevLbConfig',
      'leastRequestLbConfig',
      'roundRobinLbConfig',
      'originalDstLbConfig',
    ],
  },
  { members: ['zoneAwareLbConfig', 'localityWeightedLbConfig'] },
  { members: ['validationContext', 'validationContextSdsSecretConfig', 'combinedValidationContext'] },
  { members: ['fixedDelay', 'headerDelay'] },
  { members: ['httpStatus', 'grpcStatus', 'headerAbort'] },
  { members: ['typedConfig', 'configDiscovery'] },
]

/** Names of the enum values that are zero, and so leave what is there. */
const ZERO_VALUES: ReadonlySet<string> = new Set([
  'ROUND_ROBIN',
  'AUTO',
  'OVERWRITE',
  'SANITIZE',
  'NONE',
  'MOVED_PERMANENTLY',
  'UNSPECIFIED',
  'DEFAULT',
  'APPEND_IF_EXISTS_OR_ADD',
  'TCP',
  'TLS_AUTO',
  'ALLOW',
  'HUNDRED',
  'UNKNOWN',
  'VERIFY_TRUST_CHAIN',
])
const isZeroEnum = (value: unknown): boolean => typeof value === 'string' && ZERO_VALUES.has(value)
const isDefault = (value: unknown): boolean =>
  value === false || value === 0 || value === '' || isZeroEnum(value)

/** Fields whose presence is known even of a default value: members of a oneof. */
const isPresent = (name: string): boolean => ONEOFS.some(oneof => oneof.members.includes(name))

/** Merges `patch` into `target`, which changes. With `replacesLists` a list takes the place of what was there. */
export function mergeMessage(target: Json, patch: Json, replacesLists = false, within = ''): void {
  for (const [name, value] of Object.entries(patch)) {
    const existing = target[name]
    if (Array.isArray(value)) {
      if (value.length === 0) continue
      target[name] = replacesLists || !Array.isArray(existing) ? value : [...existing, ...value]
      continue
    }
    // Of a number or a boolean the JSON does not say whether its field knows absence.
    if (!isPresent(name) && (isZeroEnum(value) || (isDefault(value) && existing !== undefined))) continue
    endOthers(target, name, within)
    if (!isObject(value) || !isObject(existing) || '@type' in value) target[name] = structuredClone(value)
    else if (MAPS.has(name)) target[name] = { ...existing, ...structuredClone(value) }
    else mergeMessage(existing, value, replacesLists, name)
  }
}

function endOthers(target: Json, name: string, within: string): void {
  for (const oneof of ONEOFS) {
    if (!oneof.members.includes(name) || (oneof.within !== undefined && oneof.within !== within)) continue
    for (const member of oneof.members) if (member !== name) delete target[member]
  }
}

/** Merges two Any messages of one type, field by field; of different types nothing is merged. */
export function mergeAny(target: unknown, patch: unknown): void {
  if (!isObject(target) || !isObject(patch) || target['@type'] !== patch['@type']) return
  const { '@type': type, ...fields } = patch
  if (
    typeof type === 'string' &&
    TYPED_STRUCT.test(type) &&
    isObject(fields.value) &&
    isObject(target.value)
  ) {
    target.value = { ...target.value, ...fields.value }
  } else mergeMessage(target, fields)
}
