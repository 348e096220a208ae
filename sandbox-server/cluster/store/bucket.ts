/** The newest objects of one resource, in etcd's key order (`namespace/name`, or `name` for cluster-scoped ones). */
import type { ApiObject } from '../apiserver/api.ts'

interface Entry {
  object: ApiObject
  revision: number
}

/** A map that lists in key order; the order is computed again only after keys came or went. */
export class Bucket {
  readonly #entries = new Map<string, Entry>()
  #sortedKeys: string[] | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: string): ApiObject | undefined {
    return this.#entries.get(key)?.object
  }

  set(key: string, object: ApiObject, revision: number): Entry | undefined {
    const previous = this.#entries.get(key)
    if (!previous) this.#sortedKeys = undefined
    this.#entries.set(key, { object, revision })
    return previous
  }

  delete(key: string): Entry | undefined {
    const previous = this.#entries.get(key)
    if (previous) {
      this.#entries.delete(key)
      this.#sortedKeys = undefined
    }
    return previous
  }

  *entries(): Iterable<[string, ApiObject]> {
    for (const [key, entry] of this.#entries) yield [key, entry.object]
  }

  /** Objects whose key starts with `prefix`, in key order. */
  list(prefix = ''): ApiObject[] {
    this.#sortedKeys ??= [...this.#entries.keys()].sort()
    const keys = this.#sortedKeys
    const objects: ApiObject[] = []
    for (let i = prefix === '' ? 0 : lowerBound(keys, prefix); i < keys.length; i++) {
      const key = keys[i] ?? ''
      if (!key.startsWith(prefix)) break
      const entry = this.#entries.get(key)
      if (entry) objects.push(entry.object)
    }
    return objects
  }
}

function lowerBound(keys: readonly string[], wanted: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}
