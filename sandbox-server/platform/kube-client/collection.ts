/** The live contents of one collection, shared by everything that asks about it. */
import type { Clock, Disposable } from '../lifecycle.ts'
import { follow } from './follow.ts'
import type { KubeObject, ResourceRef } from './objects.ts'
import type { Transport } from './transport.ts'

export interface Collection extends Disposable {
  /** False until the first list has arrived. */
  readonly listed: boolean
  all(): readonly KubeObject[]
  get(name: string): KubeObject | undefined
  /** Called after each change and each (re)list. */
  onChange(listener: () => void): Disposable
  /** Resolves when `condition` holds, rejects when the signal aborts. */
  until(condition: (objects: readonly KubeObject[]) => boolean, signal: AbortSignal): Promise<void>
}

export interface CollectionOptions {
  ref: ResourceRef
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  clock: Clock
  onTrouble?(error: unknown): void
}

/** Starts following at once; dispose ends it. */
export function openCollection(transport: Transport, options: CollectionOptions): Collection {
  const abort = new AbortController()
  const objects = new Map<string, KubeObject>()
  const listeners = new Set<() => void>()
  let listed = false
  const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  void follow(transport, {
    ...options,
    signal: abort.signal,
    onList(found) {
      objects.clear()
      for (const object of found) objects.set(keyOf(object), object)
      listed = true
      tell()
    },
    onChange(type, object) {
      if (type === 'DELETED') objects.delete(keyOf(object))
      else objects.set(keyOf(object), object)
      tell()
    },
  })
  const onChange = (listener: () => void): Disposable => {
    listeners.add(listener)
    return { dispose: () => void listeners.delete(listener) }
  }
  return {
    get listed() {
      return listed
    },
    all: () => [...objects.values()],
    get: name => objects.get(`${options.namespace ?? ''}/${name}`),
    onChange,
    until(condition, signal) {
      return new Promise((resolve, reject) => {
        const finish = () => {
          listening.dispose()
          signal.removeEventListener('abort', abandon)
        }
        const abandon = () => {
          finish()
          reject(signal.reason)
        }
        const look = () => {
          if (!listed || !condition([...objects.values()])) return
          finish()
          resolve()
        }
        const listening = onChange(look)
        if (signal.aborted) return abandon()
        signal.addEventListener('abort', abandon)
        look()
      })
    },
    dispose() {
      abort.abort()
      listeners.clear()
    },
  }
}
