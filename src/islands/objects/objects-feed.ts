/** The namespace's objects as the server tells them, and which came and went. */
import type {
  ObjectKind,
  ObjectRow,
  ObjectsClientMessage,
  ObjectsServerMessage,
} from '../../../sandbox-server/protocol/objects.ts'
import { type FeatureSocket, openFeatureSocket } from '../connection/feature-socket.ts'

export type OpenedMessage = Extract<ObjectsServerMessage, { type: 'opened' }>
export type EventsMessage = Extract<ObjectsServerMessage, { type: 'events' }>

/** A row, and for a short while one that is gone. */
export interface KnownRow extends ObjectRow {
  kind: ObjectKind
  /** Came while somebody looked. */
  isNew: boolean
  isGone: boolean
}

export interface ObjectsFeedListeners {
  onRows(): void
  onOpened(message: OpenedMessage): void
  onEvents(message: EventsMessage): void
  /** Of a single object, after the first list. */
  onCame(row: KnownRow): void
  onWent(row: KnownRow): void
}

const TYPES = new Set<unknown>([
  'kind',
  'listed',
  'away',
  'opened',
  'events',
  'error',
] satisfies ObjectsServerMessage['type'][])
const isMessage = (value: unknown): value is ObjectsServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

/** So long a deleted object is still shown, fading. */
const FADE_MS = 2_500

export class ObjectsFeed {
  readonly kinds = new Map<string, ObjectKind>()
  readonly #rows = new Map<string, Map<string, KnownRow>>()
  readonly #listeners: ObjectsFeedListeners
  #socket: FeatureSocket | undefined
  #opened: Extract<ObjectsClientMessage, { type: 'open' }> | undefined
  /** undefined until everything was told. */
  namespace: string | undefined
  isAway = true

  constructor(listeners: ObjectsFeedListeners) {
    this.#listeners = listeners
  }

  connect(): void {
    this.#socket ??= openFeatureSocket({
      path: '/ws/objects',
      isMessage,
      onMessage: message => this.#hear(message),
      onState: ({ name }) => {
        if (name === 'open') this.#sendOpened()
        if (name === 'lost') this.#away()
      },
    })
  }

  /** The server watches only while it is connected. */
  disconnect(): void {
    this.#socket?.dispose()
    this.#socket = undefined
    // What happens meanwhile is no news when it is told.
    this.namespace = undefined
  }

  open(collection: string, name: string): void {
    this.#opened = { type: 'open', collection, name }
    this.#sendOpened()
  }

  close(): void {
    this.#opened = undefined
    this.#socket?.send({ type: 'close' } satisfies ObjectsClientMessage)
  }

  rowsOf(collection: string): KnownRow[] {
    const rows = [...(this.#rows.get(collection)?.values() ?? [])]
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #sendOpened(): void {
    if (this.#opened) this.#socket?.send(this.#opened)
  }

  #hear(message: ObjectsServerMessage): void {
    switch (message.type) {
      case 'kind':
        return this.#kindChanged(message.kind)
      case 'listed':
        this.namespace = message.namespace
        this.isAway = false
        return this.#listeners.onRows()
      case 'away':
        return this.#away()
      case 'opened':
        return this.#listeners.onOpened(message)
      case 'events':
        return this.#listeners.onEvents(message)
      case 'error':
        return this.#away()
    }
  }

  #away(): void {
    this.isAway = true
    this.namespace = undefined
    this.#listeners.onRows()
  }

  #kindChanged(kind: ObjectKind): void {
    const isNews = this.namespace !== undefined
    this.kinds.set(kind.collection, kind)
    const before = this.#rows.get(kind.collection) ?? new Map<string, KnownRow>()
    const rows = new Map<string, KnownRow>()
    for (const row of kind.rows) {
      const known = before.get(row.uid)
      const made = { ...row, kind, isNew: known?.isNew ?? isNews, isGone: false }
      rows.set(row.uid, made)
      if (!known && isNews) this.#listeners.onCame(made)
    }
    for (const [uid, row] of before) {
      if (rows.has(uid)) continue
      if (row.isGone) rows.set(uid, row)
      else if (isNews) {
        const gone = { ...row, isGone: true }
        rows.set(uid, gone)
        this.#listeners.onWent(gone)
        setTimeout(() => this.#forget(kind.collection, uid), FADE_MS)
      }
    }
    this.#rows.set(kind.collection, rows)
    this.#listeners.onRows()
  }

  #forget(collection: string, uid: string): void {
    if (!this.#rows.get(collection)?.get(uid)?.isGone) return
    this.#rows.get(collection)?.delete(uid)
    this.#listeners.onRows()
  }
}
