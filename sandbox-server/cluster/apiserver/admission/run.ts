/** Calls what has a say in a write: first all that change it, later all that may refuse it. */
import type { AdmissionRequest } from '../admission.ts'
import type { NewObject } from '../api.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { StatusError } from '../status.ts'
import type { WriteRequest } from '../write-request.ts'
import { enforceLimits, fillLimits } from './limit-ranger.ts'
import { admitPod } from './pods.ts'
import { protectNamespaces } from './protected-namespaces.ts'
import { chargeQuota } from './resource-quota.ts'

function mutate(registry: ServedKinds, request: AdmissionRequest, _write: WriteRequest): NewObject {
  let object = fillLimits(registry, request)
  object = admitPod(registry, { ...request, object })
  for (const plugin of registry.admission) {
    const asked = { ...request, object }
    if (plugin.mutate && plugin.handles(asked)) object = plugin.mutate(asked)
  }
  // The built-in plug-ins see what the others made of it: an injected container gets its token as well.
  return object === request.object ? object : admitPod(registry, { ...request, object })
}

function validate(registry: ServedKinds, request: AdmissionRequest, write: WriteRequest): void {
  protectNamespaces(request)
  enforceLimits(registry, request)
  for (const plugin of registry.admission) {
    if (!plugin.validate || !plugin.handles(request)) continue
    const { warnings, denied } = plugin.validate(request)
    write.warnings.push(...(warnings ?? []))
    if (denied) {
      throw new StatusError(
        denied.code,
        undefined,
        `admission webhook "${denied.webhook}" denied the request: ${denied.message}`,
      )
    }
  }
  chargeQuota(registry, request)
}

export const runAdmission = { mutate, validate }
