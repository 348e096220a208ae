/** Which endpoints and ports a service's slices hold. Pure. */
import type { Endpoint, EndpointPort, Pod, Service } from '../kinds.ts'
import { isPodReady } from '../pod-status.ts'
import { hostnameIn, targetPortOf } from '../service-pods.ts'

export interface SliceContent {
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

/** Upstream's `--max-endpoints-per-slice`. */
const ENDPOINTS_PER_SLICE = 100

export function sliceContents(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string | undefined) => string | undefined,
): SliceContent[] {
  const byPorts = new Map<string, SliceContent>()
  for (const pod of [...pods].sort((a, b) => ((a.status?.podIP ?? '') < (b.status?.podIP ?? '') ? -1 : 1))) {
    const ports = portsOf(service, pod)
    const id = JSON.stringify(ports)
    const content = byPorts.get(id) ?? { ports, endpoints: [] }
    content.endpoints.push(endpointOf(service, pod, zoneOf(pod.spec.nodeName)))
    byPorts.set(id, content)
  }
  if (byPorts.size === 0) return [{ ports: [], endpoints: [] }]
  return [...byPorts.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / ENDPOINTS_PER_SLICE) }, (_, index) => ({
      ports,
      endpoints: endpoints.slice(index * ENDPOINTS_PER_SLICE, (index + 1) * ENDPOINTS_PER_SLICE),
    })),
  )
}

/** A port whose named target the pod does not have is left out, and the pod stays. */
const portsOf = (service: Service, pod: Pod): EndpointPort[] =>
  (service.spec.ports ?? []).flatMap(port => {
    const target = targetPortOf(pod, port)
    if (target === undefined) return []
    return {
      name: port.name ?? '',
      port: target,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    }
  })

function endpointOf(service: Service, pod: Pod, zone: string | undefined): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const hostname = hostnameIn(service, pod)
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: {
      ready: Boolean(service.spec.publishNotReadyAddresses) || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
    ...(zone ? { zone } : {}),
  }
}
