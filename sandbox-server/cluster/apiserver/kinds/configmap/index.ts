/** ConfigMap, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { equal, objectOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import type { StatusCause } from '../../status.ts'
import { forbiddenField, invalidValue, tooLong } from '../../validation/causes.ts'
import { isConfigMapKey } from '../../validation/words.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from '../columns.ts'
import type { Kind } from '../kind.ts'
import { age } from '../time.ts'

const DATA =
  "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process."
const LIMIT_BYTES = 1024 * 1024

function validate(object: ApiObject): StatusCause[] {
  const causes: StatusCause[] = []
  let size = 0
  for (const field of ['data', 'binaryData'] as const) {
    for (const [key, value] of Object.entries(objectOf(object[field])).sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const message of isConfigMapKey(key)) causes.push(invalidValue(`${field}[${key}]`, key, message))
      if (field === 'binaryData' && objectOf(object.data)[key] !== undefined) {
        causes.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
      }
      size += field === 'data' ? Buffer.byteLength(textOf(value)) : Buffer.byteLength(textOf(value), 'base64')
    }
  }
  if (size > LIMIT_BYTES) causes.push(tooLong('[]', LIMIT_BYTES))
  return causes
}

/** Shared with Secret: what `immutable` forbids. */
export function immutableCauses(object: ApiObject, old: ApiObject, fields: readonly string[]): StatusCause[] {
  if (old.immutable !== true) return []
  const words = 'field is immutable when `immutable` is set'
  const causes: StatusCause[] = object.immutable === true ? [] : [forbiddenField('immutable', words)]
  for (const field of fields)
    if (!equal(object[field] ?? {}, old[field] ?? {})) causes.push(forbiddenField(field, words))
  return causes
}

export const configMap: Kind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  nameRule: 'subdomain',
  shortNames: ['cm'],
  schema: () => definition('io.k8s.api.core.v1.ConfigMap'),
  validate,
  validateUpdate: (object, old) => [
    ...immutableCauses(object, old, ['data', 'binaryData']),
    ...validate(object),
  ],
  columns: [NAME_COLUMN, column('Data', 'string', DATA), AGE_COLUMN],
  row: (object, now) => [
    object.metadata.name,
    Object.keys(objectOf(object.data)).length + Object.keys(objectOf(object.binaryData)).length,
    age(object, now),
  ],
}
