/** How a policy names the workloads (`selector`) or gateways and services (`targetRefs`) it is for. */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import { list, object } from '../notation.ts'
import { matchLabels, targetRef } from './shared.ts'

/** CEL: one way of selecting at most. */
export const ONE_TARGET: readonly [string, string] = [
  'only one of targetRefs or selector can be set',
  '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
]

export const policySelector = (): JsonSchema =>
  object({ matchLabels: matchLabels() }, 'The workloads this is for; without it, all of the namespace.')

export const policyTargetRef = (): JsonSchema => {
  const { description: _, ...reference } = targetRef()
  return reference
}

export const policyTargetRefs = (): JsonSchema =>
  list(policyTargetRef(), 'The resources this is attached to.', { maxItems: 16 })
