/** What of an object changes with an update, and what a client cannot change. */
import type { ApiObject } from './api.ts'
import { equal, isObject, type JsonObject } from './json.ts'
import type { Kind } from './kinds/kind.ts'
import type { WriteRequest } from './write-request.ts'

/** What clients cannot change is taken from the stored object. */
export function keepSystemMetadata(object: ApiObject, old: ApiObject): void {
  const { metadata } = object
  metadata.name = old.metadata.name
  metadata.uid = old.metadata.uid
  metadata.creationTimestamp = old.metadata.creationTimestamp
  metadata.resourceVersion = old.metadata.resourceVersion
  for (const field of [
    'namespace',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ] as const) {
    const value = old.metadata[field]
    if (value === undefined) delete metadata[field]
    else Object.assign(metadata, { [field]: value })
  }
}

/** metadata.generation after the update. */
export function nextGeneration(kind: Kind, object: ApiObject, old: ApiObject, request: WriteRequest): number {
  const generation = old.metadata.generation ?? 1
  const annotated =
    kind.generationCountsAnnotations === true &&
    // The deployment controller writes its revision as part of the status, which does not count.
    !request.internal &&
    request.subresource === '' &&
    !equal(object.metadata.annotations ?? {}, old.metadata.annotations ?? {})
  return !annotated && equal(withoutStatus(object), withoutStatus(old)) ? generation : generation + 1
}

function withoutStatus(object: ApiObject): JsonObject {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, kind, ...rest } = object
  // Binding a pod to its node does not count as a change of what its owner wants.
  return kind === 'Pod' && isObject(rest.spec)
    ? { ...rest, spec: { ...rest.spec, nodeName: undefined } }
    : rest
}

/** Equal but for the times in managedFields. */
export function unchanged(object: ApiObject, old: ApiObject): boolean {
  const comparable = (value: ApiObject): JsonObject => ({
    ...value,
    metadata: {
      ...value.metadata,
      managedFields: (value.metadata.managedFields ?? []).map(entry =>
        isObject(entry) ? { ...entry, time: undefined } : entry,
      ),
    },
  })
  return equal(comparable(object), comparable(old))
}
