/**
 * The garbage collector (`pkg/controller/garbagecollector` upstream): objects whose owners are gone go too; the
 * finalizers `foregroundDeletion` and `orphan` are done here.
 */
import type { ApiObject, OwnerReference } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'
import { AS_CONTROLLER_MANAGER, type ControllerContext, disposeAll } from '../controller.ts'
import type { ServedResources } from '../served-resources.ts'
import { type GraphNode, OwnerGraph, ownersOf } from './graph.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

export function startGarbageCollector(context: ControllerContext, served: ServedResources): Disposable {
  const graph = new OwnerGraph()
  const queue = context.queue('garbagecollector', uid => {
    const node = graph.get(uid)
    if (node) collect(context, served, graph, node)
  })
  served.onAdded(resource => {
    // Events own nothing and are many.
    if (resource.group === '' && resource.resource === 'events') return undefined
    return context.api.watch(resource, ({ type, object }) => {
      const { uid } = object.metadata
      const before = graph.get(uid)
      if (type === 'DELETED') {
        graph.delete(uid)
        for (const dependent of graph.dependentsOf(uid)) queue.add(dependent.object.metadata.uid)
      } else {
        graph.set({ resource, object })
        if (isConcerned(object)) queue.add(uid)
      }
      // An owner that waits for this one may go on.
      for (const owner of [...(before ? ownersOf(before) : []), ...(object.metadata.ownerReferences ?? [])]) {
        if (graph.get(owner.uid)?.object.metadata.deletionTimestamp !== undefined) queue.add(owner.uid)
      }
    })
  })
  return disposeAll(queue)
}

const isConcerned = ({ metadata }: ApiObject): boolean =>
  metadata.ownerReferences !== undefined ||
  (metadata.deletionTimestamp !== undefined && metadata.finalizers !== undefined)

const hasFinalizer = ({ object: { metadata } }: GraphNode, name: string): boolean =>
  Boolean(metadata.finalizers?.includes(name))

const isWaiting = (node: GraphNode): boolean =>
  node.object.metadata.deletionTimestamp !== undefined && hasFinalizer(node, FOREGROUND)

function collect(
  context: ControllerContext,
  served: ServedResources,
  graph: OwnerGraph,
  node: GraphNode,
): void {
  const { metadata } = node.object
  if (metadata.deletionTimestamp !== undefined) {
    if (hasFinalizer(node, ORPHAN)) orphanDependents(context, graph, node)
    else if (hasFinalizer(node, FOREGROUND)) deleteDependentsFirst(context, graph, node)
    return
  }
  const owners = ownersOf(node)
  if (owners.length === 0) return
  const solid = owners.filter(owner => isSolid(served, graph, node, owner))
  if (solid.length === owners.length) return
  if (solid.length > 0) {
    setOwners(context, node, solid)
    return
  }
  const waiting = owners.some(owner => {
    const found = graph.get(owner.uid)
    return found !== undefined && isWaiting(found)
  })
  const dependents = graph.dependentsOf(metadata.uid)
  context.api.delete(node.resource, metadata.namespace, metadata.name, {
    propagationPolicy: policyOf(node, waiting && dependents.length > 0),
    uid: metadata.uid,
  })
}

function policyOf(node: GraphNode, foreground: boolean): 'Foreground' | 'Background' | 'Orphan' {
  if (hasFinalizer(node, ORPHAN)) return 'Orphan'
  return foreground || hasFinalizer(node, FOREGROUND) ? 'Foreground' : 'Background'
}

/** An owner that exists and is not waiting for its dependents to go; one of an unknown kind is left in peace. */
function isSolid(
  served: ServedResources,
  graph: OwnerGraph,
  { object }: GraphNode,
  owner: OwnerReference,
): boolean {
  const found = graph.get(owner.uid)
  if (!found) return served.find(owner.apiVersion, owner.kind) === undefined
  const { namespace } = found.object.metadata
  if (namespace !== undefined && namespace !== object.metadata.namespace) return false
  return !isWaiting(found)
}

function setOwners(
  { api }: ControllerContext,
  { resource, object }: GraphNode,
  owners: readonly OwnerReference[],
): void {
  const { ownerReferences: _old, ...metadata } = object.metadata
  const kept = owners.length > 0 ? { ownerReferences: [...owners] } : {}
  api.update(resource, { ...object, metadata: { ...metadata, ...kept } }, AS_CONTROLLER_MANAGER)
}

function removeFinalizer(
  { api }: ControllerContext,
  { resource, object }: GraphNode,
  finalizer: string,
): void {
  const finalizers = object.metadata.finalizers?.filter(name => name !== finalizer)
  api.update(resource, { ...object, metadata: { ...object.metadata, finalizers } }, AS_CONTROLLER_MANAGER)
}

function orphanDependents(context: ControllerContext, graph: OwnerGraph, node: GraphNode): void {
  const { uid } = node.object.metadata
  for (const dependent of graph.dependentsOf(uid)) {
    setOwners(
      context,
      dependent,
      ownersOf(dependent).filter(owner => owner.uid !== uid),
    )
  }
  removeFinalizer(context, graph.get(uid) ?? node, ORPHAN)
}

/** Dependents that block are waited for; the others are told to go and may take their time. */
function deleteDependentsFirst(context: ControllerContext, graph: OwnerGraph, node: GraphNode): void {
  const { uid } = node.object.metadata
  for (const dependent of graph.dependentsOf(uid)) {
    if (dependent.object.metadata.deletionTimestamp !== undefined) continue
    const others = ownersOf(dependent).filter(owner => owner.uid !== uid && graph.get(owner.uid))
    if (others.length > 0) setOwners(context, dependent, others)
    else deleteDependent(context, graph, dependent)
  }
  const blocking = graph
    .dependentsOf(uid)
    .some(dependent => ownersOf(dependent).some(owner => owner.uid === uid && owner.blockOwnerDeletion))
  const newest = graph.get(uid)
  if (!blocking && newest) removeFinalizer(context, newest, FOREGROUND)
}

function deleteDependent({ api }: ControllerContext, graph: OwnerGraph, dependent: GraphNode): void {
  const { namespace, name, uid } = dependent.object.metadata
  const foreground = graph.dependentsOf(uid).length > 0
  api.delete(dependent.resource, namespace, name, { propagationPolicy: policyOf(dependent, foreground), uid })
}
