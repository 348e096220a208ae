/** The scale subresource: autoscaling/v1 Scale over spec.replicas. */
import type { ApiObject } from '../api.ts'
import { DecodeError, decodeObject } from '../decoding/decode.ts'
import { at, clone, isObject, type JsonObject, objectOf } from '../json.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../kinds/columns.ts'
import type { Kind } from '../kinds/kind.ts'
import { age } from '../kinds/time.ts'
import { applyJsonPatch, JsonPatchError } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import type { Registry } from '../registry.ts'
import { definition } from '../schema/definitions.ts'
import { badRequest, invalid, methodNotAllowed, notFound, StatusError } from '../status.ts'
import { invalidValue } from '../validation/causes.ts'
import { readBody } from './decode-body.ts'
import type { ResourceExchange } from './exchange.ts'
import { writeRequestOf } from './options.ts'
import { readPatch } from './patch.ts'
import { includeObject, table } from './tables.ts'

const SCALE = 'io.k8s.api.autoscaling.v1.Scale'

/** get, update and patch of a scale. */
export async function serveScale(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const { verb, namespace, name = '' } = exchange.info
  const object = registry.get(kind, namespace, name)
  if (!object) throw notFound(kind.group, kind.plural, name)
  if (verb === 'get') return answer(registry, target, scaleOf(kind, object))
  if (verb === 'update') {
    const { value } = await readBody(target)
    return write(registry, target, objectOf(value))
  }
  if (verb !== 'patch') throw methodNotAllowed()
  const { type, patch } = await readPatch(target)
  write(registry, target, patched(scaleOf(kind, object), type, patch), true)
}

function scaleOf(kind: Kind, object: ApiObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = at(object, ...(kind.scale?.specReplicas ?? [])) ?? 0
  const selector = kind.scale?.selector(object) ?? ''
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: at(object, ...(kind.scale?.statusReplicas ?? [])) ?? 0,
      ...(selector === '' ? {} : { selector }),
    },
  }
}

function answer(registry: Registry, { exchange, kind }: ResourceExchange, scale: JsonObject): void {
  const representation = exchange.representation(kind)
  if (representation.as !== 'table') return exchange.object(200, scale, representation)
  const shape: Kind = {
    ...kind,
    custom: true,
    table: undefined,
    columns: [NAME_COLUMN, AGE_COLUMN],
    row: (object, now) => [object.metadata.name, age(object, now)],
  }
  const options = {
    kind: shape,
    version: kind.version,
    metaVersion: representation.metaVersion,
    includeObject: includeObject(exchange.info.query),
    now: registry.clock.now(),
  }
  exchange.object(200, table([scale as unknown as ApiObject], {}, options), representation)
}

function patched(scale: JsonObject, type: string, patch: unknown): JsonObject {
  if (type === 'json') {
    try {
      return objectOf(applyJsonPatch(scale, Array.isArray(patch) ? patch : []))
    } catch (error) {
      if (error instanceof JsonPatchError) {
        throw new StatusError(
          422,
          'Invalid',
          'the server rejected our request due to an error in our request',
          {},
        )
      }
      throw error
    }
  }
  return objectOf(applyMergePatch(scale, patch))
}

function write(registry: Registry, target: ResourceExchange, input: JsonObject, isPatch = false): void {
  const { exchange, kind } = target
  const { namespace, name = '' } = exchange.info
  const scale = decoded(input)
  const metadata = objectOf(scale.metadata)
  if (metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  const replicas = Number(at(scale, 'spec', 'replicas') ?? 0)
  if (replicas < 0) {
    throw invalid('autoscaling', 'Scale', name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
  }
  const request = writeRequestOf(
    { ...target, version: kind.version },
    isPatch ? 'PatchOptions' : 'UpdateOptions',
  )
  const updated = registry.writer.update(
    kind,
    namespace,
    name,
    current => {
      const next = clone(current)
      if (typeof metadata.resourceVersion === 'string' && !isPatch)
        next.metadata.resourceVersion = metadata.resourceVersion
      setAt(next, kind.scale?.specReplicas ?? [], replicas)
      return next
    },
    request,
  )
  answer(registry, target, scaleOf(kind, updated))
}

function decoded(input: JsonObject): JsonObject {
  try {
    return decodeObject('Scale', definition(SCALE), input).value
  } catch (error) {
    if (error instanceof DecodeError)
      throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${error.message}`)
    throw error
  }
}

function setAt(object: JsonObject, path: readonly string[], value: unknown): void {
  let node = object
  for (const key of path.slice(0, -1)) {
    const next = node[key]
    node = isObject(next) ? next : {}
  }
  const last = path.at(-1)
  if (last !== undefined) node[last] = value
}
