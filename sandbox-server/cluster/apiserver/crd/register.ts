/** Keeps the served kinds in step with the CustomResourceDefinitions in the store. */

import type { Disposable } from '../../lifecycle.ts'
import type { ApiObject } from '../api.ts'
import { objectOf, textOf } from '../json.ts'
import type { Registry } from '../registry.ts'
import { customKind } from './custom-kind.ts'

const CRDS = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }

/** Serves every CRD from now on, and whatever is created later. */
export function serveCustomResources(registry: Registry): Disposable {
  return registry.api.watch(CRDS, event => {
    if (event.type === 'DELETED') removeKind(registry, event.object)
    else if (event.object.metadata.deletionTimestamp === undefined && changed(event))
      registry.addKind(customKind(event.object))
  })
}

const changed = (event: { object: ApiObject; previous?: ApiObject }): boolean =>
  event.previous === undefined || event.previous.metadata.generation !== event.object.metadata.generation

function removeKind(registry: Registry, crd: ApiObject): void {
  const spec = objectOf(crd.spec)
  const group = textOf(spec.group)
  const plural = textOf(objectOf(spec.names).plural)
  const kind = registry.kind(group, plural)
  if (!kind) return
  for (const object of registry.list(kind)) {
    registry.store.delete(
      `${group}/${plural}`,
      object.metadata.namespace
        ? `${object.metadata.namespace}/${object.metadata.name}`
        : object.metadata.name,
    )
  }
  registry.removeKind(group, plural)
}
