/** DestinationRule, after istiod's ValidateDestinationRule. */
import { checkSubsetName } from './destinations.ts'
import { append } from './go-error.ts'
import { checkExportTo, checkLabelMap, checkWildcardDomain } from './names.ts'
import { all, error, type Outcome } from './outcome.ts'
import { child, children, has, type Message, text, textMap, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkSelector } from './selectors.ts'
import { checkTrafficPolicy } from './traffic-policy.ts'

export const checkDestinationRule = ({ spec, namespace }: Config): Outcome => {
  const subsets = children(spec, 'subsets')
  const names = subsets.map(subset => text(subset, 'name'))
  return all(
    error(checkWildcardDomain(text(spec, 'host'))),
    checkTrafficPolicy(child(spec, 'trafficPolicy'), namespace),
    ...subsets.flatMap((subset, i) => [
      error(names.indexOf(names[i] ?? '') < i ? `duplicate subset names: ${names[i]}` : undefined),
      checkSubset(subset, namespace),
    ]),
    error(checkExportTo(namespace, texts(spec, 'exportTo'), { selector: has(spec, 'workloadSelector') })),
    checkSelector(child(spec, 'workloadSelector')),
  )
}

/** Warnings of a subset's policy are not passed on. */
const checkSubset = (subset: Message, namespace: string): Outcome =>
  error(
    append(
      checkSubsetName(text(subset, 'name')),
      checkLabelMap(textMap(subset, 'labels')),
      checkTrafficPolicy(child(subset, 'trafficPolicy'), namespace).error,
    ),
  )
