/**
 * Which objects a controller manages: those that name it as their controller and still match its selector, plus
 * ownerless ones that match (adopted); those that no longer match are let go (`controller_ref_manager.go` upstream).
 */
import type { LabelSelector } from 'kubernetes-types/meta/v1.js'
import type { ApiObject, GroupResource } from '../apiserver/api.ts'
import { AS_CONTROLLER_MANAGER, type ControllerContext, controllerReference } from './controller.ts'
import { controllerOf, type Informer } from './informers.ts'
import { selects } from './selectors.ts'

export interface Claim<T extends ApiObject> {
  owner: ApiObject
  selector: LabelSelector | undefined
  informer: Informer<T>
  resource: GroupResource
  /** Further condition for adoption, e.g. that a pod is still active. */
  adoptable(object: T): boolean
}

export function claim<T extends ApiObject>({ api }: ControllerContext, wanted: Claim<T>): T[] {
  const { owner, informer, resource, selector } = wanted
  const going = owner.metadata.deletionTimestamp !== undefined
  const claimed: T[] = []
  for (const object of informer.controlledBy(owner.metadata.uid)) {
    if (selects(selector, object.metadata.labels)) claimed.push(object)
    else if (!going && object.metadata.deletionTimestamp === undefined) release(object)
  }
  if (going) return claimed
  for (const object of informer.list(owner.metadata.namespace)) {
    if (controllerOf(object) || object.metadata.deletionTimestamp !== undefined) continue
    if (selects(selector, object.metadata.labels) && wanted.adoptable(object)) claimed.push(adopt(object))
  }
  return claimed

  function release(object: T): void {
    const references = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid)
    api.update<T>(
      resource,
      { ...object, metadata: { ...object.metadata, ownerReferences: references } },
      AS_CONTROLLER_MANAGER,
    )
  }

  function adopt(object: T): T {
    const reference = controllerReference(owner)
    const others = object.metadata.ownerReferences?.filter(({ uid }) => uid !== reference.uid) ?? []
    const ownerReferences = [...others, reference]
    return api.update<T>(
      resource,
      { ...object, metadata: { ...object.metadata, ownerReferences } },
      AS_CONTROLLER_MANAGER,
    )
  }
}
