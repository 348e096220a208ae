/** Label selectors as analyzers use them. */
import { objectOf, objectsOf, stringOf, stringsOf } from '../../text/json.ts'

export type Labels = Readonly<Record<string, string>>

/** An empty selector fits everything. */
export const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

/** `a=1,b=2`, in order. */
export const selectorText = (selector: Labels): string =>
  Object.entries(selector)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/** The first key of a selector's text, whose line a message names. */
export const firstKey = (selector: Labels): string => selectorText(selector).split('=')[0] ?? ''

/** A LabelSelector with expressions; none fits everything. */
export function labelSelectorFits(selector: unknown, labels: Labels): boolean {
  if (selector === undefined || selector === null) return true
  const { matchLabels, matchExpressions } = objectOf(selector)
  const equal = Object.entries(objectOf(matchLabels)).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    objectsOf(matchExpressions).every(({ key, operator, values }) => {
      const value = labels[stringOf(key)]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const isIn = value !== undefined && stringsOf(values).includes(value)
      return operator === 'In' ? isIn : !isIn
    })
  )
}
