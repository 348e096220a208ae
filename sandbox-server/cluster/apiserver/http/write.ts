/** create, update, delete and deletecollection over HTTP. */
import type { ApiObject, DeleteOptions } from '../api.ts'
import { JsonSyntaxError, parseJson } from '../decoding/go-json.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../json.ts'
import { inStoredForm, type Kind } from '../kinds/kind.ts'
import type { Registry } from '../registry.ts'
import { badRequest, invalid, notFound } from '../status.ts'
import { invalidValue, notSupported } from '../validation/causes.ts'
import type { WriteRequest } from '../write-request.ts'
import { matchPath, objectOfBody, PROTOBUF_TYPE, readBody } from './decode-body.ts'
import type { ResourceExchange } from './exchange.ts'
import { fieldValidationOf, writeRequestOf } from './options.ts'
import { objectList, selectorOf } from './read.ts'
import { shownObject } from './tables.ts'

/** Answers an object that was written. */
export function answerObject(
  registry: Registry,
  target: ResourceExchange,
  code: number,
  object: ApiObject,
): void {
  const { exchange, kind, version } = target
  const representation = exchange.representation(kind)
  const shown = shownObject(object, kind, version, representation, exchange.info.query, registry.clock.now())
  exchange.object(code, shown, representation)
}

/** POST of a collection. */
export async function createObject(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  exchange.representation(kind)
  const request = writeRequestOf(target, 'CreateOptions')
  const body = await readBody(target)
  await kind.prepare?.()
  const object = objectOfBody(target, body, fieldValidationOf(exchange))
  matchPath(target, object, false)
  checkCustomKind(kind, body.value, object.metadata.name ?? '')
  const stored = inStoredForm(kind, object)
  const created = registry.writer.create(stored.kind, exchange.info.namespace, stored.object, request)
  answerObject(registry, target, 201, created)
}

function checkCustomKind(kind: Kind, body: unknown, name: string): void {
  const given = isObject(body) ? textOf(body.kind) : ''
  if (!kind.custom || given === '' || given === kind.kind) return
  throw invalid(kind.group, given, name, [invalidValue('kind', given, `must be ${kind.kind}`)])
}

/** PUT of an object or its status. */
export async function updateObject(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  exchange.representation(kind)
  const request = writeRequestOf(target, 'UpdateOptions')
  const body = await readBody(target)
  await kind.prepare?.()
  const object = objectOfBody(target, body, fieldValidationOf(exchange))
  matchPath(target, object, true)
  checkCustomKind(kind, body.value, object.metadata.name ?? '')
  const { namespace, name = '' } = exchange.info
  if (!registry.get(kind, namespace, name)) throw notFound(kind.group, kind.plural, name)
  if (kind.custom && !object.metadata.resourceVersion) {
    const field = 'metadata.resourceVersion'
    throw invalid(kind.group, kind.kind, name, [invalidValue(field, 0, 'must be specified for an update')])
  }
  const stored = inStoredForm(kind, object as ApiObject)
  const updated = registry.writer.update(stored.kind, namespace, name, () => stored.object, request)
  answerObject(registry, target, 200, updated)
}

/** Options of a DELETE, from its body or query. */
export async function deleteOptionsOf({
  exchange,
}: ResourceExchange): Promise<DeleteOptions & { dryRun: boolean }> {
  const { query } = exchange.info
  const bytes = await exchange.bytes()
  const body = bytes.length === 0 ? {} : await parsedOptions(bytes, exchange.header('content-type'))
  const preconditions = objectOf(body.preconditions)
  const grace = body.gracePeriodSeconds ?? numberOf(query.get('gracePeriodSeconds'))
  const policy = textOf(body.propagationPolicy) || query.get('propagationPolicy') || ''
  const orphan = body.orphanDependents ?? (query.get('orphanDependents') === 'true' ? true : undefined)
  if (policy !== '' && policy !== 'Foreground' && policy !== 'Background' && policy !== 'Orphan') {
    throw invalid('meta.k8s.io', 'DeleteOptions', '', [
      notSupported('propagationPolicy', policy, ['Background', 'Foreground', 'Orphan', 'nil']),
    ])
  }
  const dryRun = Array.isArray(body.dryRun) ? body.dryRun.map(String) : query.getAll('dryRun')
  return {
    propagationPolicy: policy === '' ? (orphan === true ? 'Orphan' : undefined) : policy,
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    uid: textOf(preconditions.uid) || undefined,
    resourceVersion: textOf(preconditions.resourceVersion) || undefined,
    dryRun: dryRun.includes('All'),
  }
}

const numberOf = (text: string | null): number | undefined =>
  text === null || !/^\d+$/.test(text) ? undefined : Number(text)

async function parsedOptions(bytes: Buffer, contentType: string): Promise<JsonObject> {
  if (contentType.startsWith(PROTOBUF_TYPE)) {
    const { decodeProtobufDeleteOptions } = await import('../protobuf/decode-body.ts')
    return decodeProtobufDeleteOptions(bytes)
  }
  try {
    return objectOf(parseJson(bytes.toString()).value)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

function deletion(target: ResourceExchange, dryRun: boolean): WriteRequest {
  return { ...writeRequestOf(target, 'UpdateOptions'), dryRun }
}

/** DELETE of one object: a Status when it is gone, the object while it lingers. */
export async function deleteObject(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const { namespace, name = '' } = exchange.info
  const { dryRun, ...options } = await deleteOptionsOf(target)
  const { object, gone } = registry.writer.delete(kind, namespace, name, options, deletion(target, dryRun))
  if (!gone || kind.deleteReturnsObject) return answerObject(registry, target, 200, object)
  exchange.json(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: object.metadata.uid,
    },
  })
}

/** DELETE of a collection: the list of what was deleted. */
export async function deleteCollection(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind, version } = target
  const { dryRun, ...options } = await deleteOptionsOf(target)
  const selector = selectorOf(kind, exchange.info.query)
  const chosen = registry.list(kind, exchange.info.namespace).filter(object => selector?.(object) ?? true)
  const request = deletion(target, dryRun)
  const answered = chosen.map(
    object =>
      registry.writer.delete(kind, object.metadata.namespace, object.metadata.name, options, request).object,
  )
  const metadata = { resourceVersion: String(registry.store.revision) }
  exchange.json(200, objectList(kind, version, metadata, answered))
}
