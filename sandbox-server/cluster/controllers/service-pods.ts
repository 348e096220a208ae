/** What the endpoint and the endpointslice controller both ask: which pods back a service, and on which ports. */
import type { Container, ServicePort } from 'kubernetes-types/core/v1.js'
import type { Disposable } from '../lifecycle.ts'
import type { ControllerContext } from './controller.ts'
import { keyOf } from './informers.ts'
import type { Pod, Service } from './kinds.ts'
import { isPodFinished, isPodReady } from './pod-status.ts'
import { hasLabels } from './selectors.ts'
import type { WorkQueue } from './work-queue.ts'

export const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time'
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'

export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None'

/** Services whose endpoints come from pods: those with a selector, except aliases. */
export const followsPods = (service: Service): boolean =>
  service.spec.type !== 'ExternalName' && Object.keys(service.spec.selector ?? {}).length > 0

/** Pods with an address that the service's selector picks, terminating ones included. */
export const podsOf = ({ informers }: ControllerContext, service: Service): Pod[] =>
  informers.pods
    .list(service.metadata.namespace)
    .filter(
      pod =>
        hasLabels(pod.metadata.labels, service.spec.selector ?? {}) &&
        pod.status?.podIP &&
        !isPodFinished(pod),
    )

/** The pod's port for a service port; undefined when the target's name is unknown in the pod. */
export function targetPortOf(
  pod: Pod,
  { targetPort, port, protocol = 'TCP' }: ServicePort,
): number | undefined {
  if (typeof targetPort !== 'string') return targetPort || port
  const sidecars = (pod.spec.initContainers ?? []).filter(container => container.restartPolicy === 'Always')
  const ports = [...pod.spec.containers, ...sidecars].flatMap((container: Container) => container.ports ?? [])
  return ports.find(({ name, protocol: spoken = 'TCP' }) => name === targetPort && spoken === protocol)
    ?.containerPort
}

/** The name by which the pod is found under a headless service (`hostname.service`). */
export const hostnameIn = (service: Service, pod: Pod): string | undefined =>
  pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined

/** When the newest change behind the endpoints happened: the service's creation or a pod's readiness. */
export function lastChange(service: Service, pods: readonly Pod[]): string {
  const times = pods.map(
    pod => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime,
  )
  return times.reduce<string>(
    (latest, time) => (time && time > latest ? time : latest),
    service.metadata.creationTimestamp,
  )
}

/** What of a pod endpoints depend on; other changes need no new look. */
const facet = (pod: Pod): string =>
  JSON.stringify([
    pod.metadata.labels,
    pod.metadata.deletionTimestamp === undefined,
    pod.status?.podIP,
    isPodReady(pod),
    isPodFinished(pod),
    pod.spec.nodeName,
  ])

/** Adds to `queue` each service that changes or whose pods change. */
export function queueServicesOfPods({ informers }: ControllerContext, queue: WorkQueue): Disposable[] {
  return [
    informers.services.subscribe(({ object }) => queue.add(keyOf(object))),
    informers.pods.subscribe(event => {
      const previous = 'previous' in event ? event.previous : undefined
      if (previous && facet(previous) === facet(event.object)) return
      const labels = [event.object.metadata.labels, previous?.metadata.labels]
      for (const service of informers.services.list(event.object.metadata.namespace)) {
        const { selector = {} } = service.spec
        if (followsPods(service) && labels.some(one => hasLabels(one, selector))) queue.add(keyOf(service))
      }
    }),
  ]
}
