/** Kubernetes Services and the pods behind them as services and endpoints of the mesh. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { byAge, labelsInclude } from './config.ts'
import type { Pod } from './pods.ts'
import { servicePortProtocol } from './protocol.ts'
import { type Endpoint, type Port, type Service, UNSPECIFIED_IP } from './service.ts'
import { type ServiceSpec, serviceSpec } from './specs/kubernetes.ts'

const EXPORT_TO = 'networking.istio.io/exportTo'
const SERVICE_ACCOUNTS = 'alpha.istio.io/kubernetes-serviceaccounts'
const CANONICAL_SERVICE_ACCOUNTS = 'alpha.istio.io/canonical-serviceaccounts'
const TRAFFIC_DISTRIBUTION = 'networking.istio.io/traffic-distribution'

/** A Service with the spec its endpoints are computed from. */
export interface KubernetesService {
  service: Service
  spec: ServiceSpec
}

/** The host name of a Service. */
export const serviceHostname = (name: string, namespace: string): string =>
  `${name}.${namespace}.svc.cluster.local`

const commaList = (text: string | undefined): string[] =>
  text
    ? text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== '')
    : []

function resolutionOf(spec: ServiceSpec): Service['resolution'] {
  if (spec.clusterIP === 'None') return 'passthrough'
  return spec.type === 'ExternalName' && spec.externalName ? 'alias' : 'eds'
}

function addressesOf(spec: ServiceSpec): string[] {
  if (!spec.clusterIP || spec.clusterIP === 'None') return [UNSPECIFIED_IP]
  return spec.clusterIPs && spec.clusterIPs.length > 1 ? spec.clusterIPs : [spec.clusterIP]
}

function portsOf(spec: ServiceSpec): Port[] {
  return (spec.ports ?? []).flatMap(({ name = '', port, protocol, appProtocol }) =>
    port === undefined
      ? []
      : [{ name, port, protocol: servicePortProtocol(port, name, protocol, appProtocol) }],
  )
}

function trafficDistribution(text: string | undefined): Service['trafficDistribution'] {
  switch (text) {
    case 'PreferClose':
    case 'PreferSameZone':
      return 'PreferSameZone'
    case 'PreferSameNode':
      return 'PreferSameNode'
    default:
      return undefined
  }
}

/** Reads Services, oldest first. `trustDomain` completes account names given by annotation. */
export function kubernetesServices(objects: readonly ApiObject[], trustDomain: string): KubernetesService[] {
  const read = objects.map(object => readService(object, trustDomain))
  return read.sort((a, b) => byAge(a.service, b.service))
}

function readService(object: ApiObject, trustDomain: string): KubernetesService {
  const { name, namespace = '', labels = {}, annotations = {}, creationTimestamp = '' } = object.metadata
  const spec = serviceSpec(object.spec) ?? {}
  const exportTo = commaList(annotations[EXPORT_TO])
  const externalName = spec.type === 'ExternalName' ? spec.externalName : undefined
  const service: Service = {
    hostname: serviceHostname(name, namespace),
    name,
    namespace,
    registry: 'kubernetes',
    resolution: resolutionOf(spec),
    addresses: addressesOf(spec),
    ports: portsOf(spec),
    meshExternal: !!externalName,
    creationTimestamp,
    labels,
    exportTo: exportTo.length > 0 ? exportTo : undefined,
    selector: spec.selector,
    externalName: externalName || undefined,
    serviceAccounts: [
      ...commaList(annotations[CANONICAL_SERVICE_ACCOUNTS]),
      ...commaList(annotations[SERVICE_ACCOUNTS]).map(a => `spiffe://${trustDomain}/ns/${namespace}/sa/${a}`),
    ],
    passthroughTargetPorts: new Map(),
    aliases: [],
    trafficDistribution: trafficDistribution(spec.trafficDistribution ?? annotations[TRAFFIC_DISTRIBUTION]),
  }
  return { service, spec }
}

/** The port of a pod a Service's port leads to: a number, or the name of a container's port. */
export function targetPortOf(
  pod: Pod,
  port: number,
  targetPort: number | string | undefined,
): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port
  if (typeof targetPort === 'number') return targetPort
  if (/^\d+$/.test(targetPort)) return Number(targetPort)
  return pod.containerPorts.get(targetPort)
}

/** The pods a Service's selector fits; none without a selector. */
export function selectedPods(service: Service, pods: readonly Pod[]): Pod[] {
  const { selector, namespace } = service
  if (!selector || Object.keys(selector).length === 0) return []
  return pods.filter(pod => pod.namespace === namespace && labelsInclude(pod.labels, selector))
}

/** The endpoints of a Service: the pods its selector fits, as an endpoint controller would list them. */
export function podEndpoints({ service, spec }: KubernetesService, pods: readonly Pod[]): Endpoint[] {
  if (service.resolution === 'alias') return []
  const out: Endpoint[] = []
  for (const pod of selectedPods(service, pods)) {
    const isReady = pod.ready || !!spec.publishNotReadyAddresses
    for (const { port, name = '', targetPort } of spec.ports ?? []) {
      const target = port === undefined ? undefined : targetPortOf(pod, port, targetPort)
      if (port === undefined || target === undefined) continue
      out.push({
        address: pod.ip,
        port: target,
        servicePort: port,
        servicePortName: name,
        labels: pod.labels,
        locality: pod.locality,
        tlsMode: pod.tlsMode,
        serviceAccount: pod.identity,
        namespace: pod.namespace,
        workloadName: pod.workloadName,
        weight: 1,
        isHealthKnown: true,
        isReady,
      })
    }
  }
  return out
}
