/** What a writer says it has seen, in its object or in the options of a deletion, against what is stored. */
import type { ApiObject, DeleteOptions } from './api.ts'
import type { Kind } from './kinds/kind.ts'
import { keyOf } from './names.ts'
import { conflict, invalid, StatusError } from './status.ts'
import { immutable } from './validation/causes.ts'
import type { WriteRequest } from './write-request.ts'

const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again'

/** Throws a StatusError, 409 for a writer who has seen another version. */
export function checkPreconditions(
  kind: Kind,
  object: ApiObject,
  old: ApiObject,
  request: WriteRequest,
): void {
  const { resourceVersion, uid } = object.metadata
  if (uid && uid !== old.metadata.uid && request.isPatch) {
    throw invalid(kind.group, kind.kind, old.metadata.name, [immutable('metadata.uid', uid)])
  }
  if (uid && uid !== old.metadata.uid) {
    const key = `/registry/${kind.group === '' ? '' : `${kind.group}/`}${kind.plural}/${keyOf(old.metadata.namespace, old.metadata.name)}`
    throw conflict(
      kind.group,
      kind.plural,
      old.metadata.name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    )
  }
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    throw new StatusError(
      500,
      undefined,
      `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    )
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(kind.group, kind.plural, old.metadata.name, OBJECT_MODIFIED)
  }
}

/** Throws a 409 StatusError. */
export function checkDeletePreconditions(kind: Kind, old: ApiObject, options: DeleteOptions): void {
  const refuse = (text: string): StatusError =>
    new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind.kind}${kind.group ? `.${kind.group}` : ''} "${old.metadata.name}": ${text}`,
      {
        name: old.metadata.name,
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: kind.kind,
      },
    )
  if (options.uid !== undefined && options.uid !== old.metadata.uid) {
    throw refuse(
      `the UID in the precondition (${options.uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`,
    )
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== old.metadata.resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`,
    )
  }
}
