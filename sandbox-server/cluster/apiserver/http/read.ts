/** get and list: selectors, limit and continue, resourceVersion, and the forms of an answer. */
import type { ApiObject } from '../api.ts'
import { bucketOf, groupVersion, type Kind } from '../kinds/kind.ts'
import { keyOf } from '../names.ts'
import type { Registry } from '../registry.ts'
import { fieldPredicate, labelPredicate, type Predicate } from '../selectors.ts'
import { badRequest, gone, invalid, notFound, StatusError } from '../status.ts'
import { forbiddenField, notSupported } from '../validation/causes.ts'
import type { ResourceExchange } from './exchange.ts'
import { includeObject, inVersion, partialMetadata, shownObject, table } from './tables.ts'

/** Answers one object. */
export function getObject(registry: Registry, { exchange, kind, version }: ResourceExchange): void {
  const { info } = exchange
  const representation = exchange.representation(kind)
  const name = info.name ?? ''
  const object = registry.get(kind, info.namespace, name)
  if (!object) throw notFound(kind.group, kind.plural, name)
  exchange.warnings.push(
    ...(kind.warnings?.(object, object) ?? []).filter(warning => warning.includes('deprecated')),
  )
  exchange.object(
    200,
    shownObject(object, kind, version, representation, info.query, registry.clock.now()),
    representation,
  )
}

interface ListRequest {
  selector: Predicate | undefined
  limit: number
  /** Where a continued list goes on. */
  after: { key: string; revision: number } | undefined
  revision: number | undefined
  exact: boolean
}

/** Label and field selectors of a list or watch, as one predicate. */
export function selectorOf(kind: Kind, query: URLSearchParams): Predicate | undefined {
  const labels = labelPredicate(query.get('labelSelector') ?? undefined)
  const fields = fieldPredicate(query.get('fieldSelector') ?? undefined, kind)
  if (!labels) return fields
  return fields ? object => labels(object) && fields(object) : labels
}

/** Answers a collection. */
export function listObjects(registry: Registry, { exchange, kind, version }: ResourceExchange): void {
  const { info } = exchange
  const representation = exchange.representation(kind)
  const request = listRequest(kind, info.query)
  const { objects, revision } = page(registry, kind, info.namespace, request)
  const chosen = request.selector ? objects.filter(request.selector) : objects
  const shown = request.limit > 0 ? chosen.slice(0, request.limit) : chosen
  const last = shown.at(-1)
  const metadata: Record<string, unknown> = { resourceVersion: String(revision) }
  if (last && shown.length < chosen.length) {
    metadata.continue = continueToken(keyOf(last.metadata.namespace, last.metadata.name), revision)
    if (!request.selector) metadata.remainingItemCount = chosen.length - shown.length
  }
  exchange.warnings.push(...new Set(shown.slice(0, 1).flatMap(object => deprecations(kind, object))))
  if (kind.plural === 'endpoints' && kind.group === '' && shown.length === 0)
    exchange.warnings.push(ENDPOINTS_DEPRECATED)
  if (representation.as === 'table') {
    const options = {
      kind,
      version,
      metaVersion: representation.metaVersion,
      includeObject: includeObject(info.query),
      now: registry.clock.now(),
    }
    exchange.object(200, table(shown, metadata, options), representation)
  } else if (representation.as === 'metadata') {
    const items = shown.map(object =>
      partialMetadata(inVersion(kind, object, version), representation.metaVersion),
    )
    const apiVersion = `meta.k8s.io/${representation.metaVersion}`
    exchange.object(200, { kind: 'PartialObjectMetadataList', apiVersion, metadata, items }, representation)
  } else {
    exchange.object(200, objectList(kind, version, metadata, shown), representation)
  }
}

export const ENDPOINTS_DEPRECATED =
  'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'

const deprecations = (kind: Kind, object: ApiObject): string[] =>
  (kind.warnings?.(object, object) ?? []).filter(warning => warning.includes('deprecated'))

