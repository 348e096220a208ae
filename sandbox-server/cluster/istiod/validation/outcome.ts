/** A validation's result: an error and a warning, each perhaps a list. */
import { append, type GoError } from './go-error.ts'

export interface Outcome {
  error: GoError
  warning: GoError
}

export const fine: Outcome = { error: undefined, warning: undefined }

export const error = (value: GoError): Outcome => ({ error: value, warning: undefined })

export const warning = (value: GoError): Outcome => ({ error: undefined, warning: value })

/** All of them together, in order. */
export const all = (...outcomes: readonly Outcome[]): Outcome => ({
  error: append(...outcomes.map(outcome => outcome.error)),
  warning: append(...outcomes.map(outcome => outcome.warning)),
})

/** Errors together; where istiod keeps only an error, warnings of the parts get lost. */
export const errorsOf = (...outcomes: readonly Outcome[]): GoError =>
  append(...outcomes.map(outcome => outcome.error))
