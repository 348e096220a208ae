/**
 * The ProxyConfig of one pod: the mesh's `defaultConfig`, changed by the pod's annotation `proxy.istio.io/config`.
 * Only what differs from Istio's defaults is kept: that is what the proxy's environment shows.
 */
import { parse, YAMLParseError } from 'yaml'

export type ProxyConfig = Readonly<Record<string, unknown>>

const DEFAULTS: ProxyConfig = {
  configPath: './etc/istio/proxy',
  binaryPath: '/usr/local/bin/envoy',
  serviceCluster: 'istio-proxy',
  drainDuration: '45s',
  discoveryAddress: 'istiod.istio-system.svc:15012',
  proxyAdminPort: 15000,
  controlPlaneAuthPolicy: 'MUTUAL_TLS',
  statNameLength: 189,
  interceptionMode: 'REDIRECT',
  statusPort: 15020,
  terminationDrainDuration: '5s',
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The annotation's text as a map; throws an Error in the parser's words when it is none. */
export const parseProxyConfig = (text: string): ProxyConfig => {
  try {
    const value: unknown = parse(text)
    if (value === null || value === undefined) return {}
    if (isMap(value)) return value
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new Error(`error converting YAML to JSON: yaml: ${error.message.split('\n')[0]}`)
  }
  throw new Error('json: cannot unmarshal value into Go value of type map[string]json.RawMessage')
}

/** What the two sources set, without what is Istio's default anyway. */
export const effectiveProxyConfig = (
  meshDefault: ProxyConfig,
  annotation: string | undefined,
): ProxyConfig => {
  const own = annotation === undefined ? {} : parseProxyConfig(annotation)
  const merged = { ...meshDefault, ...own }
  if (isMap(meshDefault.proxyMetadata) && isMap(own.proxyMetadata)) {
    merged.proxyMetadata = { ...meshDefault.proxyMetadata, ...own.proxyMetadata }
  }
  return Object.fromEntries(
    Object.entries(merged).filter(([key, value]) => value !== DEFAULTS[key] && value !== null),
  )
}

export const interceptionMode = (config: ProxyConfig): string =>
  typeof config.interceptionMode === 'string' ? config.interceptionMode : 'REDIRECT'

export const proxyMetadata = (config: ProxyConfig): Record<string, string> =>
  isMap(config.proxyMetadata)
    ? Object.fromEntries(Object.entries(config.proxyMetadata).map(([key, value]) => [key, String(value)]))
    : {}
