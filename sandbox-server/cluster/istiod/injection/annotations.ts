/** Annotations of a pod that injection refuses, in istiod's words (pkg/kube/inject/validate.go). */
import { isIPv4, isIPv6 } from 'node:net'
import { parseProxyConfig } from './proxy-config.ts'

/** The error, undefined when the value is fine. */
type Check = (value: string) => string | undefined

const quoted = (text: string): string => JSON.stringify(text)

const port = (text: string): string | undefined => {
  const trimmed = text.trim()
  if (!/^\d+$/.test(trimmed)) {
    return `failed parsing port '${text}': strconv.ParseUint: parsing ${quoted(trimmed)}: invalid syntax`
  }
  return Number(trimmed) > 65535
    ? `failed parsing port '${text}': strconv.ParseUint: parsing ${quoted(trimmed)}: value out of range`
    : undefined
}

const ports =
  (parameter: string, any: boolean): Check =>
  value => {
    const list = value.trim()
    if ((any && value === '*') || list === '') return undefined
    for (const one of list.split(',')) {
      const error = port(one)
      if (error) return `${parameter} invalid: failed parsing port '${one}': ${error}`
    }
    return undefined
  }

const isPrefix = (text: string): boolean => {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128)
}

const ranges =
  (parameter: string, any: boolean): Check =>
  value => {
    if ((any && value === '*') || value === '') return undefined
    const wrong = value.split(',').find(text => !isPrefix(text))
    if (wrong === undefined) return undefined
    const why = wrong.includes('/') ? 'ParseAddr' : "no '/'"
    const detail = wrong.includes('/')
      ? `netip.ParsePrefix(${quoted(wrong)}): ${why}(${quoted(wrong.split('/')[0] ?? '')}): unable to parse IP`
      : `netip.ParsePrefix(${quoted(wrong)}): ${why}`
    return `${parameter} invalid: failed parsing cidr '${wrong}': ${detail}`
  }

const unsigned: Check = value => {
  if (!/^\d+$/.test(value)) return `strconv.ParseUint: parsing ${quoted(value)}: invalid syntax`
  return Number(value) > 4294967295
    ? `strconv.ParseUint: parsing ${quoted(value)}: value out of range`
    : undefined
}

const BOOLEANS = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']
const boolean: Check = value =>
  BOOLEANS.includes(value) ? undefined : `strconv.ParseBool: parsing ${quoted(value)}: invalid syntax`

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?\d+))?$/
const quantity: Check = value =>
  QUANTITY.test(value)
    ? undefined
    : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

const mode: Check = value =>
  ['REDIRECT', 'TPROXY', 'NONE'].includes(value)
    ? undefined
    : `interceptionMode invalid, use REDIRECT,TPROXY,NONE: ${value}`

const statusPort: Check = value => {
  const error = port(value)
  return error ? `excludeInboundPorts invalid: ${error}` : undefined
}

const proxyConfig: Check = value => {
  try {
    parseProxyConfig(value)
    return undefined
  } catch (error) {
    return `failed to convert to apply proxy config: ${error instanceof Error ? error.message : error}`
  }
}

const CHECKS: Readonly<Record<string, Check>> = {
  'sidecar.istio.io/interceptionMode': mode,
  'status.sidecar.istio.io/port': statusPort,
  'readiness.status.sidecar.istio.io/initialDelaySeconds': unsigned,
  'readiness.status.sidecar.istio.io/periodSeconds': unsigned,
  'readiness.status.sidecar.istio.io/failureThreshold': unsigned,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': ranges('includeIPRanges', true),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': ranges('excludeIPRanges', false),
  'traffic.sidecar.istio.io/includeInboundPorts': ports('includeInboundPorts', true),
  'traffic.sidecar.istio.io/excludeInboundPorts': ports('excludeInboundPorts', false),
  'traffic.sidecar.istio.io/excludeOutboundPorts': ports('excludeOutboundPorts', false),
  'prometheus.istio.io/merge-metrics': boolean,
  'proxy.istio.io/config': proxyConfig,
  'sidecar.istio.io/proxyCPU': quantity,
  'sidecar.istio.io/proxyMemory': quantity,
  'sidecar.istio.io/proxyCPULimit': quantity,
  'sidecar.istio.io/proxyMemoryLimit': quantity,
}

/** One line for each wrong annotation. */
export const annotationErrors = (annotations: Readonly<Record<string, string>>): string[] =>
  Object.entries(annotations).flatMap(([name, value]) => {
    const error = Object.hasOwn(CHECKS, name) ? CHECKS[name]?.(value) : undefined
    return error === undefined ? [] : [`invalid value '${value}' for annotation '${name}': ${error}`]
  })
