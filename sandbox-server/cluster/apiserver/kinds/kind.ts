/**
 * What one kind declares: its names, shape, defaults, validation and table. A folder under `kinds/` exports one of
 * these and the rest of the API server is written against it; a CustomResourceDefinition becomes one at run time.
 */
import type { Clock } from '../../lifecycle.ts'
import type { Store } from '../../store/store.ts'
import type { AdmissionPlugin } from '../admission.ts'
import type { Api, ApiObject, GroupResource, NewObject } from '../api.ts'
import type { UserInfo } from '../auth/user.ts'
import type { JsonObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import type { StatusCause } from '../status.ts'

export interface Subresource {
  name: string
  group: string
  version: string
  kind: string
  verbs: string[]
}

/** What `pods/proxy` and `services/proxy` take: any method that has a verb. */
export const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update']

/** metav1.TableColumnDefinition; priority above 0 shows with `-o wide`. */
export interface TableColumn {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  format?: string
  description?: string
  priority?: number
}

/** Where the scale subresource finds its numbers. */
export interface ScalePaths {
  specReplicas: readonly string[]
  statusReplicas: readonly string[]
  /** The selector as text. */
  selector(object: ApiObject): string
}

/** The kinds that are served and their objects, as strategies, admission and the writer look at them. */
export interface ServedKinds {
  readonly store: Store
  readonly clock: Clock
  readonly admission: readonly AdmissionPlugin[]
  readonly api: Api
  kinds(): Iterable<Kind>
  kind(group: string, plural: string): Kind | undefined
  /** Throws a 404 StatusError when it is not served. */
  require(resource: GroupResource): Kind
  get(kind: Kind, namespace: string | undefined, name: string): ApiObject | undefined
  list(kind: Kind, namespace?: string): ApiObject[]
}

/** What a strategy may look at besides the object. */
export interface StrategyContext {
  registry: ServedKinds
  /** Milliseconds since the epoch. */
  now: number
  dryRun: boolean
  /** Written by a part of the cluster, not through HTTP. */
  internal: boolean
  /** Absent for parts of the cluster. */
  user?: UserInfo
  /** Which part of the object is written: '' for the main one. */
  subresource: string
  warnings: string[]
}

export type NameRule = 'subdomain' | 'label' | 'label1035' | 'path'

export interface Kind {
  group: string
  /** The version objects are stored in. */
  version: string
  /** All served versions, preferred first; defaults to the storage version alone. */
  versions?: readonly string[]
  kind: string
  listKind?: string
  plural: string
  singular: string
  namespaced: boolean
  shortNames?: readonly string[]
  categories?: readonly string[]
  verbs?: readonly string[]
  /** Its group and version are in discovery, itself is not. */
  unlisted?: boolean
  /** The status subresource: main writes keep status, status writes keep the rest. */
  status?: boolean
  scale?: ScalePaths
  subresources?: readonly Subresource[]
  /** Counts metadata.generation by changes outside metadata and status. */
  generation?: boolean
  /** Changes of annotations count as well (Deployments). */
  generationCountsAnnotations?: boolean
  nameRule: NameRule
  /** Custom resources differ in many words of the server. */
  custom?: boolean
  /** The OpenAPI schema of one served version. */
  schema(version: string): Schema
  defaults?(object: JsonObject): void
  prepareCreate?(object: JsonObject, context: StrategyContext): void
  /** Gives an object addresses and the like, after validation; `old` is absent on creation. */
  allocate?(object: JsonObject, old: ApiObject | undefined, context: StrategyContext): void
  /** A write to a subresource of the kind's own: the old object with what this part may change. */
  writePart?(subresource: string, object: ApiObject, old: ApiObject): ApiObject
  prepareUpdate?(object: JsonObject, old: ApiObject, context: StrategyContext): void
  /** Throws a 403 StatusError when the writer may not write just this, before the object is validated. */
  authorizeWrite?(object: ApiObject, old: ApiObject | undefined, context: StrategyContext): void
  validate?(object: ApiObject, context: StrategyContext): StatusCause[]
  validateUpdate?(object: ApiObject, old: ApiObject, context: StrategyContext): StatusCause[]
  warnings?(object: ApiObject, old: ApiObject | undefined): string[]
  columns: readonly TableColumn[]
  /** Cells for the columns. `now` in milliseconds. */
  row(object: ApiObject, now: number): unknown[]
  /** Awaited before an object is written over HTTP, e.g. to load what validation needs. */
  prepare?(): Promise<void> | void
  /** Per-version table of a custom resource. */
  table?(version: string): { columns: readonly TableColumn[]; row(object: ApiObject, now: number): unknown[] }
  /** Field selectors besides metadata.name and metadata.namespace. */
  fields?: Readonly<Record<string, (object: ApiObject) => string>>
  /** The bucket of another kind that this one is a view of (events.k8s.io of core events). */
  storedAs?: string
  /** The kind that stores this one's objects, and its form of one: writes of a view go there. */
  stored?: { kind: Kind; form(object: ApiObject): ApiObject }
  /** The stored object as another served version reads it, and back. Defaults to changing apiVersion alone. */
  convert?(object: ApiObject, version: string): ApiObject
  /** Deletion is graceful: kept with a deletionTimestamp until deleted with grace period 0. */
  graceful?: { defaultSeconds(object: ApiObject): number; immediately(object: ApiObject): boolean }
  /** Overrides the object that a DELETE answers (true: the object itself instead of a Status). */
  deleteReturnsObject?: boolean
}

/** `group/plural`, the bucket a kind is stored in. */
export const bucketOf = (kind: Pick<Kind, 'group' | 'plural' | 'storedAs'>): string =>
  kind.storedAs ?? `${kind.group}/${kind.plural}`

/** Where and in which form an object that came in as `kind` is written. */
export const inStoredForm = <T extends ApiObject | NewObject>(
  kind: Kind,
  object: T,
): { kind: Kind; object: T | ApiObject } =>
  kind.stored ? { kind: kind.stored.kind, object: kind.stored.form(object as ApiObject) } : { kind, object }

/** `v1` or `apps/v1`. */
export const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`
