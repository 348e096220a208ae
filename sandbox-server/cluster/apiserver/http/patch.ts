/** PATCH in its four kinds; whatever comes out goes through the same decoding and writing as an update. */

import type { ApiObject } from '../api.ts'
import { applyPatch } from '../apply/apply.ts'
import { decodeCustomObject } from '../crd/decode.ts'
import { type Decoded, DecodeError, decodeObject } from '../decoding/decode.ts'
import { JsonSyntaxError, parseJson } from '../decoding/go-json.ts'
import { clone, isObject, type JsonObject, objectOf, textOf } from '../json.ts'
import { groupVersion, inStoredForm, type Kind } from '../kinds/kind.ts'
import { goPrint } from '../patch/go-print.ts'
import { applyJsonPatch, JsonPatchError } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../patch/strategic-merge.ts'
import type { Registry } from '../registry.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import type { ResourceExchange } from './exchange.ts'
import { fieldValidationOf, writeRequestOf } from './options.ts'
import { inVersion } from './tables.ts'
import { answerObject } from './write.ts'
import { parseYaml } from './yaml.ts'

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** Reads the patch's type and body; 415 for types that the kind does not take. */
export async function readPatch(
  target: ResourceExchange,
): Promise<{ type: PatchType; patch: unknown; duplicates: string[] }> {
  const { exchange, kind } = target
  const media = (exchange.header('content-type').split(';')[0] ?? '').trim()
  const type = TYPES[media]
  if (type === undefined || (type === 'strategic' && kind.custom)) throw unsupported(kind, type !== undefined)
  const text = await exchange.body()
  if (type === 'apply') return { type, patch: await yamlOrJson(text), duplicates: [] }
  const { value, duplicates } = parsed(text, type)
  if (type === 'json' ? !Array.isArray(value) : !isObject(value)) throw wrongPatch(value, type)
  return { type, patch: value, duplicates }
}

