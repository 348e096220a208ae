/** Who owns whom: every object by uid and, the other way round, its dependents. Objects are shared, not copied. */
import type { ApiObject, OwnerReference } from '../../apiserver/api.ts'
import type { ServedResource } from '../served-resources.ts'

export interface GraphNode {
  resource: ServedResource
  object: ApiObject
}

export const ownersOf = ({ object }: GraphNode): readonly OwnerReference[] =>
  object.metadata.ownerReferences ?? []

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #dependents = new Map<string, Set<string>>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap(dependent => this.#nodes.get(dependent) ?? [])
  }

  set(node: GraphNode): void {
    const { uid } = node.object.metadata
    this.#unlink(uid)
    this.#nodes.set(uid, node)
    for (const owner of ownersOf(node)) {
      const dependents = this.#dependents.get(owner.uid)
      if (dependents) dependents.add(uid)
      else this.#dependents.set(owner.uid, new Set([uid]))
    }
  }

  delete(uid: string): void {
    this.#unlink(uid)
    this.#nodes.delete(uid)
  }

  #unlink(uid: string): void {
    const node = this.#nodes.get(uid)
    for (const owner of node ? ownersOf(node) : []) {
      const dependents = this.#dependents.get(owner.uid)
      dependents?.delete(uid)
      if (dependents?.size === 0) this.#dependents.delete(owner.uid)
    }
  }
}
