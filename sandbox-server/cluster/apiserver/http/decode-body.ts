/** A request's body as an object of the kind that the path names, with the real server's words for what is wrong. */
import type { NewObject } from '../api.ts'
import { decodeCustomObject } from '../crd/decode.ts'
import { type Decoded, DecodeError, decodeObject } from '../decoding/decode.ts'
import { JsonSyntaxError, parseJson } from '../decoding/go-json.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { badRequest, StatusError } from '../status.ts'
import type { ResourceExchange } from './exchange.ts'
import type { FieldValidation } from './options.ts'
import { parseYaml } from './yaml.ts'

const JSON_TYPES = new Set(['', 'application/json'])
const YAML_TYPE = 'application/yaml'
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'

export interface Body {
  value: unknown
  duplicates: string[]
}

/** Reads JSON, YAML or protobuf; `expected` names the kind in messages about unreadable bodies. */
export async function readBody({ exchange, kind, version }: ResourceExchange): Promise<Body> {
  const type = (exchange.header('content-type').split(';')[0] ?? '').trim()
  if (type === PROTOBUF_TYPE) {
    const { decodeProtobufBody } = await import('../protobuf/decode-body.ts')
    return { value: decodeProtobufBody(await exchange.bytes(), { kind, version }), duplicates: [] }
  }
  if (!JSON_TYPES.has(type) && type !== YAML_TYPE) throw unsupportedMediaType()
  const text = await exchange.body()
  return type === YAML_TYPE ? readYaml(text) : readJson(text, kind)
}

function unsupportedMediaType(): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
}

const SHOWN_LIMIT_BYTES = 1024

function readJson(text: string, kind: Kind): Body {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    const bytes = Buffer.from(text)
    const hex = bytes.subarray(0, SHOWN_LIMIT_BYTES).toString('hex')
    const shown =
      bytes.length === 0
        ? '<empty>'
        : bytes.length > SHOWN_LIMIT_BYTES
          ? `${hex} [truncated ${bytes.length - SHOWN_LIMIT_BYTES} chars]`
          : hex
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${error.message} (${shown})`,
    )
  }
}

async function readYaml(text: string): Promise<Body> {
  try {
    return { value: (await parseYaml(text)) ?? {}, duplicates: [] }
  } catch (error) {
    throw badRequest(`yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
  }
}

/** The object to write; warns of (or refuses) unknown and duplicate fields. */
export function objectOfBody(target: ResourceExchange, body: Body, validation: FieldValidation): NewObject {
  const { exchange, kind, version } = target
  const { value, duplicates } = body
  if (!isObject(value)) throw notAnObject(value, kind)
  checkKind(value, kind, version)
  const decoded = decodeAs(kind, version, value)
  const problems = [
    ...duplicates.map(path => `duplicate field ${JSON.stringify(path)}`),
    ...decoded.unknown.sort().map(path => `unknown field ${JSON.stringify(path)}`),
  ]
  if (problems.length > 0 && validation === 'Strict') {
    throw cannotBeHandled(value, kind, version, `strict decoding error: ${problems.join(', ')}`)
  }
  if (validation === 'Warn') exchange.warnings.push(...problems)
  const metadata = objectOf(decoded.value.metadata)
  const object: NewObject = {
    ...decoded.value,
    apiVersion: groupVersion(kind.group, version),
    kind: kind.kind,
    metadata,
  }
  return version === kind.version || !kind.convert
    ? { ...object, apiVersion: groupVersion(kind.group, kind.version) }
    : kind.convert(object as Parameters<typeof kind.convert>[0], kind.version)
}

function decodeAs(kind: Kind, version: string, value: JsonObject): Decoded {
  if (kind.custom) return decodeCustomObject(kind, version, value)
  try {
    return decodeObject(kind.kind, kind.schema(version), value)
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(value, kind, version, error.message)
    throw error
  }
}

function cannotBeHandled(value: JsonObject, kind: Kind, version: string, detail: string): StatusError {
  const given = textOf(value.kind) || kind.kind
  const givenVersion = textOf(value.apiVersion).split('/').at(-1) || version
  return badRequest(
    `${given} in version ${JSON.stringify(givenVersion)} cannot be handled as a ${kind.kind}: ${detail}`,
  )
}

function notAnObject(value: unknown, kind: Kind): StatusError {
  const type = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value
  const detail = `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): ${detail} (${Buffer.from(JSON.stringify(value)).toString('hex')})`,
  )
}

function checkKind(value: JsonObject, kind: Kind, version: string): void {
  const expected = groupVersion(kind.group, version)
  const given = textOf(value.apiVersion)
  const givenKind = textOf(value.kind)
  if (kind.custom) {
    if (given !== '' && given !== expected) throw versionMismatch(given, expected)
    return
  }
  if (givenKind !== '' && givenKind !== kind.kind) {
    const detail =
      given === '' || given === expected
        ? `converting (${version}.${givenKind}) to (${internalPackage(kind)}.${kind.kind}): unknown conversion`
        : `no kind "${givenKind}" is registered for version "${given}" in scheme "pkg/api/legacyscheme/scheme.go:30"`
    throw cannotBeHandled(value, kind, version, detail)
  }
  if (given !== '' && given !== expected) {
    throw versionMismatch(given, expected)
  }
}

const internalPackage = (kind: Kind): string =>
  kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '').replace('rbac', 'rbac')

const versionMismatch = (given: string, expected: string): StatusError =>
  badRequest(`the API version in the data (${given}) does not match the expected API version (${expected})`)

/** Name and namespace of a body must be those of the path. */
export function matchPath(target: ResourceExchange, object: NewObject, checkName: boolean): void {
  const { exchange, kind } = target
  const { name, namespace } = exchange.info
  if (checkName && object.metadata.name && object.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    )
  }
  if (kind.namespaced && object.metadata.namespace && object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (checkName && name) object.metadata.name = name
  if (kind.namespaced) object.metadata.namespace = namespace
}