function unsupported(kind: Kind, known: boolean): StatusError {
  if (!known && !kind.custom)
    return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const types = kind.custom
    ? 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'
    : 'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml'
  const message = `the body of the request was in an unknown format - accepted media types include: ${types}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}

function parsed(text: string, type: PatchType): { value: unknown; duplicates: string[] } {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw badRequest(type === 'strategic' ? error.message : `error decoding patch: ${error.message}`)
  }
}

function wrongPatch(value: unknown, type: PatchType): StatusError {
  const given = Array.isArray(value)
    ? 'array'
    : isObject(value)
      ? 'object'
      : value === null
        ? 'null'
        : typeof value === 'boolean'
          ? 'bool'
          : typeof value
  if (type === 'json') {
    return badRequest(
      `error decoding patch: json: cannot unmarshal ${given} into Go value of type []handlers.jsonPatchOp`,
    )
  }
  const prefix = type === 'merge' ? 'error decoding patch: ' : ''
  return badRequest(`${prefix}json: cannot unmarshal ${given} into Go value of type map[string]interface {}`)
}

async function yamlOrJson(text: string): Promise<unknown> {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  try {
    return await parseYaml(text)
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
  }
}

/** PATCH of an object or its status. */
export async function patchObject(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  exchange.representation(kind)
  const { namespace, name = '' } = exchange.info
  const { type, patch, duplicates } = await readPatch(target)
  await kind.prepare?.()
  if (type === 'apply') return serverSideApply(registry, target, patch)
  const request = writeRequestOf(target, 'PatchOptions')
  if (!registry.get(kind, namespace, name)) throw notFound(kind.group, kind.plural, name)
  const change = (current: ApiObject): ApiObject =>
    inStoredForm(kind, patchedObject(target, current, type, patch, duplicates)).object
  const object = registry.writer.update(kind.stored?.kind ?? kind, namespace, name, change, request)
  answerObject(registry, target, 200, object)
}

function patchedObject(
  target: ResourceExchange,
  current: ApiObject,
  type: PatchType,
  patch: unknown,
  duplicates: string[],
): ApiObject {
  const { kind, version } = target
  const seen = clone(inVersion(kind, current, version))
  const patched = applied(target, seen, type, patch)
  if (!isObject(patched)) throw unprocessable()
  const metadata = objectOf(patched.metadata)
  checkIdentity(target, patched, metadata)
  const decoded = decodedPatch(target, patched, type, patch)
  report(target, duplicates, decoded.unknown)
  const object: ApiObject = {
    ...decoded.value,
    apiVersion: current.apiVersion,
    kind: current.kind,
    metadata: { ...current.metadata, ...objectOf(decoded.value.metadata) } as ApiObject['metadata'],
  }
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (objectOf(decoded.value.metadata)[field] === undefined) delete object.metadata[field]
  }
  if (version !== kind.version && kind.convert)
    return kind.convert({ ...object, apiVersion: groupVersion(kind.group, version) }, kind.version)
  return object
}

function applied(target: ResourceExchange, seen: ApiObject, type: PatchType, patch: unknown): unknown {
  switch (type) {
    case 'json':
      try {
        return applyJsonPatch(seen, Array.isArray(patch) ? patch : [])
      } catch (error) {
        if (error instanceof JsonPatchError) throw unprocessable()
        throw error
      }
    case 'merge':
      return applyMergePatch(seen, patch)
    default:
      return applyStrategicMergePatch(seen, objectOf(patch), target.kind.schema(target.version))
  }
}

const unprocessable = (): StatusError =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

function checkIdentity(
  { exchange, kind, version }: ResourceExchange,
  patched: JsonObject,
  metadata: JsonObject,
): void {
  const { name, namespace } = exchange.info
  if (metadata.name !== name) {
    throw badRequest(
      `the name of the object (${textOf(metadata.name)}) does not match the name on the URL (${name})`,
    )
  }
  if (kind.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const expected = groupVersion(kind.group, version)
  if (patched.apiVersion !== expected || patched.kind !== kind.kind) {
    throw badRequest(
      `the API version in the data (${textOf(patched.apiVersion)}) does not match the expected API version (${expected})`,
    )
  }
}

function decodedPatch(
  { kind, version }: ResourceExchange,
  patched: JsonObject,
  type: PatchType,
  patch: unknown,
): Decoded {
  if (kind.custom) return decodeCustomObject(kind, version, patched)
  try {
    return decodeObject(
      kind.kind,
      kind.schema(version),
      patched,
      type === 'strategic' ? 'conversion' : 'json',
    )
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    if (type !== 'strategic') {
      throw badRequest(
        `${kind.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${error.message}`,
      )
    }
    const field = `patch: Invalid value: ${JSON.stringify(goPrint(patch))}: ${error.message}`
    throw new StatusError(422, 'Invalid', ` "" is invalid: ${field}`, {
      causes: [{ reason: 'FieldValueInvalid', message: field.replace('patch: ', ''), field: 'patch' }],
    })
  }
}

function report(
  { exchange, kind, version }: ResourceExchange,
  duplicates: readonly string[],
  unknown: readonly string[],
): void {
  const validation = fieldValidationOf(exchange)
  const problems = [
    ...duplicates.map(path => `duplicate field ${JSON.stringify(path)}`),
    ...[...unknown].sort().map(path => `unknown field ${JSON.stringify(path)}`),
  ]
  if (problems.length === 0 || validation === 'Ignore') return
  if (validation === 'Warn') {
    exchange.warnings.push(...problems)
    return
  }
  throw badRequest(
    `${kind.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: strict decoding error: ${problems.join(', ')}`,
  )
}

function serverSideApply(registry: Registry, target: ResourceExchange, body: unknown): void {
  const { exchange, kind, version } = target
  const { namespace, name = '' } = exchange.info
  const request = { ...writeRequestOf(target, 'PatchOptions'), managedFieldsDone: true }
  const patch = checkedApply(target, body)
  const live = registry.get(kind, namespace, name)
  const metadata = objectOf(patch.metadata)
  const uid = textOf(metadata.uid)
  if (!live && uid !== '')
    throw new StatusError(
      409,
      'Conflict',
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  const settle = (merged: JsonObject): ApiObject => {
    const decoded = decodedPatch(target, merged, 'merge', merged)
    const object: ApiObject = {
      ...decoded.value,
      apiVersion: groupVersion(kind.group, kind.version),
      kind: kind.kind,
      metadata: objectOf(decoded.value.metadata) as unknown as ApiObject['metadata'],
    }
    if (kind.namespaced) object.metadata.namespace = namespace
    return object
  }
  const force = exchange.info.query.get('force') === 'true'
  const current = live && inVersion(kind, live, version)
  const object = applyPatch({ kind, patch, live: current, request, force, now: registry.clock.now(), settle })
  if (live) {
    if (!metadata.resourceVersion) object.metadata.resourceVersion = live.metadata.resourceVersion
    return answerObject(
      registry,
      target,
      200,
      registry.writer.update(kind, namespace, name, () => object, request),
    )
  }
  answerObject(registry, target, 201, registry.writer.create(kind, namespace, object, request))
}

function checkedApply({ exchange, kind, version }: ResourceExchange, body: unknown): JsonObject {
  if (!isObject(body)) throw badRequest('error decoding YAML: the body must be an object')
  const metadata = objectOf(body.metadata)
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  const { name, namespace } = exchange.info
  if (metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${textOf(metadata.name)}) does not match the name on the URL (${name})`,
    )
  }
  if (kind.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const expected = groupVersion(kind.group, version)
  if (body.apiVersion !== expected) {
    throw badRequest(
      `incorrect version specified in apply patch. Specified patch version: ${textOf(body.apiVersion)}, expected: ${expected}`,
    )
  }
  return { ...body, metadata: { ...metadata, name } }
}
