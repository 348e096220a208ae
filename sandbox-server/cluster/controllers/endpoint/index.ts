/** The Endpoints controller (`pkg/controller/endpoint` upstream): the older, single-object list of a service's pods. */
import { isDeepStrictEqual } from 'node:util'
import type { EndpointAddress, EndpointPort } from 'kubernetes-types/core/v1.js'
import {
  AS_CONTROLLER_MANAGER,
  type ControllerContext,
  disposeAll,
  type StartController,
} from '../controller.ts'
import { splitKey } from '../informers.ts'
import { ENDPOINTS, type EndpointSubset, type Endpoints, type Pod, type Service } from '../kinds.ts'
import { isPodReady } from '../pod-status.ts'
import {
  followsPods,
  HEADLESS_LABEL,
  hostnameIn,
  isHeadless,
  LAST_CHANGE,
  lastChange,
  podsOf,
  queueServicesOfPods,
  targetPortOf,
} from '../service-pods.ts'

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'

export const startEndpointController: StartController = context => {
  const queue = context.queue('endpoint', key => reconcile(context, key))
  return disposeAll(queue, ...queueServicesOfPods(context, queue))
}

function reconcile(context: ControllerContext, key: string): void {
  const { namespace, name } = splitKey(key)
  const service = context.informers.services.get(key)
  const present = context.informers.endpoints.get(key)
  if (!service) {
    // Endpoints that somebody wrote by hand go with their service too, as upstream.
    if (present && present.metadata.deletionTimestamp === undefined)
      context.api.delete(ENDPOINTS, namespace, name)
    return
  }
  if (!followsPods(service)) return
  const pods = podsOf(context, service).filter(
    pod => service.spec.publishNotReadyAddresses || pod.metadata.deletionTimestamp === undefined,
  )
  const subsets = subsetsOf(service, pods)
  const labels = {
    ...service.metadata.labels,
    [MANAGED_BY]: 'endpoint-controller',
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  }
  if (
    present &&
    isDeepStrictEqual(present.subsets ?? [], subsets) &&
    isDeepStrictEqual({ ...present.metadata.labels }, labels)
  )
    return
  const annotations = { ...present?.metadata.annotations, [LAST_CHANGE]: lastChange(service, pods) }
  const content = { ...(subsets.length > 0 ? { subsets } : {}) }
  if (present) {
    const { subsets: _old, ...rest } = present
    context.api.update<Endpoints>(
      ENDPOINTS,
      { ...rest, metadata: { ...present.metadata, labels, annotations }, ...content },
      AS_CONTROLLER_MANAGER,
    )
  } else {
    context.api.create(
      ENDPOINTS,
      { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels, annotations }, ...content },
      AS_CONTROLLER_MANAGER,
    )
  }
}

interface Backend {
  address: EndpointAddress
  ready: boolean
}

/** Ports with the same addresses share a subset (`RepackSubsets` upstream). */
export function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const backendsByPort = new Map<string, { port?: EndpointPort; backends: Backend[] }>()
  for (const pod of [...pods].sort(byAddress)) {
    const ready = Boolean(service.spec.publishNotReadyAddresses) || isPodReady(pod)
    for (const port of portsOf(service, pod)) {
      const id = JSON.stringify(port ?? null)
      const entry = backendsByPort.get(id) ?? { port, backends: [] }
      entry.backends.push({ address: addressOf(service, pod), ready })
      backendsByPort.set(id, entry)
    }
  }
  const subsets = new Map<string, EndpointSubset>()
  for (const { port, backends } of backendsByPort.values()) {
    const id = JSON.stringify(backends)
    const subset = subsets.get(id) ?? emptySubset(backends)
    if (port) subset.ports = [...(subset.ports ?? []), port]
    subsets.set(id, subset)
  }
  return [...subsets.values()]
}

function emptySubset(backends: readonly Backend[]): EndpointSubset {
  const addresses = backends.filter(({ ready }) => ready).map(({ address }) => address)
  const notReadyAddresses = backends.filter(({ ready }) => !ready).map(({ address }) => address)
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
  }
}

/** A headless service without ports still lists its pods: one entry without a port. */
function portsOf(service: Service, pod: Pod): (EndpointPort | undefined)[] {
  const { ports = [] } = service.spec
  if (ports.length === 0) return isHeadless(service) ? [undefined] : []
  return ports.flatMap(port => {
    const target = targetPortOf(pod, port)
    if (target === undefined) return []
    return {
      ...(port.name ? { name: port.name } : {}),
      port: target,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
    }
  })
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const hostname = hostnameIn(service, pod)
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  }
}

const byAddress = (a: Pod, b: Pod): number => ((a.status?.podIP ?? '') < (b.status?.podIP ?? '') ? -1 : 1)
