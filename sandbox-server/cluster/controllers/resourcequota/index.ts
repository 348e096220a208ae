/** The ResourceQuota controller: keeps `status.hard` and `status.used` true. Refusing is the API server's admission. */
import type { Disposable } from '../../lifecycle.ts'
import { type ControllerContext, disposeAll } from '../controller.ts'
import { keyOf } from '../informers.ts'
import { RESOURCE_QUOTAS } from '../kinds.ts'
import { resourceId, type ServedResources } from '../served-resources.ts'
import { writeStatus } from '../write-status.ts'
import { quotaUsage } from './usage.ts'

export function startResourceQuotaController(
  context: ControllerContext,
  served: ServedResources,
): Disposable {
  const { api, informers } = context
  const queue = context.queue('resourcequota', key => reconcile(context, served, key))
  const quotas = informers.resourceQuotas.subscribe(({ object }) => queue.add(keyOf(object)))
  served.onAdded(resource => {
    if (!resource.namespaced || resource.resource === 'events') return undefined
    return api.watch(resource, event => {
      // Counts change with comings and goings; what a pod or service uses may change with it.
      if (event.type === 'MODIFIED' && resource.resource !== 'pods' && resource.resource !== 'services')
        return
      for (const quota of informers.resourceQuotas.list(event.object.metadata.namespace))
        queue.add(keyOf(quota))
    })
  })
  return disposeAll(queue, quotas)
}

function reconcile(context: ControllerContext, served: ServedResources, key: string): void {
  const { api, informers } = context
  const quota = informers.resourceQuotas.get(key)
  if (!quota) return
  const { namespace = '' } = quota.metadata
  const known = new Set(served.list().map(resourceId))
  const used = quotaUsage(quota, {
    pods: informers.pods.list(namespace),
    services: informers.services.list(namespace),
    objects: resource => (known.has(resourceId(resource)) ? api.list(resource, { namespace }) : []),
  })
  writeStatus(context, RESOURCE_QUOTAS, quota, { hard: quota.spec?.hard, used })
}
