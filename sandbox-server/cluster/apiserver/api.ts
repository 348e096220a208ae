/**
 * The Kubernetes API as the parts inside one cluster see it: controllers, kubelet, istiod and the rest share this
 * in-process door and the HTTP server is another client of the same registry, so both obey the same defaulting,
 * admission, validation and resourceVersions.
 *
 * Calls are synchronous: the store is SQLite in this process and the newest state is held in memory. Objects handed
 * out are frozen and shared; change a copy (`structuredClone`).
 */
import type { Disposable } from '../lifecycle.ts'

/** Kubernetes' ObjectMeta, as on the wire. Times are RFC 3339 strings, whole seconds. */
export interface ObjectMeta {
  name: string
  namespace?: string
  generateName?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
  managedFields?: unknown[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Any object the API serves. Cast to a type of `kubernetes-types` only behind a type guard on `kind`. */
export interface ApiObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}

/** What a writer hands in: metadata may lack whatever the server fills. */
export interface NewObject {
  apiVersion: string
  kind: string
  metadata: Partial<ObjectMeta>
  [field: string]: unknown
}

/** A collection by group and plural name, e.g. `{ group: 'apps', resource: 'deployments' }`; core is `''`. */
export interface GroupResource {
  group: string
  resource: string
}

export interface ListOptions {
  namespace?: string
  /** Kubernetes' selector syntax, e.g. `app=reviews,version in (v1,v2)`. */
  labelSelector?: string
}

export type WatchEvent<T extends ApiObject = ApiObject> =
  | { type: 'ADDED' | 'MODIFIED'; object: T; previous?: T }
  | { type: 'DELETED'; object: T }

export interface WriteOptions {
  /** Recorded in managedFields; controllers use the real components' names, e.g. `kube-controller-manager`. */
  fieldManager?: string
}

export interface DeleteOptions {
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  gracePeriodSeconds?: number
  uid?: string
  resourceVersion?: string
}

/** Failures are `StatusError` (see `status.ts`): code, reason and message in the real server's words. */
export interface Api {
  get<T extends ApiObject = ApiObject>(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
  ): T | undefined
  list<T extends ApiObject = ApiObject>(resource: GroupResource, options?: ListOptions): readonly T[]
  create<T extends ApiObject = ApiObject>(
    resource: GroupResource,
    object: NewObject,
    options?: WriteOptions,
  ): T
  /** Replaces spec and metadata; a stale resourceVersion is a 409 StatusError. */
  update<T extends ApiObject = ApiObject>(resource: GroupResource, object: T, options?: WriteOptions): T
  /** Replaces `status` alone. */
  updateStatus<T extends ApiObject = ApiObject>(resource: GroupResource, object: T, options?: WriteOptions): T
  /** Graceful for pods (sets deletionTimestamp; the kubelet finishes with gracePeriodSeconds 0). Absent: 404 StatusError. */
  delete(resource: GroupResource, namespace: string | undefined, name: string, options?: DeleteOptions): void
  /**
   * Calls `handler` with ADDED for what exists, then once for each later write, in order, after its commit.
   * A handler may write: its events are delivered after the current one (no recursion).
   */
  watch<T extends ApiObject = ApiObject>(
    resource: GroupResource,
    handler: (event: WatchEvent<T>) => void,
  ): Disposable
}
