/** EnvoyFilters whose patches may not be applied. */
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../../text/json.ts'
import type { Analyzer } from '../analyzer.ts'
import type { MessageType } from '../messages.ts'

const ROUTES = ['ROUTE_CONFIGURATION', 'HTTP_ROUTE']
const REPLACEABLE = ['NETWORK_FILTER', 'HTTP_FILTER', 'VIRTUAL_HOST']

export const envoyPatches: Analyzer = {
  name: 'envoyfilter.EnvoyPatchAnalyzer',
  description: 'Checks an envoyFilters ',
  inputs: ['EnvoyFilter'],
  analyze(resources, report) {
    /** Filters that an earlier patch restricts to versions of the proxy. */
    const versioned: string[] = []
    for (const filter of resources.list('EnvoyFilter')) {
      const hasPriority = numberOf(filter.spec['priority']) !== 0
      for (const [index, patch] of objectsOf(filter.spec['configPatches']).entries()) {
        if (patch['patch'] === undefined) break
        const name = filterName(patch)
        const problem = problemOf(patch, hasPriority, versioned.includes(name))
        if (problem) report(problem, filter, [], `spec.configPatches[${index}].patch.value`)
        if (stringOf(objectOf(objectOf(patch['match'])['proxy'])['proxyVersion']) !== '') versioned.push(name)
      }
    }
  },
}

function filterName({ patch, match }: Json): string {
  const { name } = objectOf(objectOf(patch)['value'])
  if (name !== undefined) return stringOf(name)
  const chain = objectOf(objectOf(objectOf(match)['listener'])['filterChain'])
  return stringOf(objectOf(chain['filter'])['name'])
}

function problemOf(
  { patch, applyTo }: Json,
  hasPriority: boolean,
  isVersioned: boolean,
): MessageType | undefined {
  const to = stringOf(applyTo)
  const relative: MessageType | undefined = hasPriority
    ? undefined
    : isVersioned
      ? 'EnvoyFilterUsesRelativeOperationWithProxyVersion'
      : 'EnvoyFilterUsesRelativeOperation'
  switch (objectOf(patch)['operation']) {
    case 'ADD':
      return ROUTES.includes(to) ? 'EnvoyFilterUsesAddOperationIncorrectly' : undefined
    case 'REMOVE':
      return ROUTES.includes(to) ? 'EnvoyFilterUsesRemoveOperationIncorrectly' : relative
    case 'REPLACE':
      return REPLACEABLE.includes(to) ? relative : 'EnvoyFilterUsesReplaceOperationIncorrectly'
    case 'INSERT_BEFORE':
    case 'INSERT_AFTER':
      return relative
    default:
      return undefined
  }
}