/** A list object; built-in kinds leave apiVersion and kind out of their items. */
export function objectList(
  kind: Kind,
  version: string,
  metadata: unknown,
  objects: readonly ApiObject[],
): unknown {
  const items = objects.map(object => {
    const seen = inVersion(kind, object, version)
    if (kind.custom) return seen
    const { apiVersion: _apiVersion, kind: _kind, ...item } = seen
    return item
  })
  return {
    kind: kind.listKind ?? `${kind.kind}List`,
    apiVersion: groupVersion(kind.group, version),
    metadata,
    items,
  }
}

function listRequest(kind: Kind, query: URLSearchParams): ListRequest {
  const limitText = query.get('limit') ?? ''
  if (limitText !== '' && !/^[+-]?\d+$/.test(limitText)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limitText)}: invalid syntax`)
  }
  const match = query.get('resourceVersionMatch') ?? ''
  const versionText = query.get('resourceVersion') ?? ''
  checkVersionMatch(match, versionText)
  const revision = versionText === '' ? undefined : parseResourceVersion(versionText)
  const token = query.get('continue') ?? ''
  if (token !== '' && versionText !== '' && versionText !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  return {
    selector: selectorOf(kind, query),
    limit: Number(limitText || 0),
    after: token === '' ? undefined : parseContinue(token),
    revision,
    exact: match === 'Exact',
  }
}

function checkVersionMatch(match: string, versionText: string): void {
  const refuse = (cause: ReturnType<typeof forbiddenField>): StatusError =>
    invalid('meta.k8s.io', 'ListOptions', '', [cause])
  if (match === '') return
  if (versionText === '') {
    throw refuse(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    )
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw refuse(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']))
  }
  if (match === 'Exact' && versionText === '0') {
    throw refuse(
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ),
    )
  }
}

/** A resourceVersion of a query; a 400 StatusError in Go's words when it is no number. */
export function parseResourceVersion(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}

function page(
  registry: Registry,
  kind: Kind,
  namespace: string | undefined,
  request: ListRequest,
): { objects: ApiObject[]; revision: number } {
  const { store } = registry
  const prefix = kind.namespaced && namespace ? `${namespace}/` : ''
  const inNamespace = (objects: ApiObject[]): ApiObject[] =>
    prefix === '' ? objects : objects.filter(object => object.metadata.namespace === namespace)
  if (request.after) {
    const { key, revision } = request.after
    const at = revision < 0 ? store.revision : revision
    const snapshot =
      at === store.revision ? store.bucket(bucketOf(kind)).list() : store.snapshot(bucketOf(kind), at)
    if (!snapshot) throw expiredContinue(key, registry)
    const rest = inNamespace(snapshot).filter(
      object => keyOf(object.metadata.namespace, object.metadata.name) > key,
    )
    return { objects: rest, revision: at }
  }
  const { revision } = request
  if (revision !== undefined && revision > store.revision) {
    throw new StatusError(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${revision}, current: ${store.revision}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    )
  }
  if (request.exact && revision !== undefined) {
    const snapshot = store.snapshot(bucketOf(kind), revision)
    if (!snapshot) throw gone('The resourceVersion for the provided list is too old.')
    return { objects: inNamespace(snapshot), revision }
  }
  return { objects: store.bucket(bucketOf(kind)).list(prefix), revision: store.revision }
}

/** etcd's way of saying: the next key after this one. */
const KEY_END = '\u0000'

const continueToken = (key: string, revision: number): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: key + KEY_END })).toString(
    'base64url',
  )

function parseContinue(token: string): { key: string; revision: number } {
  const text = Buffer.from(token, 'base64url').toString('latin1')
  const invalidToken = (detail: string): StatusError =>
    badRequest(`invalid continue token: continue key is not valid: ${detail}`)
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw invalidToken(`invalid character '${text[0] ?? ''}' looking for beginning of value`)
  }
  const { rv, start } = parsed as { rv?: unknown; start?: unknown }
  if (typeof rv !== 'number' || typeof start !== 'string')
    throw invalidToken('incorrect encoded start resourceVersion')
  return { key: start.endsWith(KEY_END) ? start.slice(0, -1) : start, revision: rv }
}

function expiredContinue(key: string, registry: Registry): StatusError {
  const error = new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  )
  error.metadata = { continue: continueToken(key, -1) }
  void registry
  return error
}
