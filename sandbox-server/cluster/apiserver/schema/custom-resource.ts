/**
 * The whole judgement of a custom resource by its CRD, in a real server's order: schema, list types, then CEL unless
 * an earlier cause blocks it (k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go).
 */
import { evaluateRules, hasRules } from './cel.ts'
import { type FieldError, type FieldErrorReason, invalid } from './field-error.ts'
import type { JsonSchema } from './json-schema.ts'
import { validateListTypes } from './list-types.ts'
import { validateAgainstSchema } from './validate.ts'

const BLOCKING: ReadonlySet<FieldErrorReason> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/**
 * Every cause why the CRD refuses the object (defaults applied, unknown fields dropped); `metadataErrors` are those of
 * its metadata, found before. CEL must be loaded (`loadCel`) unless it is `withoutRules`.
 */
export const validateCustomResource = (
  schema: JsonSchema,
  object: Record<string, unknown>,
  options: {
    old?: Record<string, unknown>
    metadataErrors?: readonly FieldError[]
    withoutRules?: boolean
  } = {},
): FieldError[] => {
  const errors = [
    ...(options.metadataErrors ?? []),
    ...validateAgainstSchema(schema, object, '', options.old),
    ...validateListTypes(schema, object),
  ]
  if (options.withoutRules || !hasRules(schema)) return errors
  if (errors.some(error => BLOCKING.has(error.reason))) return [...errors, invalid('', null, NOT_CHECKED)]
  return [...errors, ...evaluateRules(schema, object, '', options.old)]
}
