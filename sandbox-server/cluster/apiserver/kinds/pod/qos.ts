/** status.qosClass from requests and limits (pkg/apis/core/v1/helper/qos). */
import { objectOf, objectsOf } from '../../json.ts'
import { nanoOf } from '../../schema/quantity.ts'

const COUNTED = ['cpu', 'memory']

/** BestEffort, Burstable or Guaranteed. */
export function qosClass(spec: Record<string, unknown>): string {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)]
  let any = false
  let guaranteed = true
  for (const container of containers) {
    const resources = objectOf(container.resources)
    const requests = objectOf(resources.requests)
    const limits = objectOf(resources.limits)
    for (const name of COUNTED) {
      const request = nanoOf(requests[name])
      const limit = nanoOf(limits[name])
      if (request > 0n || limit > 0n) any = true
      if (limit === 0n || (request !== 0n && request !== limit)) guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
