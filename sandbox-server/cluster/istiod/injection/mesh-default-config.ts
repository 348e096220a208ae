/** The mesh's `defaultConfig`, read from the ConfigMap that `istioctl install` writes, as it is at each injection. */
import { parse, YAMLParseError } from 'yaml'
import type { ApiObject, GroupResource } from '../../apiserver/api.ts'
import type { ProxyConfig } from './proxy-config.ts'

const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }

export interface ConfigMapReader {
  get(resource: GroupResource, namespace: string, name: string): ApiObject | undefined
}

/** Parsed once for each version of the ConfigMap; {} while there is none or it is no YAML, as istiod goes on with defaults. */
export function meshDefaultConfig(api: ConfigMapReader): () => ProxyConfig {
  let version: string | undefined
  let current: ProxyConfig = {}
  return () => {
    const configMap = api.get(CONFIG_MAPS, 'istio-system', 'istio')
    if (configMap?.metadata.resourceVersion !== version || version === undefined) {
      version = configMap?.metadata.resourceVersion
      current = configMap ? defaultConfigOf(configMap) : {}
    }
    return current
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function defaultConfigOf(configMap: ApiObject): ProxyConfig {
  const text = isMap(configMap.data) ? configMap.data.mesh : undefined
  if (typeof text !== 'string') return {}
  try {
    const mesh: unknown = parse(text)
    return isMap(mesh) && isMap(mesh.defaultConfig) ? mesh.defaultConfig : {}
  } catch (error) {
    if (error instanceof YAMLParseError) return {}
    throw error
  }
}
