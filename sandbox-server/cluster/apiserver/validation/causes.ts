/** Causes of an invalid object, worded as k8s.io/apimachinery/pkg/util/validation/field does. */
import type { StatusCause } from '../status.ts'
import { goJson } from './internal-form.ts'

/** A value as Go prints it in an error: quoted text, bare numbers, JSON for the rest. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  return typeof value === 'string' ? JSON.stringify(value) : goJson(value)
}

const cause = (reason: string, field: string, message: string): StatusCause => ({ reason, message, field })

export const required = (field: string, detail = ''): StatusCause =>
  cause('FieldValueRequired', field, detail === '' ? 'Required value' : `Required value: ${detail}`)

export const invalidValue = (field: string, value: unknown, detail: string): StatusCause =>
  cause('FieldValueInvalid', field, `Invalid value: ${shown(value)}: ${detail}`)

export const invalidType = (field: string, value: unknown, detail: string): StatusCause =>
  cause('FieldValueTypeInvalid', field, `Invalid value: ${shown(value)}: ${detail}`)

export const notSupported = (field: string, value: unknown, supported: readonly string[]): StatusCause =>
  cause(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${shown(value)}: supported values: ${supported.map(item => JSON.stringify(item)).join(', ')}`,
  )

export const forbiddenField = (field: string, detail: string): StatusCause =>
  cause('FieldValueForbidden', field, `Forbidden: ${detail}`)

export const duplicate = (field: string, value: unknown): StatusCause =>
  cause('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`)

export const notFoundValue = (field: string, value: unknown): StatusCause =>
  cause('FieldValueNotFound', field, `Not found: ${shown(value)}`)

export const tooLong = (field: string, bytes: number): StatusCause =>
  cause('FieldValueTooLong', field, `Too long: may not be more than ${bytes} bytes`)

export const tooMany = (field: string, actual: number, limit: number): StatusCause =>
  cause('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${limit} items`)

export const immutable = (field: string, value: unknown): StatusCause =>
  invalidValue(field, value, 'field is immutable')
