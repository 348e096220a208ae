/** What `istioctl install` left for the injector, as it is at each injection: ConfigMaps, and the webhook itself. */
import { parse, YAMLParseError } from 'yaml'
import type { ApiObject, GroupResource } from '../../apiserver/api.ts'
import type { ProxyConfig } from './proxy-config.ts'

const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }

export interface ConfigMapReader {
  get(resource: GroupResource, namespace: string, name: string): ApiObject | undefined
}
export interface WebhookReader {
  get(resource: GroupResource, namespace: string | undefined, name: string): ApiObject | undefined
}

const WEBHOOKS: GroupResource = {
  group: 'admissionregistration.k8s.io',
  resource: 'mutatingwebhookconfigurations',
}

/** `values.global.proxy` as `istioctl install` wrote it for the injector; {} while there is none. */
export function injectorProxyValues(api: ConfigMapReader): () => Record<string, unknown> {
  return parsedOnce(api, 'istio-sidecar-injector', ({ data }) => {
    const values = isMap(data) ? parsedMap(data.values) : {}
    return isMap(values.global) && isMap(values.global.proxy) ? values.global.proxy : {}
  })
}

/** Whether the API server would ask istiod about pods at all. */
export const isInjectorInstalled = (api: WebhookReader): boolean =>
  api.get(WEBHOOKS, undefined, 'istio-sidecar-injector') !== undefined

/** Parsed once for each version of the ConfigMap; {} while there is none or it is no YAML, as istiod goes on with defaults. */
export const meshDefaultConfig = (api: ConfigMapReader): (() => ProxyConfig) =>
  parsedOnce(api, 'istio', defaultConfigOf)

function parsedOnce<T extends object>(
  api: ConfigMapReader,
  name: string,
  read: (configMap: ApiObject) => T,
): () => T | Record<string, never> {
  let version: string | undefined
  let current: T | Record<string, never> = {}
  return () => {
    const configMap = api.get(CONFIG_MAPS, 'istio-system', name)
    if (configMap?.metadata.resourceVersion !== version || version === undefined) {
      version = configMap?.metadata.resourceVersion
      current = configMap ? read(configMap) : {}
    }
    return current
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function defaultConfigOf({ data }: ApiObject): ProxyConfig {
  const mesh = isMap(data) ? parsedMap(data.mesh) : {}
  return isMap(mesh.defaultConfig) ? mesh.defaultConfig : {}
}

function parsedMap(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string') return {}
  try {
    const value: unknown = parse(text)
    return isMap(value) ? value : {}
  } catch (error) {
    if (error instanceof YAMLParseError) return {}
    throw error
  }
}
