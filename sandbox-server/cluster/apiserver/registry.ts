/**
 * What the API server serves: the kinds, their objects in the store and the one path every write takes (defaulting,
 * admission, validation, managedFields, revision). The in-process Api and the HTTP handler are its two clients.
 */

import { type Clock, type Disposable, systemClock } from '../lifecycle.ts'
import type { Store, StoreEvent } from '../store/store.ts'
import type { AdmissionPlugin } from './admission.ts'
import type {
  Api,
  ApiObject,
  DeleteOptions,
  GroupResource,
  ListOptions,
  NewObject,
  WatchEvent,
  WriteOptions,
} from './api.ts'
import { clone } from './json.ts'
import { bucketOf, type Kind, type ServedKinds } from './kinds/kind.ts'
import { keyOf } from './names.ts'
import { labelPredicate } from './selectors.ts'
import { notFound, StatusError } from './status.ts'
import { Writer } from './writer.ts'

export interface RegistryOptions {
  store: Store
  clock?: Clock
  /** Called in order on every write, after the built-in plug-ins that change objects. */
  admission?: readonly AdmissionPlugin[]
  kinds: readonly Kind[]
}

export class Registry implements ServedKinds {
  readonly store: Store
  readonly clock: Clock
  readonly admission: AdmissionPlugin[]
  readonly writer: Writer
  readonly api: Api
  /** Rises whenever a kind comes, goes or changes: discovery and OpenAPI are computed again. */
  kindsVersion = 0
  readonly #kinds = new Map<string, Kind>()

  constructor(options: RegistryOptions) {
    this.store = options.store
    this.clock = options.clock ?? systemClock
    this.admission = [...(options.admission ?? [])]
    this.writer = new Writer(this)
    this.api = new InProcessApi(this)
    for (const kind of options.kinds) this.addKind(kind)
  }

  /** Serves a kind from now on, in place of an earlier one of the same group and plural. */
  addKind(kind: Kind): void {
    this.#kinds.set(`${kind.group}/${kind.plural}`, kind)
    this.kindsVersion++
  }

  removeKind(group: string, plural: string): void {
    this.#kinds.delete(`${group}/${plural}`)
    this.kindsVersion++
  }

  kinds(): Iterable<Kind> {
    return this.#kinds.values()
  }

  kind(group: string, plural: string): Kind | undefined {
    return this.#kinds.get(`${group}/${plural}`)
  }

  /** The kind of a resource that parts of the cluster name; a 404 StatusError when it is not served. */
  require(resource: GroupResource): Kind {
    const kind = this.kind(resource.group, resource.resource)
    if (!kind) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
    return kind
  }

  get(kind: Kind, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.store.bucket(bucketOf(kind)).get(keyOf(kind.namespaced ? namespace : undefined, name))
  }

  list(kind: Kind, namespace?: string): ApiObject[] {
    return this.store.bucket(bucketOf(kind)).list(kind.namespaced && namespace ? `${namespace}/` : '')
  }

  /** Lets a plug-in have its say from now on. */
  admit(plugin: AdmissionPlugin): void {
    this.admission.push(plugin)
  }
}

/** Builds the registry over a store; `registry.api` is the in-process door. */
class InProcessApi implements Api {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  get<T extends ApiObject>(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    return this.#registry.get(this.#registry.require(resource), namespace, name) as T | undefined
  }

  list<T extends ApiObject>(resource: GroupResource, options: ListOptions = {}): readonly T[] {
    const objects = this.#registry.list(this.#registry.require(resource), options.namespace)
    const matches = labelPredicate(options.labelSelector)
    return (matches ? objects.filter(matches) : objects) as T[]
  }

  create<T extends ApiObject>(resource: GroupResource, object: NewObject, options: WriteOptions = {}): T {
    const kind = this.#registry.require(resource)
    const request = this.#registry.writer.internalRequest(kind, options.fieldManager)
    return this.#registry.writer.create(kind, object.metadata.namespace, clone(object), request) as T
  }

  update<T extends ApiObject>(resource: GroupResource, object: T, options: WriteOptions = {}): T {
    return this.#update(resource, object, options, '')
  }

  updateStatus<T extends ApiObject>(resource: GroupResource, object: T, options: WriteOptions = {}): T {
    return this.#update(resource, object, options, 'status')
  }

  delete(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): void {
    const kind = this.#registry.require(resource)
    this.#registry.writer.delete(kind, namespace, name, options, this.#registry.writer.internalRequest(kind))
  }

  watch<T extends ApiObject>(resource: GroupResource, handler: (event: WatchEvent<T>) => void): Disposable {
    const kind = this.#registry.require(resource)
    const subscription = this.#registry.store.subscribe(bucketOf(kind), event =>
      handler(toWatchEvent(event) as WatchEvent<T>),
    )
    for (const object of this.#registry.list(kind)) handler({ type: 'ADDED', object: object as T })
    return subscription
  }

  #update<T extends ApiObject>(
    resource: GroupResource,
    object: T,
    options: WriteOptions,
    subresource: string,
  ): T {
    const kind = this.#registry.require(resource)
    const request = { ...this.#registry.writer.internalRequest(kind, options.fieldManager), subresource }
    const { namespace, name } = object.metadata
    if (!this.#registry.get(kind, namespace, name)) throw notFound(kind.group, kind.plural, name)
    return this.#registry.writer.update(kind, namespace, name, () => clone(object), request) as T
  }
}

/** A committed write as a watcher sees it. A deletion shows the object's last state with the deletion's revision. */
export function toWatchEvent(event: StoreEvent): WatchEvent {
  if (event.object) {
    return event.previous
      ? { type: 'MODIFIED', object: event.object, previous: event.previous }
      : { type: 'ADDED', object: event.object }
  }
  const last = event.previous as ApiObject
  const metadata = { ...last.metadata, resourceVersion: String(event.revision) }
  return { type: 'DELETED', object: Object.freeze({ ...last, metadata: Object.freeze(metadata) }) }
}
