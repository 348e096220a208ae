/**
 * The cluster's memory: every write is one row of revisions in SQLite, as kine keeps etcd's, and the newest state is
 * held in memory. The revision number is the resourceVersion: global, rising, surviving restarts. WAL with
 * synchronous=NORMAL loses nothing when the process is killed (only when the machine is).
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { ApiObject } from '../apiserver/api.ts'
import type { Disposable } from '../lifecycle.ts'
import { Bucket } from './bucket.ts'

/** One committed write. `object` is absent after a deletion; `previous` before a creation. */
export interface StoreEvent {
  revision: number
  bucket: string
  key: string
  object?: ApiObject
  previous?: ApiObject
}

export interface StoreOptions {
  /** A file, or `:memory:`. */
  path: string
  /** How many past writes can still be read or watched from; older ones are compacted. */
  historyLimit?: number
  /** Called when a subscriber throws: its error must not undo a committed write. */
  onSubscriberError?: (error: unknown) => void
}

const HISTORY_LIMIT = 2_000
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS revisions (
    revision INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, value TEXT
  );`

/** Revisions on disk, the newest state in memory, recent history for watches. Not safe for two processes at once. */
export class Store {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #remove: StatementSync
  readonly #buckets = new Map<string, Bucket>()
  readonly #subscribers = new Map<string, Set<(event: StoreEvent) => void>>()
  readonly #historyLimit: number
  readonly #onSubscriberError: (error: unknown) => void
  #history: StoreEvent[] = []
  #superseded: number[] = []
  #queue: StoreEvent[] = []
  #delivering = false
  #batchDepth = 0
  #revision = 0
  #compactedRevision = 0

  constructor(options: StoreOptions) {
    this.#historyLimit = options.historyLimit ?? HISTORY_LIMIT
    this.#onSubscriberError = options.onSubscriberError ?? (error => console.error(error))
    this.#database = new DatabaseSync(options.path)
    this.#database.exec(SCHEMA)
    this.#insert = this.#database.prepare(
      'INSERT INTO revisions (revision, bucket, key, value) VALUES (?, ?, ?, ?)',
    )
    this.#remove = this.#database.prepare('DELETE FROM revisions WHERE revision = ?')
    this.#load()
  }

  /** The newest revision; what a list answers as its resourceVersion. */
  get revision(): number {
    return this.#revision
  }

  /** Reads and watches from before this revision are gone. */
  get compactedRevision(): number {
    return this.#compactedRevision
  }

  bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      bucket = new Bucket()
      this.#buckets.set(name, bucket)
    }
    return bucket
  }

  /** Stores `object` under the next revision, which becomes its resourceVersion; the answer is frozen. */
  put(bucketName: string, key: string, object: ApiObject): ApiObject {
    const bucket = this.bucket(bucketName)
    const revision = this.#revision + 1
    const stored = deepFreeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(revision) },
    })
    this.#insert.run(revision, bucketName, key, JSON.stringify(stored))
    const previous = bucket.set(key, stored, revision)
    this.#committed(
      { revision, bucket: bucketName, key, object: stored, previous: previous?.object },
      previous?.revision,
    )
    return stored
  }

  /** Removes what is under `key`; the answer is the revision of the deletion. */
  delete(bucketName: string, key: string): number {
    const bucket = this.bucket(bucketName)
    const revision = this.#revision + 1
    const previous = bucket.delete(key)
    if (!previous) return this.#revision
    this.#insert.run(revision, bucketName, key, null)
    this.#committed({ revision, bucket: bucketName, key, previous: previous.object }, previous.revision)
    this.#superseded.push(revision)
    return revision
  }

  /** Writes of `work` are one transaction (one commit, events after it); an exception undoes nothing in memory. */
  batch<T>(work: () => T): T {
    if (this.#batchDepth === 0) this.#database.exec('BEGIN')
    this.#batchDepth++
    try {
      return work()
    } finally {
      this.#batchDepth--
      if (this.#batchDepth === 0) {
        this.#database.exec('COMMIT')
        this.#deliver()
      }
    }
  }

  /** Calls back for each later write to the bucket, in order, after its commit, never recursively. */
  subscribe(bucketName: string, handler: (event: StoreEvent) => void): Disposable {
    const since = this.#revision
    const subscriber = (event: StoreEvent) => {
      if (event.revision > since) handler(event)
    }
    let set = this.#subscribers.get(bucketName)
    if (!set) {
      set = new Set()
      this.#subscribers.set(bucketName, set)
    }
    set.add(subscriber)
    return { dispose: () => void set.delete(subscriber) }
  }

  /** Past writes to the bucket after `revision`; undefined when they are compacted. */
  eventsSince(bucketName: string, revision: number): StoreEvent[] | undefined {
    if (revision < this.#compactedRevision) return undefined
    return this.#history.filter(event => event.revision > revision && event.bucket === bucketName)
  }

  /** The bucket's sorted keys and objects as of `revision`; undefined when compacted. */
  snapshot(bucketName: string, revision: number): ApiObject[] | undefined {
    const events = this.eventsSince(bucketName, revision)
    if (!events) return undefined
    const state = new Map(this.bucket(bucketName).entries())
    for (const event of events.reverse()) {
      if (event.previous) state.set(event.key, event.previous)
      else state.delete(event.key)
    }
    return [...state.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  close(): void {
    this.#database.close()
  }

  #committed(event: StoreEvent, superseded: number | undefined): void {
    this.#revision = event.revision
    if (superseded !== undefined) this.#superseded.push(superseded)
    this.#history.push(event)
    this.#queue.push(event)
    if (this.#history.length > this.#historyLimit * 2) this.#compact()
    if (this.#batchDepth === 0) this.#deliver()
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      for (const subscriber of [...(this.#subscribers.get(event.bucket) ?? [])]) {
        try {
          subscriber(event)
        } catch (error) {
          this.#onSubscriberError(error)
        }
      }
    }
    this.#delivering = false
  }

  /** Drops history beyond the limit and the rows that nothing reads any more (never the newest: it keeps the count). */
  #compact(): void {
    this.#history = this.#history.slice(-this.#historyLimit)
    this.#compactedRevision = (this.#history[0]?.revision ?? this.#revision + 1) - 1
    const obsolete = this.#superseded.filter(revision => revision !== this.#revision)
    this.#superseded = this.#superseded.filter(revision => revision === this.#revision)
    this.batch(() => {
      for (const revision of obsolete) this.#remove.run(revision)
    })
  }

  #load(): void {
    const rows = this.#database.prepare(
      'SELECT revision, bucket, key, value FROM revisions ORDER BY revision',
    )
    const newest = new Map<string, { revision: number; bucket: string; key: string; value: string | null }>()
    for (const row of rows.iterate()) {
      const revision = Number(row.revision)
      const bucket = String(row.bucket)
      const key = String(row.key)
      const value = typeof row.value === 'string' ? row.value : null
      const identity = `${bucket}\n${key}`
      const older = newest.get(identity)
      if (older) this.#superseded.push(older.revision)
      newest.set(identity, { revision, bucket, key, value })
      this.#revision = revision
    }
    for (const { revision, bucket, key, value } of newest.values()) {
      if (value === null) this.#superseded.push(revision)
      else this.bucket(bucket).set(key, deepFreeze(JSON.parse(value)), revision)
    }
    // The history in memory ended with the process before this one: whoever watches from back then lists again.
    this.#compactedRevision = this.#revision
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const child of Object.values(value)) deepFreeze(child)
  return value
}
