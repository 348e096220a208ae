/** Watches: JSON events, one a line, from a resourceVersion on, with bookmarks and initial events. */

import type { StoreEvent } from '../../store/store.ts'
import type { ApiObject } from '../api.ts'
import { bucketOf, groupVersion } from '../kinds/kind.ts'
import type { Registry } from '../registry.ts'
import type { Predicate } from '../selectors.ts'
import { gone, invalid, StatusError } from '../status.ts'
import { forbiddenField } from '../validation/causes.ts'
import type { ResourceExchange } from './exchange.ts'
import { selectorOf } from './read.ts'
import { includeObject, inVersion, partialMetadata, table } from './tables.ts'

const BOOKMARK_INTERVAL_MS = 60_000
const DEFAULT_TIMEOUT_MS = 1_800_000
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** Streams events until the client goes, the timeout passes or the server closes. */
export function watchObjects(registry: Registry, target: ResourceExchange): void {
  const { exchange, kind } = target
  const { query } = exchange.info
  checkOptions(query)
  const selector = selectorOf(kind, query)
  const versionText = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents') === 'true'
  const from = versionText === '' ? 0 : watchVersion(versionText)
  const watch = new Watch(registry, target, selector)
  if (from === 0 || initial) watch.sendCurrent(initial)
  else watch.sendSince(from)
  watch.follow()
}

/** A watch words a bad resourceVersion otherwise than a list, and without a reason. */
function watchVersion(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const shown = JSON.stringify(text)
  throw new StatusError(
    500,
    undefined,
    `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`,
  )
}

function checkOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? ''
  const initial = query.get('sendInitialEvents')
  if (initial === null && match !== '') {
    const detail = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    throw invalid('meta.k8s.io', 'ListOptions', '', [forbiddenField('resourceVersionMatch', detail)])
  }
  if (initial !== null && match !== 'NotOlderThan') {
    const detail = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    throw invalid('meta.k8s.io', 'ListOptions', '', [forbiddenField('resourceVersionMatch', detail)])
  }
}

class Watch {
  readonly #registry: Registry
  readonly #target: ResourceExchange
  readonly #selector: Predicate | undefined
  readonly #bookmarks: boolean
  #headersSent = false
  #ended = false
  #revision = 0

  constructor(registry: Registry, target: ResourceExchange, selector: Predicate | undefined) {
    this.#registry = registry
    this.#target = target
    this.#selector = selector
    this.#bookmarks = target.exchange.info.query.get('allowWatchBookmarks') === 'true'
    const { exchange, kind } = target
    exchange.representation(kind)
    if (kind.plural === 'endpoints' && kind.group === '') {
      exchange.warnings.push('v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice')
    }
    exchange.response.writeHead(200, exchange.headers('application/json'))
    exchange.response.flushHeaders()
  }

