/**
 * List, then watch, for ever: the objects of one collection as they are now and every change after, over broken
 * connections, expired resourceVersions and a restarted server.
 */
import { createInterface } from 'node:readline'
import type { Clock } from '../lifecycle.ts'
import { pause } from '../lifecycle.ts'
import { isStatus } from './kube-error.ts'
import {
  at,
  isKubeObject,
  isRecord,
  type KubeObject,
  listAt,
  pathOf,
  type ResourceRef,
  textAt,
} from './objects.ts'
import type { Transport } from './transport.ts'

export interface FollowOptions {
  ref: ResourceRef
  /** Omitted: all namespaces. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** Asks for Tables: objects then are their metadata and `cells`. */
  columns?(columns: readonly unknown[]): void
  signal: AbortSignal
  clock: Clock
  /** The collection as it is; called after the first list and after each relist. */
  onList(objects: readonly KubeObject[]): void
  onChange(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void
  /** The collection could not be read; it is tried again. Called once per spell of trouble. */
  onTrouble?(error: unknown): void
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000
/** Asked of the server, so that a connection that died unnoticed does not stay for ever. */
const WATCH_SECONDS = 290

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

/** Runs until the signal aborts; never rejects. */
export async function follow(transport: Transport, options: FollowOptions): Promise<void> {
  const { signal, clock } = options
  let retryMs = FIRST_RETRY_MS
  let inTrouble = false
  let resourceVersion: string | undefined
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        resourceVersion = await list(transport, options)
        if (inTrouble) inTrouble = false
        retryMs = FIRST_RETRY_MS
      }
      const ended = await watch(transport, options, resourceVersion)
      // A watch that ended without news is normal (servers end them after minutes) but must not spin.
      if (ended.resourceVersion === resourceVersion) await pause(clock, FIRST_RETRY_MS, signal)
      resourceVersion = ended.expired ? undefined : ended.resourceVersion
    } catch (error) {
      if (signal.aborted) return
      if (!inTrouble) options.onTrouble?.(error)
      inTrouble = true
      resourceVersion = undefined
      await pause(clock, retryMs, signal)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }
}

const selectors = (options: FollowOptions) => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
})

async function list(transport: Transport, options: FollowOptions): Promise<string> {
  const answer = await transport.send('GET', pathOf(options.ref, options.namespace), {
    query: selectors(options),
    signal: options.signal,
    ...(options.columns ? { accept: TABLE } : {}),
  })
  const version = textAt(answer, 'metadata', 'resourceVersion')
  if (options.columns) {
    options.columns(listAt(answer, 'columnDefinitions'))
    options.onList(rowsOf(answer))
    return version
  }
  const kind = textAt(answer, 'kind').replace(/List$/, '')
  const apiVersion = textAt(answer, 'apiVersion')
  // Items of a list come without apiVersion and kind.
  const objects = listAt(answer, 'items')
    .map(item => (isRecord(item) ? { apiVersion, kind, ...item } : item))
    .filter(isKubeObject)
  options.onList(objects)
  return version
}

/** A row's object is a PartialObjectMetadata, whatever its kind. */
const rowsOf = (table: unknown): KubeObject[] =>
  listAt(table, 'rows').flatMap(row => {
    const object = at(row, 'object')
    return isKubeObject(object) ? [{ ...object, cells: listAt(row, 'cells') }] : []
  })

async function watch(transport: Transport, options: FollowOptions, since: string) {
  let resourceVersion = since
  const body = await transport
    .stream(pathOf(options.ref, options.namespace), {
      query: {
        ...selectors(options),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: since,
        timeoutSeconds: String(WATCH_SECONDS),
      },
      signal: options.signal,
      ...(options.columns ? { accept: TABLE } : {}),
    })
    .catch(error => {
      if (isStatus(error, 410)) return undefined
      throw error
    })
  if (!body) return { resourceVersion, expired: true }
  const lines = createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })
  body.on('error', () => lines.close())
  for await (const line of lines) {
    if (line === '') continue
    const event: unknown = JSON.parse(line)
    const type = textAt(event, 'type')
    const sent = at(event, 'object')
    const object = textAt(sent, 'kind') === 'Table' ? rowsOf(sent)[0] : sent
    if (type === 'ERROR') return { resourceVersion, expired: true }
    const version =
      textAt(object, 'metadata', 'resourceVersion') || textAt(sent, 'metadata', 'resourceVersion')
    if (version !== '') resourceVersion = version
    if ((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') && isKubeObject(object))
      options.onChange(type, object)
  }
  return { resourceVersion, expired: false }
}
