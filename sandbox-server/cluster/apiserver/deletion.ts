/** What keeps an object after its deletion was asked for: finalizers and grace. */
import type { ApiObject, DeleteOptions } from './api.ts'
import { isObject } from './json.ts'
import type { Kind } from './kinds/kind.ts'

/** A namespace's `spec.finalizers`. */
export function hasSpecFinalizers(kind: Kind, object: ApiObject): boolean {
  if (kind.group !== '' || kind.plural !== 'namespaces') return false
  const spec = isObject(object.spec) ? object.spec : {}
  return Array.isArray(spec.finalizers) && spec.finalizers.length > 0
}

/** metadata.finalizers as the propagation policy changes them. */
export function finalizersAfterDelete(old: ApiObject, options: DeleteOptions): string[] {
  const finalizers = (old.metadata.finalizers ?? []).filter(
    finalizer =>
      options.propagationPolicy === undefined || !['foregroundDeletion', 'orphan'].includes(finalizer),
  )
  if (options.propagationPolicy === 'Foreground') finalizers.push('foregroundDeletion')
  if (options.propagationPolicy === 'Orphan') finalizers.push('orphan')
  return finalizers
}

/** Seconds; never more than a deletion that is under way has left. */
export function graceOf(kind: Kind, old: ApiObject, options: DeleteOptions): number {
  if (!kind.graceful) return 0
  if (kind.graceful.immediately(old)) return 0
  const wanted = options.gracePeriodSeconds ?? kind.graceful.defaultSeconds(old)
  const running =
    old.metadata.deletionTimestamp === undefined ? undefined : old.metadata.deletionGracePeriodSeconds
  return running === undefined ? Math.max(0, wanted) : Math.min(running, Math.max(0, wanted))
}
