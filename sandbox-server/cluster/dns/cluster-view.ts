/** The cluster as DNS sees it, kept up to date by watches. */
import type { Api, ApiObject } from '../apiserver/api.ts'
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  NAMESPACES,
  SERVICES,
  type Service,
} from '../controllers/kinds.ts'
import type { Disposable } from '../lifecycle.ts'
import { endpointHostname } from './endpoints.ts'
import type { DnsView } from './view.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'

export function watchView(
  api: Api,
  { clusterDomain, outsideHosts, routedHost }: Pick<DnsView, 'clusterDomain' | 'outsideHosts' | 'routedHost'>,
): DnsView & Disposable {
  const namespaces = new Set<string>()
  const services = new Map<string, Service>()
  const byIp = new Map<string, Service>()
  const slices = new Map<string, Map<string, EndpointSlice>>()
  const watches = [
    api.watch<ApiObject>(NAMESPACES, ({ type, object }) => {
      if (type === 'DELETED') namespaces.delete(object.metadata.name)
      else namespaces.add(object.metadata.name)
    }),
    api.watch<Service>(SERVICES, ({ type, object }) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`
      const previous = services.get(key)
      if (previous) byIp.delete(previous.spec.clusterIP ?? '')
      if (type === 'DELETED') services.delete(key)
      else {
        services.set(key, object)
        if (object.spec.clusterIP) byIp.set(object.spec.clusterIP, object)
      }
    }),
    api.watch<EndpointSlice>(ENDPOINT_SLICES, ({ type, object }) => {
      const key = `${object.metadata.namespace}/${object.metadata.labels?.[SERVICE_NAME] ?? ''}`
      const group = slices.get(key) ?? new Map<string, EndpointSlice>()
      if (type === 'DELETED') group.delete(object.metadata.name)
      else group.set(object.metadata.name, object)
      if (group.size > 0) slices.set(key, group)
      else slices.delete(key)
    }),
  ]

  const endpointSlices = (namespace: string, name: string): EndpointSlice[] => [
    ...(slices.get(`${namespace}/${name}`)?.values() ?? []),
  ]

  return {
    clusterDomain,
    outsideHosts,
    routedHost,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    hasNamespace: name => namespaces.has(name),
    endpointSlices,
    serviceOfIp: ip => (ip === 'None' ? undefined : byIp.get(ip)),
    headlessEndpointOfIp(ip) {
      for (const service of services.values()) {
        if (service.spec.clusterIP !== 'None') continue
        const { namespace = '', name } = service.metadata
        const endpoint = endpointSlices(namespace, name)
          .flatMap(slice => slice.endpoints ?? [])
          .find(({ addresses }) => addresses.includes(ip))
        if (endpoint) return { service, hostname: endpointHostname({ ip, hostname: endpoint.hostname }) }
      }
      return undefined
    },
    dispose() {
      for (const watch of watches) watch.dispose()
    },
  }
}
