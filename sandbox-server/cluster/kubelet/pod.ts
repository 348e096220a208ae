/** The objects the kubelet deals with, as kubernetes-types describes them, and small questions about a pod. */
import type { Container, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js'
import type { ApiObject, GroupResource } from '../apiserver/api.ts'

export const PODS: GroupResource = { group: '', resource: 'pods' }

export type Pod = ApiObject & { spec: PodSpec; status?: PodStatus }

/** Which of a pod's container lists a container is of. */
export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral'

/** Whether the object is a pod with a spec; what the API stores always is. */
export function isPod(object: ApiObject): object is Pod {
  return object.kind === 'Pod' && typeof object.spec === 'object' && object.spec !== null
}

/** Init containers that stay (restartPolicy Always) are sidecars. */
export function kindOfInit(container: Container): ContainerKind {
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init'
}

export const namespaceOf = (pod: Pod): string => pod.metadata.namespace ?? 'default'

/** Added while the pod runs; the API's types do not say that they have everything else that a container has. */
export const ephemeralContainersOf = (pod: Pod): readonly Container[] => pod.spec.ephemeralContainers ?? []

/** `name_namespace(uid)`, as the kubelet's messages name a pod. */
export const fullName = (pod: Pod): string => `${pod.metadata.name}_${namespaceOf(pod)}(${pod.metadata.uid})`

/** `spec.containers{name}` or `spec.initContainers{name}`: which part of a pod an event is about. */
export const fieldPath = (container: Container, kind: ContainerKind): string =>
  `spec.${LISTS[kind]}{${container.name}}`

const LISTS: Readonly<Record<ContainerKind, string>> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
}

/** What a pod's phase never leaves. */
export const hasEnded = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
