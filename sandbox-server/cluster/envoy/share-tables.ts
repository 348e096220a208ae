/** The encoded resources of every proxy, kept so that only what changed is rewritten, encoded and sent again. */
import { hash } from 'node:crypto'
import type { EnvoyResource } from '../istiod/translation/contract.ts'
import { stringOf } from './multiplex/json.ts'
import { share } from './multiplex/multiplex.ts'
import type { ProxyShare } from './multiplex/proxy.ts'
import { EncodeError, type MessageEncoder } from './protobuf/encode.ts'
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  type EncodedResource,
  encodeResource,
  LISTENER_TYPE,
  type ResourceTables,
  ROUTE_TYPE,
  SECRET_TYPE,
} from './xds/resources.ts'

/** The Secret (Envoy's) of that name in the shared Envoy; undefined when there is none. */
export type SecretSource = (name: string) => EnvoyResource | undefined

/** A resource that does not fit Envoy's schema; its last good version stays. */
export interface Refusal {
  typeUrl: string
  name: string
  message: string
}

interface Entry {
  proxy: ProxyShare
  /** type URL → shared name → resource. */
  tables: Map<string, Map<string, EncodedResource>>
  secretNames: ReadonlySet<string>
  refusals: Refusal[]
}

interface Encoded {
  fingerprint: string
  resource: EncodedResource
}

const TYPES = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE]

export class ShareTables {
  readonly #entries = new Map<string, Entry>()
  readonly #encoded = new Map<string, Encoded>()
  readonly #encoder: MessageEncoder
  readonly #logPipePath: string
  readonly #secretSource: SecretSource

  constructor(encoder: MessageEncoder, logPipePath: string, secretSource: SecretSource) {
    this.#encoder = encoder
    this.#logPipePath = logPipePath
    this.#secretSource = secretSource
  }

  set(proxy: ProxyShare): void {
    const shared = share(proxy, this.#logPipePath)
    const before = this.#entries.get(proxy.id)
    const refusals: Refusal[] = []
    const table = (typeUrl: string, resources: readonly EnvoyResource[], nameKey = 'name') => {
      const byName = new Map<string, EncodedResource>()
      for (const json of resources) {
        const name = stringOf(json[nameKey])
        const resource = this.#encode(typeUrl, name, json, refusals) ?? before?.tables.get(typeUrl)?.get(name)
        if (resource) byName.set(name, resource)
      }
      return byName
    }
    const tables = new Map([
      [CLUSTER_TYPE, table(CLUSTER_TYPE, shared.clusters)],
      [ENDPOINT_TYPE, table(ENDPOINT_TYPE, shared.endpoints, 'clusterName')],
      [LISTENER_TYPE, table(LISTENER_TYPE, shared.listeners)],
      [ROUTE_TYPE, table(ROUTE_TYPE, shared.routes)],
    ])
    for (const [typeUrl, old] of before?.tables ?? []) {
      for (const name of old.keys()) if (!tables.get(typeUrl)?.has(name)) this.#encoded.delete(typeUrl + name)
    }
    this.#entries.set(proxy.id, { proxy, tables, secretNames: shared.secretNames, refusals })
  }

  remove(id: string): void {
    for (const [typeUrl, table] of this.#entries.get(id)?.tables ?? []) {
      for (const name of table.keys()) this.#encoded.delete(typeUrl + name)
    }
    this.#entries.delete(id)
  }

  proxy(id: string): ProxyShare | undefined {
    return this.#entries.get(id)?.proxy
  }

  /** Of one proxy, for telling how far Envoy is with it. */
  of(id: string): { tables: ResourceTables; refusals: readonly Refusal[] } | undefined {
    return this.#entries.get(id)
  }

  /** Everything the shared Envoy should have now. */
  all(): ResourceTables {
    const merged = new Map<string, Map<string, EncodedResource>>(TYPES.map(type => [type, new Map()]))
    const secrets = new Map<string, EncodedResource>()
    for (const entry of this.#entries.values()) {
      for (const [typeUrl, table] of entry.tables) {
        const all = merged.get(typeUrl)
        for (const [name, resource] of table) all?.set(name, resource)
      }
      for (const name of entry.secretNames) {
        if (secrets.has(name)) continue
        const json = this.#secretSource(name)
        const resource = json && this.#encode(SECRET_TYPE, name, { ...json, name }, [])
        if (resource) secrets.set(name, resource)
      }
    }
    return merged.set(SECRET_TYPE, secrets)
  }

  #encode(
    typeUrl: string,
    name: string,
    json: EnvoyResource,
    refusals: Refusal[],
  ): EncodedResource | undefined {
    const fingerprint = hash('sha1', JSON.stringify(json), 'base64')
    const known = this.#encoded.get(typeUrl + name)
    if (known?.fingerprint === fingerprint) return known.resource
    try {
      const resource = encodeResource(this.#encoder, typeUrl, json)
      this.#encoded.set(typeUrl + name, { fingerprint, resource })
      return resource
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      refusals.push({ typeUrl, name, message: error.message })
      return undefined
    }
  }
}
