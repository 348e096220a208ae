/**
 * OpenAPI v3: an index, and one document a group and version with what clients look for: the schemas of the kinds
 * (`kubectl explain`) and the patch operations' query parameters (`kubectl apply` asks for fieldValidation).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { isObject, type JsonObject, objectOf } from '../json.ts'
import { groupVersion, type Kind } from '../kinds/kind.ts'
import { type Definitions, describe } from '../openapi/models.ts'
import type { Registry } from '../registry.ts'
import { definition } from '../schema/definitions.ts'
import type { Exchange } from './exchange.ts'
import { notFoundPage } from './respond.ts'
import { verbsOf } from './verbs.ts'

const PREFIX = '#/components/schemas/'
const PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(name => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
}))

interface Document {
  text: string
  hash: string
}

export class OpenApi {
  readonly #registry: Registry
  readonly #documents = new Map<string, Document>()
  #describedText: JsonObject | undefined
  readonly #modelDefinitions: Definitions = new Map()
  #computedFor = -1

  constructor(registry: Registry) {
    this.#registry = registry
  }

  serve(exchange: Exchange, parts: readonly string[]): void {
    // An empty v2 document: clients that look there for a group that is not served find nothing, and go on.
    if (parts[1] === 'v2')
      return exchange.text(200, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf', '')
    if (parts[1] !== 'v3') return notFoundPage(exchange)
    const path = parts.slice(2).join('/')
    if (path === '') return this.#index(exchange)
    const document = this.#document(path)
    if (!document) return notFoundPage(exchange)
    const wanted = exchange.info.query.get('hash')
    const etag = `"${document.hash}"`
    exchange.response.setHeader('etag', etag)
    if (wanted === document.hash)
      exchange.response.setHeader('expires', new Date(Date.UTC(2100, 0)).toUTCString())
    if (exchange.header('if-none-match') === etag) {
      exchange.response.writeHead(304).end()
      return
    }
    const cacheControl = wanted === document.hash ? 'public, immutable' : 'no-cache, private'
    exchange.response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': cacheControl,
      vary: 'Accept',
    })
    exchange.response.end(document.text)
  }

  #index(exchange: Exchange): void {
    const paths: JsonObject = {}
    for (const path of this.#paths().sort()) {
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hashOf(path)}` }
    }
    exchange.text(200, 'text/plain; charset=utf-8', JSON.stringify({ paths }))
  }

  #paths(): string[] {
    const paths = new Set(['api', 'apis', 'version'])
    for (const kind of this.#registry.kinds()) {
      for (const version of kind.versions ?? [kind.version]) paths.add(pathOf(kind.group, version))
    }
    return [...paths]
  }

  /** Computed without the document itself: what it depends on is which kinds there are. */
  #hashOf(path: string): string {
    const kinds = this.#kindsAt(path).map(
      ({ kind, version }) => `${kind.kind}/${version}/${kind.custom ? this.#registry.kindsVersion : ''}`,
    )
    return createHash('sha256')
      .update(`4 ${path} ${kinds.join(' ')}`)
      .digest('hex')
      .toUpperCase()
  }

  #kindsAt(path: string): { kind: Kind; version: string }[] {
    const found: { kind: Kind; version: string }[] = []
    for (const kind of this.#registry.kinds()) {
      for (const version of kind.versions ?? [kind.version])
        if (pathOf(kind.group, version) === path) found.push({ kind, version })
    }
    return found
  }

  #document(path: string): Document | undefined {
    if (this.#computedFor !== this.#registry.kindsVersion) {
      this.#documents.clear()
      this.#computedFor = this.#registry.kindsVersion
    }
    const cached = this.#documents.get(path)
    if (cached) return cached
    if (!this.#paths().includes(path)) return undefined
    const document = { text: JSON.stringify(this.#build(path)), hash: this.#hashOf(path) }
    this.#documents.set(path, document)
    return document
  }

  #build(path: string): JsonObject {
    const kinds = this.#kindsAt(path)
    const schemas: JsonObject = {}
    const paths: JsonObject = {}
    for (const { kind, version } of kinds) {
      const name = schemaName(kind, version)
      const gvk = { group: kind.group, version, kind: kind.kind }
      schemas[name] = { ...this.#root(kind, version, schemas), 'x-kubernetes-group-version-kind': [gvk] }
      Object.assign(paths, operations(kind, version, name, gvk))
    }
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: 'v1.35.4' },
      paths,
      components: { schemas },
    }
  }

  #root(kind: Kind, version: string, schemas: JsonObject): JsonObject {
    const schema = kind.schema(version)
    if (!kind.custom) {
      const described =
        this.#described(schemaName(kind, version)) ?? this.#fromModel(kind, version, { ...schema })
      return this.#collect(described, schemas)
    }
    const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
    const typeMeta = this.#described('io.k8s.api.core.v1.ConfigMap')
    const known = typeMeta && isObject(typeMeta.properties) ? typeMeta.properties : {}
    const properties = {
      ...(schema.properties ?? {}),
      apiVersion: known.apiVersion ?? { type: 'string' },
      kind: known.kind ?? { type: 'string' },
      metadata: { description: STANDARD_METADATA, $ref: meta },
    }
    return this.#collect({ ...schema, properties }, schemas)
  }

  /** What the API's documentation says of a kind that has no recorded document. */
  #fromModel(kind: Kind, version: string, schema: JsonObject): JsonObject {
    const name = schemaName(kind, version)
    const prefix = name.slice(0, name.lastIndexOf('.'))
    const typed = `${version[0]?.toUpperCase()}${version.slice(1)}${kind.kind}`
    const model = kind.group === 'events.k8s.io' ? `Events${typed}` : typed
    const described = describe(schema, model, prefix, this.#modelDefinitions)
    const properties = { ...objectOf(described.properties) }
    if (isObject(properties.metadata))
      properties.metadata = { ...properties.metadata, description: STANDARD_METADATA }
    return { ...described, properties }
  }

  /** Rewrites references to the document's own schemas and adds those. */
  #collect(value: unknown, schemas: JsonObject): JsonObject {
    const visit = (node: unknown): unknown => {
      if (Array.isArray(node)) return node.map(visit)
      if (!isObject(node)) return node
      const { $ref, ...rest } = node
      const result: JsonObject = {}
      for (const [key, child] of Object.entries(rest)) result[key] = visit(child)
      if (typeof $ref !== 'string') return result
      if (!Object.hasOwn(schemas, $ref)) {
        schemas[$ref] = {}
        schemas[$ref] = visit(this.#described($ref) ?? this.#modelDefinitions.get($ref) ?? definition($ref))
      }
      return Object.keys(result).length === 0
        ? { $ref: PREFIX + $ref }
        : { ...result, allOf: [{ $ref: PREFIX + $ref }] }
    }
    return visit(value) as JsonObject
  }

  #described(name: string): JsonObject | undefined {
    if (!this.#describedText) {
      const parsed: unknown = JSON.parse(
        gunzipSync(readFileSync(new URL('../openapi/described.json.gz', import.meta.url))).toString(),
      )
      this.#describedText = isObject(parsed) ? parsed : {}
    }
    const found = this.#describedText[name]
    return isObject(found) ? found : undefined
  }
}

