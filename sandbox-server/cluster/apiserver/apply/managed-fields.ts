/** metadata.managedFields: who set which field (structured-merge-diff's FieldsV1). */
import type { ApiObject } from '../api.ts'
import type { Kind } from '../kinds/kind.ts'
import type { WriteRequest } from '../writer.ts'

/** Enters the writer of this change into the object's managedFields. */
export function recordManager(
  _kind: Kind,
  _object: ApiObject,
  _old: ApiObject | undefined,
  _request: WriteRequest,
  _now: number,
): void {}
