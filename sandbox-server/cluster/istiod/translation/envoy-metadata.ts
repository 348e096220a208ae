/** Metadata that says where a resource comes from; istioctl prints it, telemetry labels with it. */
import type { Config } from './model/config.ts'
import type { Service } from './model/service.ts'

type ConfigKind = 'virtual-service' | 'destination-rule' | 'sidecar'

/** `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`: istiod converts every version to v1. */
export const configPath = (kind: ConfigKind, config: Config<unknown>): string =>
  `/apis/networking.istio.io/v1/namespaces/${config.namespace}/${kind}/${config.name}`

/** Metadata of a resource made from one configuration object. */
export const configMetadata = (kind: ConfigKind, config: Config<unknown>): Record<string, unknown> => ({
  filterMetadata: { istio: { config: configPath(kind, config) } },
})

/** A service in a cluster's metadata. */
export const serviceMetadata = (service: Service): Record<string, unknown> => ({
  host: service.hostname,
  name: service.name,
  namespace: service.namespace,
})
