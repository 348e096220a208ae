/** Validates a custom resource: its schema first (go-openapi/validate's words), CEL rules only when that passed. */
import type { ApiObject } from '../api.ts'
import type { Schema } from '../schema/schema.ts'
import type { StatusCause } from '../status.ts'
import { invalidValue } from '../validation/causes.ts'
import { celCauses } from './cel.ts'
import { hasRules } from './rules.ts'
import { schemaCauses } from './schema-causes.ts'

const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** Kinds of causes after which CEL could fail on the shape of the object. */
const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** Causes of refusal, none when the object is valid. */
export function validateCustomObject(
  schema: Schema,
  object: ApiObject,
  old: ApiObject | undefined,
): StatusCause[] {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...content } = object
  const causes = schemaCauses(
    {
      ...schema,
      required: schema.required?.filter(name => !['metadata', 'apiVersion', 'kind'].includes(name)),
    },
    content,
    '',
  )
  if (!hasRules(schema)) return causes
  if (causes.some(({ reason }) => BLOCKING.has(reason)))
    return [...causes, invalidValue('<nil>', null, NOT_CHECKED)]
  return [...causes, ...celCauses(schema, content, old)]
}