const STANDARD_METADATA =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"

const pathOf = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

/** The name a kind's schema has in the real documents. */
export function schemaName(kind: Kind, version: string): string {
  if (kind.custom) return `${kind.group.split('.').reverse().join('.')}.${version}.${kind.kind}`
  if (kind.group === 'apiextensions.k8s.io')
    return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${kind.kind}`
  const group = kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '')
  return `io.k8s.api.${group}.${version}.${kind.kind}`
}

function operations(kind: Kind, version: string, schema: string, gvk: unknown): JsonObject {
  const base = kind.group === '' ? `/api/${version}` : `/apis/${groupVersion(kind.group, version)}`
  const collection = kind.namespaced
    ? `${base}/namespaces/{namespace}/${kind.plural}`
    : `${base}/${kind.plural}`
  const content = { 'application/json': { schema: { $ref: PREFIX + schema } } }
  const responses = { 200: { description: 'OK', content } }
  const operation = (action: string): JsonObject => ({
    operationId: `${action}${kind.kind}`,
    parameters: PARAMETERS,
    responses,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  })
  const verbs = verbsOf(kind)
  return {
    [collection]: {
      ...(verbs.includes('list') ? { get: operation('list') } : {}),
      ...(verbs.includes('create') ? { post: operation('post') } : {}),
    },
    [`${collection}/{name}`]: {
      ...(verbs.includes('get') ? { get: operation('get') } : {}),
      ...(verbs.includes('update') ? { put: operation('put') } : {}),
      ...(verbs.includes('patch') ? { patch: operation('patch') } : {}),
      ...(verbs.includes('delete') ? { delete: operation('delete') } : {}),
    },
  }
}
