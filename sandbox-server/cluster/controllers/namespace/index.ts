/**
 * The namespace controller (`pkg/controller/namespace` upstream): empties a namespace that is being deleted, pods
 * before everything else, tells in conditions what is left and why, and lets it go when nothing is.
 */
import type { ApiObject } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'
import { AS_CONTROLLER_MANAGER, type ControllerContext, disposeAll } from '../controller.ts'
import { NAMESPACES, type Namespace, PODS } from '../kinds.ts'
import type { ServedResource, ServedResources } from '../served-resources.ts'
import { writeStatus } from '../write-status.ts'
import { conditionsOf, type Remaining } from './conditions.ts'

/**
 * Pods are waited for as they go. For whatever else lingers (finalizers) upstream looks again only after seconds, and
 * tools that wait for a namespace's end expect to see it a moment longer than its last object.
 */
const RECHECK_MS = 2_000

export function startNamespaceController(context: ControllerContext, served: ServedResources): Disposable {
  const { api, informers } = context
  const queue = context.queue('namespace', name => reconcile(context, served, name))
  served.onAdded(resource => {
    if (!resource.namespaced) return undefined
    return api.watch(resource, ({ object }) => {
      const { namespace = '' } = object.metadata
      if (informers.namespaces.get(namespace)?.metadata.deletionTimestamp === undefined) return
      if (resource.group === '' && resource.resource === 'pods') queue.add(namespace)
      else queue.addAfter(namespace, RECHECK_MS)
    })
  })
  const own = informers.namespaces.subscribe(({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.name)
  })
  return disposeAll(queue, own)
}

function reconcile(context: ControllerContext, served: ServedResources, name: string): void {
  const namespace = context.informers.namespaces.get(name)
  if (!namespace || namespace.metadata.deletionTimestamp === undefined) return
  if ((namespace.spec?.finalizers ?? []).length === 0) return
  const remaining = deleteContent(context, served.list(), name)
  const conditions = conditionsOf(namespace.status?.conditions ?? [], remaining, context.now())
  const current = writeStatus(context, NAMESPACES, namespace, {
    ...namespace.status,
    phase: 'Terminating',
    conditions,
  })
  if (remaining.length > 0) return
  const finalizers = current.spec?.finalizers?.filter(finalizer => finalizer !== 'kubernetes')
  context.api.update<Namespace>(
    NAMESPACES,
    { ...current, spec: { ...current.spec, finalizers } },
    AS_CONTROLLER_MANAGER,
  )
}

/** Deletes what the namespace holds and answers what is still there; other kinds wait until the pods are gone. */
function deleteContent(
  context: ControllerContext,
  resources: readonly ServedResource[],
  namespace: string,
): Remaining[] {
  const pods = deleteAll(context, { ...PODS, kind: 'Pod', namespaced: true }, namespace)
  if (pods.objects.length > 0) return [pods]
  return resources
    .filter(resource => resource.namespaced && !(resource.group === '' && resource.resource === 'pods'))
    .map(resource => deleteAll(context, resource, namespace))
    .filter(({ objects }) => objects.length > 0)
}

function deleteAll({ api }: ControllerContext, resource: ServedResource, namespace: string): Remaining {
  const present = (): readonly ApiObject[] => api.list(resource, { namespace })
  for (const { metadata } of present()) {
    if (metadata.deletionTimestamp === undefined)
      api.delete(resource, namespace, metadata.name, { propagationPolicy: 'Background', uid: metadata.uid })
  }
  return { resource, objects: present() }
}
