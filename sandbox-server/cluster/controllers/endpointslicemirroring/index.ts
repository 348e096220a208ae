/**
 * The EndpointSliceMirroring controller (`pkg/controller/endpointslicemirroring` upstream): Endpoints written by hand
 * for a service without a selector are copied into slices, which is all that kube-proxy and istiod read.
 */
import { isDeepStrictEqual } from 'node:util'
import type { EndpointAddress } from 'kubernetes-types/core/v1.js'
import {
  AS_CONTROLLER_MANAGER,
  type ControllerContext,
  controllerReference,
  disposeAll,
  type StartController,
} from '../controller.ts'
import { keyOf } from '../informers.ts'
import {
  ENDPOINT_SLICES,
  type Endpoint,
  type EndpointSlice,
  type EndpointSubset,
  type Endpoints,
} from '../kinds.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const CONTROLLER = 'endpointslicemirroring-controller.k8s.io'
const SKIP = 'endpointslice.kubernetes.io/skip-mirror'
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
])

export const startEndpointSliceMirroringController: StartController = context => {
  const { informers } = context
  const queue = context.queue('endpointslicemirroring', key => reconcile(context, key))
  return disposeAll(
    queue,
    informers.endpoints.subscribe(({ object }) => queue.add(keyOf(object))),
    informers.services.subscribe(({ object }) => queue.add(keyOf(object))),
  )
}

function reconcile(context: ControllerContext, key: string): void {
  const { api, informers } = context
  const endpoints = informers.endpoints.get(key)
  if (!endpoints || endpoints.metadata.deletionTimestamp !== undefined) return
  const present = informers.endpointSlices
    .list(endpoints.metadata.namespace)
    .filter(
      ({ metadata: { labels } }) =>
        labels?.[MANAGED_BY] === CONTROLLER && labels[SERVICE_NAME] === endpoints.metadata.name,
    )
  const wanted = isMirrored(context, endpoints) ? (endpoints.subsets ?? []).map(contentOf) : []
  for (const content of wanted) {
    const reused = present.shift()
    if (!reused) api.create(ENDPOINT_SLICES, newSlice(endpoints, content), AS_CONTROLLER_MANAGER)
    else if (!isDeepStrictEqual({ ports: reused.ports, endpoints: reused.endpoints }, content)) {
      api.update<EndpointSlice>(ENDPOINT_SLICES, { ...reused, ...content }, AS_CONTROLLER_MANAGER)
    }
  }
  for (const slice of present) api.delete(ENDPOINT_SLICES, slice.metadata.namespace, slice.metadata.name)
}

function isMirrored({ informers }: ControllerContext, endpoints: Endpoints): boolean {
  const { labels, annotations } = endpoints.metadata
  const service = informers.services.get(keyOf(endpoints))
  const own =
    labels?.[SKIP] === 'true' || annotations?.['control-plane.alpha.kubernetes.io/leader'] !== undefined
  return Boolean(service) && !own && Object.keys(service?.spec.selector ?? {}).length === 0
}

const contentOf = ({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset) => ({
  ports: ports.map(port => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' })),
  endpoints: [
    ...addresses.map(address => endpointOf(address, true)),
    ...notReadyAddresses.map(address => endpointOf(address, false)),
  ],
})

const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname ? { hostname } : {}),
  ...(nodeName ? { nodeName } : {}),
  ...(targetRef ? { targetRef } : {}),
})

function newSlice(endpoints: Endpoints, content: ReturnType<typeof contentOf>) {
  const { name, namespace, labels, annotations = {} } = endpoints.metadata
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.has(key))
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [MANAGED_BY]: CONTROLLER, [SERVICE_NAME]: name },
      ...(copied.length > 0 ? { annotations: Object.fromEntries(copied) } : {}),
      ownerReferences: [controllerReference(endpoints)],
    },
    addressType: 'IPv4',
    ...content,
  }
}
