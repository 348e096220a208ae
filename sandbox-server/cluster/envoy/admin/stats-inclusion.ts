/**
 * Which statistics a sidecar keeps: Istio's bootstrap limits them, and a pod's `proxyStatsMatcher` adds to them
 * (https://istio.io/latest/docs/ops/configuration/telemetry/envoy-stats/; pkg/bootstrap/config.go).
 */
import { parse } from 'yaml'
import type { ApiObject } from '../../apiserver/api.ts'

const REQUIRED_PREFIXES = [
  'reporter=',
  'cluster_manager',
  'listener_manager',
  'server',
  'cluster.xds-grpc',
  'wasm',
  'component',
  'istio',
]
const REQUIRED_SUFFIXES = [
  'rbac.allowed',
  'rbac.denied',
  'shadow_allowed',
  'shadow_denied',
  'downstream_cx_active',
]
const REQUIRED_REGEXPS = ['vhost\\..*\\.route\\..*']
const PROXY_CONFIG = 'proxy.istio.io/config'
const ANNOTATION_PREFIX = 'sidecar.istio.io/statsInclusion'

/** True for the name of a statistic that this pod's sidecar keeps. */
export function statsInclusion(pod: ApiObject): (name: string) => boolean {
  const annotations = pod.metadata.annotations ?? {}
  const matcher = objectOf(objectOf(proxyConfig(annotations)).proxyStatsMatcher)
  const wanted = (field: string, annotation: string) => [
    ...strings(matcher[field]),
    ...(annotations[ANNOTATION_PREFIX + annotation]?.split(',') ?? []),
  ]
  const prefixes = [...REQUIRED_PREFIXES, ...wanted('inclusionPrefixes', 'Prefixes')]
  const suffixes = [...REQUIRED_SUFFIXES, ...wanted('inclusionSuffixes', 'Suffixes')]
  const regexps = [...REQUIRED_REGEXPS, ...wanted('inclusionRegexps', 'Regexps')].flatMap(compiled)
  return name =>
    prefixes.some(prefix => name.startsWith(prefix)) ||
    suffixes.some(suffix => name.endsWith(suffix)) ||
    regexps.some(regexp => regexp.test(name))
}

function proxyConfig(annotations: Record<string, string>): unknown {
  try {
    return parse(annotations[PROXY_CONFIG] ?? '')
  } catch {
    // What cannot be read was refused by the injection webhook, or counts for nothing.
    return undefined
  }
}

/** Envoy matches the whole name; an expression it would not take matches nothing. */
function compiled(source: string): RegExp[] {
  try {
    return [new RegExp(`^(?:${source})$`)]
  } catch {
    return []
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(entry => typeof entry === 'string') : []
