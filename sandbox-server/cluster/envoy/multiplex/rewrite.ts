/**
 * The walk through a resource that makes one proxy's names unique, points every subscription at our discovery server and
 * leaves out what only Istio's own build of Envoy has.
 */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { DNS_IP } from '../../network/contract.ts'
import { isObject, objectOf, objectsOf, stringOf } from './json.ts'
import { type ProxyShare, scoped } from './proxy.ts'
import { sharedSecretName } from './secret-names.ts'

/** One subscription stream carries everything. */
export const ADS = { ads: {}, resourceApiVersion: 'V3' }

/** Telemetry and traces of Istio's own that no lesson shows, and filters that stock Envoy does not have. */
const DROPPED_KEYS = new Set(['decorator', 'tracing'])
const FILTER_LISTS = new Set(['filters', 'httpFilters', 'listenerFilters'])
const CONFIG_SOURCES = new Set([
  'edsConfig',
  'configSource',
  'sdsConfig',
  'rdsConfigSource',
  'scopedRdsConfigSource',
])
const SCOPED_STRINGS = new Set(['cluster', 'clusterName', 'routeConfigName', 'statPrefix', 'altStatName'])
const SECRET_CONFIGS = new Set(['tlsCertificateSdsSecretConfigs', 'validationContextSdsSecretConfig'])

/** True for filters that stock Envoy cannot load. */
export function isIstioOnly(filter: unknown): boolean {
  if (!isObject(filter)) return false
  const name = stringOf(filter.name)
  return name.startsWith('istio.') || name === 'envoy.filters.http.grpc_stats'
}

/** Collects the secrets that were met. */
export interface RewriteContext {
  proxy: ProxyShare
  secretNames: Set<string>
}

/** A copy of `value` for the shared Envoy. */
export function rewrite<T>(value: T, context: RewriteContext): T
export function rewrite(value: unknown, context: RewriteContext): unknown {
  if (Array.isArray(value)) return value.map(element => rewrite(element, context))
  if (!isObject(value)) return value
  const copy: Record<string, unknown> = {}
  for (const [key, element] of Object.entries(value)) {
    const name = camelCase(key)
    if (DROPPED_KEYS.has(name)) continue
    copy[key] = rewriteField(name, element, context)
  }
  return copy
}

function rewriteField(name: string, value: unknown, context: RewriteContext): unknown {
  if (typeof value === 'string')
    return SCOPED_STRINGS.has(name) && value !== '' ? scoped(context.proxy.id, value) : value
  if (CONFIG_SOURCES.has(name)) return ADS
  if (name === 'filterMetadata') return withoutIstio(value)
  if (name === 'weightedClusters') return weightedClusters(value, context)
  if (name === 'typedDnsResolverConfig') return dnsResolver(value)
  if (SECRET_CONFIGS.has(name)) return secretConfigs(value, context)
  if (FILTER_LISTS.has(name) && Array.isArray(value)) {
    return rewrite(
      value.filter(filter => !isIstioOnly(filter)),
      context,
    )
  }
  return rewrite(value, context)
}

/** Istio relies on the pod's resolv.conf. The shared Envoy stands in no pod, so it is told the cluster's DNS server. */
function dnsResolver(value: unknown): EnvoyResource {
  const resolver = objectOf(value)
  return {
    ...resolver,
    typedConfig: {
      ...objectOf(resolver.typedConfig),
      resolvers: [{ socketAddress: { address: DNS_IP, portValue: 53 } }],
    },
  }
}

/** Telemetry labels of Istio's are a large part of a configuration's memory and are read by nobody here. */
function withoutIstio(value: unknown): unknown {
  if (!isObject(value)) return value
  const { istio: _, ...rest } = value
  return rest
}

function weightedClusters(value: unknown, context: RewriteContext): unknown {
  const copy = rewrite(value, context)
  if (!isObject(copy)) return copy
  for (const cluster of objectsOf(copy.clusters))
    cluster.name = scoped(context.proxy.id, stringOf(cluster.name))
  return copy
}

function secretConfigs(value: unknown, context: RewriteContext): unknown {
  if (Array.isArray(value)) return value.map(element => secretConfigs(element, context))
  if (!isObject(value)) return value
  const name = sharedSecretName(stringOf(value.name), context.proxy)
  context.secretNames.add(name)
  return { name, sdsConfig: ADS }
}

const camelCase = (key: string): string =>
  key.includes('_') ? key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : key
