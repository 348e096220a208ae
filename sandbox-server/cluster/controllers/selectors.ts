/** Label selectors as objects carry them (`spec.selector`); the text form belongs to the API server. */
import type { LabelSelector, LabelSelectorRequirement } from 'kubernetes-types/meta/v1.js'

type Labels = Readonly<Record<string, string>>

/** True when every label of `wanted` is there with that value. */
export const hasLabels = (labels: Labels | undefined, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels?.[key] === value)

function meets({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** Whether the selector picks an object with these labels; an empty selector picks nothing here, as in the controllers. */
export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return false
  return hasLabels(labels, matchLabels) && matchExpressions.every(requirement => meets(requirement, labels))
}
