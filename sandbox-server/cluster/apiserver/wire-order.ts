/** The order of keys on the wire: Go's structs for built-in kinds, the alphabet for custom resources. */
import type { ApiObject } from './api.ts'
import type { JsonObject } from './json.ts'
import type { Kind } from './kinds/kind.ts'

const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]

/** The same object, its outermost keys in order. */
export function inWireOrder(kind: Kind, object: ApiObject): ApiObject {
  const { kind: kindName, apiVersion, metadata, ...rest } = object
  if (kind.custom) {
    const sorted = (value: object): JsonObject =>
      Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      apiVersion,
      kind: kindName,
      metadata: sorted(metadata) as unknown as ApiObject['metadata'],
      ...sorted(rest),
    }
  }
  const ordered: JsonObject = {}
  const given: JsonObject = { ...metadata }
  for (const key of METADATA_ORDER) {
    if (given[key] !== undefined) ordered[key] = given[key]
    else if (key === 'resourceVersion') ordered[key] = undefined
  }
  return { kind: kindName, apiVersion, metadata: ordered as unknown as ApiObject['metadata'], ...rest }
}
