/**
 * Errors as istiod accumulates them: Go's plain errors and hashicorp's multierror, whose texts differ even for one
 * error (`x` against `1 error occurred:` and a list).
 */

/** undefined is Go's nil. */
export type GoError = string | MultiError | undefined

export class MultiError {
  readonly errors: readonly string[]

  constructor(errors: readonly string[]) {
    this.errors = errors
  }
}

const flat = (error: GoError): readonly string[] => {
  if (error === undefined) return []
  return typeof error === 'string' ? [error] : error.errors
}

/** istiod's appendErrors: nils vanish, one error stays as it is, several become a list. */
export const append = (...errors: readonly GoError[]): GoError => {
  const present = errors.filter(error => error !== undefined)
  return present.length <= 1 ? present[0] : new MultiError(present.flatMap(flat))
}

/** multierror.Append: a list even of one. */
export const listed = (...errors: readonly GoError[]): MultiError => new MultiError(errors.flatMap(flat))

/** multierror.ErrorOrNil. */
export const listedOrNil = (errors: readonly string[]): GoError =>
  errors.length === 0 ? undefined : new MultiError(errors)

/** multierror.Prefix: in front of each. */
export const prefixed = (error: GoError, prefix: string): GoError => {
  if (error === undefined || typeof error === 'string') return error && `${prefix} ${error}`
  return new MultiError(error.errors.map(text => `${prefix} ${text}`))
}

/** What Go prints for it. */
export const errorText = (error: Exclude<GoError, undefined>): string => {
  if (typeof error === 'string') return error
  const { errors } = error
  const title = errors.length === 1 ? '1 error occurred:' : `${errors.length} errors occurred:`
  return `${title}\n\t${errors.map(text => `* ${text}`).join('\n\t')}\n\n`
}

/** The single statements. */
export const statements = (error: GoError): string[] => [...flat(error)]

/** Go's `%q`. */
export const q = (value: string): string => JSON.stringify(value)
