/** An Api that holds objects in memory and tells watchers; without validation, versions or status rules. */
import type { Api, ApiObject, GroupResource, NewObject, WatchEvent } from '../../apiserver/api.ts'

type Handler = (event: WatchEvent) => void

export class MemoryApi implements Pick<Api, 'watch'> {
  readonly #objects = new Map<string, Map<string, ApiObject>>()
  readonly #handlers = new Map<string, Set<Handler>>()
  #version = 0

  watch<T extends ApiObject>({ group, resource }: GroupResource, handler: (event: WatchEvent<T>) => void) {
    const key = `${group}/${resource}`
    const typed = handler as Handler
    for (const object of this.#objects.get(key)?.values() ?? []) typed({ type: 'ADDED', object })
    const handlers = this.#handlers.get(key) ?? new Set()
    this.#handlers.set(key, handlers.add(typed))
    return { dispose: () => void handlers.delete(typed) }
  }

  /** Creates or replaces. */
  put({ group, resource }: GroupResource, object: NewObject): ApiObject {
    const key = `${group}/${resource}`
    const objects = this.#objects.get(key) ?? new Map<string, ApiObject>()
    this.#objects.set(key, objects)
    const { name = '', namespace } = object.metadata
    const stored: ApiObject = {
      ...object,
      apiVersion: String(object.apiVersion),
      kind: String(object.kind),
      metadata: {
        ...object.metadata,
        name,
        uid: name,
        resourceVersion: String(++this.#version),
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
    }
    const previous = objects.get(`${namespace}/${name}`)
    objects.set(`${namespace}/${name}`, stored)
    const type = previous ? 'MODIFIED' : 'ADDED'
    for (const handler of this.#handlers.get(key) ?? []) handler({ type, object: stored, previous })
    return stored
  }
}

/** For what takes an Api and only watches. */
export function asApi(memory: MemoryApi): Api {
  const unused = (): never => {
    throw new TypeError('only watch is served in this test')
  }
  return {
    watch: memory.watch.bind(memory),
    get: unused,
    list: unused,
    create: unused,
    update: unused,
    updateStatus: unused,
    delete: unused,
  }
}
