/** RFC 7396 JSON merge patches: objects merge, null deletes, everything else replaces. */
import { clone, isObject, type JsonObject, setOwn } from '../json.ts'

/** The target after the patch; inputs are not changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return clone(patch)
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else setOwn(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value))
  }
  return result
}
