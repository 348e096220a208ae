/** Label selectors as kubectl takes them: `app=reviews,version in (v1,v2),!canary`. Pure. */
import type { KubeObject } from '../kube-client/objects.ts'

export function matchesSelector(object: KubeObject, selector: string): boolean {
  const labels = object.metadata.labels ?? {}
  return requirements(selector).every(requirement => holds(requirement, labels))
}

/** Commas inside parentheses belong to a set. */
const requirements = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map(part => part.trim())
    .filter(part => part !== '')

function holds(requirement: string, labels: Record<string, string>): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement)
  if (set) {
    const [, key = '', operator, list = ''] = set
    const value = labels[key]
    const included = value !== undefined && list.split(',').some(entry => entry.trim() === value)
    return operator === 'in' ? included : !included
  }
  const comparison = /^([^!=\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(requirement)
  if (comparison) {
    const [, key = '', operator, value] = comparison
    return operator === '!=' ? labels[key] !== value : labels[key] === value
  }
  return requirement.startsWith('!')
    ? labels[requirement.slice(1).trim()] === undefined
    : labels[requirement] !== undefined
}
