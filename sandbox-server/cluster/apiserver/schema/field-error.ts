/**
 * Why a field was refused, in the words of k8s.io/apimachinery/pkg/util/validation/field. The shape is that of a
 * Status's `details.causes[]`.
 */

export type FieldErrorReason =
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'

/** A cause of an Invalid status; `field` is `<nil>` where upstream has no path. */
export interface FieldError {
  reason: FieldErrorReason
  field: string
  message: string
}

const TITLES: Record<FieldErrorReason, string> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
}

/** Stands for a value that upstream leaves out of the message (objects and lists refused by a CEL rule). */
export const OMITTED: unique symbol = Symbol('omitted')

/** Go's `%q` for the strings that occur here. */
export const quoted = (text: string): string => JSON.stringify(text)

const shown = (value: unknown): string => {
  if (value === undefined || value === null) return 'null'
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value)
}

const WITHOUT_VALUE: ReadonlySet<FieldErrorReason> = new Set([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
])

/** Builds a cause as `field.Error.ErrorBody()` prints it: `<title>: <value>: <detail>`. */
export const fieldError = (
  reason: FieldErrorReason,
  field: string,
  value: unknown,
  detail: string,
): FieldError => {
  const parts = [TITLES[reason]]
  if (!WITHOUT_VALUE.has(reason) && value !== OMITTED) parts.push(shown(value))
  if (detail !== '') parts.push(detail)
  return { reason, field: field === '' ? '<nil>' : field, message: parts.join(': ') }
}

export const required = (field: string, detail = ''): FieldError =>
  fieldError('FieldValueRequired', field, undefined, detail)

export const invalid = (field: string, value: unknown, detail: string): FieldError =>
  fieldError('FieldValueInvalid', field, value, detail)

export const duplicate = (field: string, value: unknown): FieldError =>
  fieldError('FieldValueDuplicate', field, value, '')

/** `supported` is printed in the order given, as for custom resources. */
export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): FieldError =>
  fieldError(
    'FieldValueNotSupported',
    field,
    value,
    supported.length === 0
      ? ''
      : `supported values: ${supported.map(v => quoted(typeof v === 'string' ? v : JSON.stringify(v))).join(', ')}`,
  )

/** `spec.hosts` + `0` → `spec.hosts[0]`. */
export const atIndex = (path: string, index: number): string => `${path}[${index}]`

/** `spec` + `hosts` → `spec.hosts`. */
export const atChild = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

/** `spec.labels` + `app` → `spec.labels[app]`. */
export const atKey = (path: string, key: string): string => `${path}[${key}]`

/**
 * The message of the 422 Status: `Kind.group "name" is invalid: cause`, or `[cause, cause]` for several; equal causes
 * are said once.
 */
export const invalidMessage = (
  kind: string,
  group: string,
  name: string,
  errors: readonly FieldError[],
): string => {
  const texts = [...new Set(errors.map(e => `${e.field}: ${e.message}`))]
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return `${group === '' ? kind : `${kind}.${group}`} ${quoted(name)} is invalid: ${text}`
}