  sendCurrent(initialEvents: boolean): void {
    const { exchange, kind } = this.#target
    this.#revision = this.#registry.store.revision
    for (const object of this.#registry.list(kind, exchange.info.namespace)) {
      if (this.#matches(object)) this.#send('ADDED', object)
    }
    if (initialEvents && this.#bookmarks) this.#bookmark({ [INITIAL_EVENTS_END]: 'true' })
  }

  sendSince(revision: number): void {
    const { store } = this.#registry
    this.#revision = store.revision
    if (revision > store.revision) {
      const error = new StatusError(
        504,
        'Timeout',
        `Timeout: Too large resource version: ${revision}, current: ${store.revision}`,
        {
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        },
      )
      return this.#fail(error)
    }
    const events = store.eventsSince(bucketOf(this.#target.kind), revision)
    if (!events) return this.#fail(gone(`too old resource version: ${revision} (${store.compactedRevision})`))
    for (const event of events) this.#deliver(event)
  }

  follow(): void {
    if (this.#ended) return
    const { exchange, kind } = this.#target
    const subscription = this.#registry.store.subscribe(bucketOf(kind), event => this.#deliver(event))
    const timeoutSeconds = Number(exchange.info.query.get('timeoutSeconds') ?? 0)
    const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS
    const ending = this.#registry.clock.after(timeoutMs, () => {
      if (this.#bookmarks) this.#bookmark()
      exchange.response.end()
    })
    const bookmarks = this.#bookmarks ? this.#bookmarkEvery(BOOKMARK_INTERVAL_MS) : { dispose: () => {} }
    exchange.response.once('close', () => {
      this.#ended = true
      subscription.dispose()
      ending.dispose()
      bookmarks.dispose()
    })
  }

  #bookmarkEvery(ms: number): { dispose(): void } {
    let timer = this.#registry.clock.after(ms, () => {
      this.#bookmark()
      timer = this.#bookmarkEvery(ms)
    })
    return { dispose: () => timer.dispose() }
  }

  #matches(object: ApiObject | undefined): boolean {
    if (!object) return false
    const { kind, exchange } = this.#target
    if (kind.namespaced && exchange.info.namespace && object.metadata.namespace !== exchange.info.namespace)
      return false
    if (exchange.info.name !== undefined && object.metadata.name !== exchange.info.name) return false
    return this.#selector?.(object) ?? true
  }

  /** An object that stops matching the selector is DELETED, one that starts is ADDED. */
  #deliver(event: StoreEvent): void {
    const before = this.#matches(event.previous)
    const after = this.#matches(event.object)
    if (after && event.object) this.#send(before ? 'MODIFIED' : 'ADDED', event.object)
    else if (before && event.previous) {
      const metadata = { ...event.previous.metadata, resourceVersion: String(event.revision) }
      this.#send('DELETED', { ...event.previous, metadata })
    }
    this.#revision = event.revision
  }

  #send(type: EventType, object: ApiObject): void {
    const { kind, version, exchange } = this.#target
    const { as, metaVersion } = exchange.representation(kind)
    if (as === 'table') this.#write(type, this.#row(object, metaVersion))
    else if (as === 'metadata')
      this.#write(type, partialMetadata(inVersion(kind, object, version), metaVersion))
    else this.#write(type, inVersion(kind, object, version))
  }

  #row(object: ApiObject, metaVersion: string): unknown {
    const { kind, version, exchange } = this.#target
    const metadata = { resourceVersion: object.metadata.resourceVersion }
    const now = this.#registry.clock.now()
    const options = { kind, version, metaVersion, includeObject: includeObject(exchange.info.query), now }
    const rows = table([object], metadata, options, !this.#headersSent)
    this.#headersSent = true
    return rows
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { kind, version, exchange } = this.#target
    const revision = Math.max(this.#revision, this.#registry.store.revision)
    const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
    const { as, metaVersion } = exchange.representation(kind)
    if (as === 'table') {
      const row = {
        cells: [],
        object: partialMetadata({ apiVersion: '', kind: '', metadata } as unknown as ApiObject, metaVersion),
      }
      this.#write('BOOKMARK', { ...this.#emptyTable(metaVersion, metadata.resourceVersion), rows: [row] })
    } else if (as === 'metadata') {
      this.#write('BOOKMARK', {
        kind: 'PartialObjectMetadata',
        apiVersion: `meta.k8s.io/${metaVersion}`,
        metadata,
      })
    } else {
      this.#write('BOOKMARK', { kind: kind.kind, apiVersion: groupVersion(kind.group, version), metadata })
    }
  }

  #emptyTable(metaVersion: string, resourceVersion: string): Record<string, unknown> {
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${metaVersion}`,
      metadata: { resourceVersion },
      columnDefinitions: null,
    }
  }

  #fail(error: StatusError): void {
    this.#write('ERROR', error.status)
    this.#ended = true
    this.#target.exchange.response.end()
  }

  #write(type: EventType, object: unknown): void {
    if (!this.#ended) this.#target.exchange.response.write(`${JSON.stringify({ type, object })}\n`)
  }
}
