/** MeshConfig.discoverySelectors: which namespaces istiod looks at; all of them without any. */
import type { ApiObject } from '../../../apiserver/api.ts'
import type { MeshSnapshot } from '../contract.ts'
import { labelsInclude } from './config.ts'
import type { LabelSelector } from './specs/mesh-config.ts'

type Labels = Readonly<Record<string, string>>

function selects({ matchLabels, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    labelsInclude(labels, matchLabels) &&
    matchExpressions.every(({ key = '', operator, values = [] }) => {
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
    })
  )
}

/** What istiod sees of the cluster: one of the selectors must fit a namespace's labels. */
export function discovered(snapshot: MeshSnapshot, selectors: readonly LabelSelector[]): MeshSnapshot {
  if (selectors.length === 0) return snapshot
  const chosen = new Set(
    snapshot.namespaces
      .filter(({ metadata: { labels = {} } }) => selectors.some(s => selects(s, labels)))
      .map(({ metadata }) => metadata.name),
  )
  const within = (objects: readonly ApiObject[]) =>
    objects.filter(({ metadata }) => chosen.has(metadata.namespace ?? ''))
  return {
    ...snapshot,
    services: within(snapshot.services),
    pods: within(snapshot.pods),
    config: within(snapshot.config),
    ingresses: within(snapshot.ingresses ?? []),
  }
}
