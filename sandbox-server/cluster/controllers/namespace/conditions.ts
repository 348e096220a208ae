/** The conditions of a namespace on its way out, in upstream's words (`status_condition_utils.go`). */
import type { NamespaceCondition } from 'kubernetes-types/core/v1.js'
import type { ApiObject, GroupResource } from '../../apiserver/api.ts'

export interface Remaining {
  resource: GroupResource
  objects: readonly ApiObject[]
}

const FINE = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  [
    'NamespaceDeletionGroupVersionParsingFailure',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
] as const

export function conditionsOf(
  present: readonly NamespaceCondition[],
  remaining: readonly Remaining[],
  now: string,
): NamespaceCondition[] {
  const wanted = [
    ...FINE.map(([type, reason, message]) => ({ type, status: 'False', reason, message })),
    contentCondition(remaining),
    finalizerCondition(remaining),
  ]
  return wanted.map(condition => {
    const old = present.find(({ type }) => type === condition.type)
    return {
      ...condition,
      lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : now,
    }
  })
}

function contentCondition(remaining: readonly Remaining[]) {
  const type = 'NamespaceContentRemaining'
  const parts = remaining.map(
    ({ resource, objects }) =>
      `${resource.resource}.${resource.group} has ${objects.length} resource instances`,
  )
  return parts.length === 0
    ? { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
    : {
        type,
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${parts.sort().join(', ')}`,
      }
}

function finalizerCondition(remaining: readonly Remaining[]) {
  const type = 'NamespaceFinalizersRemaining'
  const counts = new Map<string, number>()
  for (const finalizer of remaining.flatMap(({ objects }) =>
    objects.flatMap(({ metadata }) => metadata.finalizers ?? []),
  )) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
  }
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
  return parts.length === 0
    ? {
        type,
        status: 'False',
        reason: 'ContentHasNoFinalizers',
        message: 'All content-preserving finalizers finished',
      }
    : {
        type,
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${parts.sort().join(', ')}`,
      }
}
