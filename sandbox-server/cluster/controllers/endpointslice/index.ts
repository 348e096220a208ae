/**
 * The EndpointSlice controller (`pkg/controller/endpointslice` upstream): a service's pods in slices of at most 100,
 * one slice for each set of ports (named target ports may differ from pod to pod). A service without pods keeps one
 * empty slice.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  AS_CONTROLLER_MANAGER,
  type ControllerContext,
  controllerReference,
  disposeAll,
  type StartController,
} from '../controller.ts'
import { ENDPOINT_SLICES, type EndpointSlice, type Service } from '../kinds.ts'
import {
  followsPods,
  HEADLESS_LABEL,
  isHeadless,
  LAST_CHANGE,
  lastChange,
  podsOf,
  queueServicesOfPods,
} from '../service-pods.ts'
import { type SliceContent, sliceContents } from './contents.ts'

export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const CONTROLLER = 'endpointslice-controller.k8s.io'

export const startEndpointSliceController: StartController = context => {
  const { informers } = context
  const queue = context.queue('endpointslice', key => reconcile(context, key))
  return disposeAll(
    queue,
    ...queueServicesOfPods(context, queue),
    informers.endpointSlices.subscribe(({ type, object }) => {
      const labels = object.metadata.labels
      if (labels?.[MANAGED_BY] === CONTROLLER && type === 'DELETED')
        queue.add(`${object.metadata.namespace}/${labels[SERVICE_NAME]}`)
    }),
  )
}

/** Slices of a service that this controller wrote. */
const slicesOf = ({ informers }: ControllerContext, service: Service): EndpointSlice[] =>
  informers.endpointSlices
    .list(service.metadata.namespace)
    .filter(
      ({ metadata: { labels } }) =>
        labels?.[SERVICE_NAME] === service.metadata.name && labels[MANAGED_BY] === CONTROLLER,
    )

function reconcile(context: ControllerContext, key: string): void {
  const service = context.informers.services.get(key)
  // A deleted service's slices go by their owner reference.
  if (!service || service.metadata.deletionTimestamp !== undefined || !followsPods(service)) return
  const pods = podsOf(context, service)
  const zoneOf = (nodeName: string | undefined): string | undefined =>
    context.informers.nodes.get(nodeName ?? '')?.metadata.labels?.['topology.kubernetes.io/zone']
  const wanted = sliceContents(service, pods, zoneOf)
  const present = slicesOf(context, service)
  const changed = lastChange(service, pods)
  for (const content of wanted) {
    const reused = takeBest(present, content)
    if (reused) updateSlice(context, service, reused, content, changed)
    else createSlice(context, service, content, changed)
  }
  for (const slice of present)
    context.api.delete(ENDPOINT_SLICES, slice.metadata.namespace, slice.metadata.name)
}

/** A slice with these ports, else any: writing over one is cheaper for its watchers than delete and create. */
function takeBest(present: EndpointSlice[], content: SliceContent): EndpointSlice | undefined {
  const same = present.findIndex(slice => isDeepStrictEqual(slice.ports ?? [], content.ports))
  return present.splice(Math.max(same, 0), 1)[0]
}

const labelsOf = (service: Service): Record<string, string> => ({
  ...service.metadata.labels,
  ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  [MANAGED_BY]: CONTROLLER,
  [SERVICE_NAME]: service.metadata.name,
})

function updateSlice(
  { api }: ControllerContext,
  service: Service,
  slice: EndpointSlice,
  content: SliceContent,
  changed: string,
): void {
  const labels = labelsOf(service)
  const same =
    isDeepStrictEqual(slice.endpoints ?? [], content.endpoints) &&
    isDeepStrictEqual(slice.ports ?? [], content.ports)
  if (same && isDeepStrictEqual({ ...slice.metadata.labels }, labels)) return
  const annotations = { ...slice.metadata.annotations, [LAST_CHANGE]: changed }
  api.update<EndpointSlice>(
    ENDPOINT_SLICES,
    { ...slice, metadata: { ...slice.metadata, labels, annotations }, ...content },
    AS_CONTROLLER_MANAGER,
  )
}

function createSlice(
  { api }: ControllerContext,
  service: Service,
  content: SliceContent,
  changed: string,
): void {
  api.create(
    ENDPOINT_SLICES,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${service.metadata.name}-`,
        namespace: service.metadata.namespace,
        labels: labelsOf(service),
        annotations: { [LAST_CHANGE]: changed },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      ...content,
    },
    AS_CONTROLLER_MANAGER,
  )
}
