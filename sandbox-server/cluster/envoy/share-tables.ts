/**
 * The encoded resources of every proxy. A resource that the translation gives again as the very same object is neither
 * rewritten nor encoded again, so that a change costs what it changes.
 */
import { hash } from 'node:crypto'
import type { EnvoyResource } from '../istiod/translation/contract.ts'
import { tcpClusterNames } from './multiplex/clusters.ts'
import { stringOf } from './multiplex/json.ts'
import { missingRoutes, ProxySharing, routeNames, type SharedPart } from './multiplex/multiplex.ts'
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

/** What became of one resource of the translation (of all listeners together, which are folded). */
interface Made {
  encoded: { name: string; resource?: EncodedResource; refusal?: Refusal }[]
  secretNames: ReadonlySet<string>
  /** Route configurations that listeners ask for. */
  routeNames: ReadonlySet<string>
}

interface Entry {
  proxy: ProxyShare
  /** type URL → shared name → resource. */
  tables: Map<string, Map<string, EncodedResource>>
  made: Map<EnvoyResource, Made>
  listeners: Made
  tcpClusters: ReadonlySet<string>
  secretNames: ReadonlySet<string>
  refusals: Refusal[]
}

const TYPES = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE]
const NO_NAMES: ReadonlySet<string> = new Set()

const sameElements = (a: readonly EnvoyResource[], b: readonly EnvoyResource[]): boolean =>
  a.length === b.length && a.every((element, index) => element === b[index])

/** Whether everything of a proxy but its resources is as it was. */
function isSamePlace(a: ProxyShare, b: ProxyShare): boolean {
  const { resources: _, ...before } = a
  const { resources: __, ...after } = b
  return JSON.stringify(before) === JSON.stringify(after)
}

export class ShareTables {
  readonly #entries = new Map<string, Entry>()
  readonly #secrets = new Map<string, { fingerprint: string; resource: EncodedResource }>()
  readonly #encoder: MessageEncoder
  readonly #logPipePath: string
  readonly #secretSource: SecretSource

  constructor(encoder: MessageEncoder, logPipePath: string, secretSource: SecretSource) {
    this.#encoder = encoder
    this.#logPipePath = logPipePath
    this.#secretSource = secretSource
  }

  set(proxy: ProxyShare): void {
    const before = this.#entries.get(proxy.id)
    const known = before && isSamePlace(before.proxy, proxy) ? before : undefined
    const sharing = new ProxySharing(proxy, this.#logPipePath)
    const { resources } = proxy
    const isListening =
      known !== undefined && sameElements(known.proxy.resources.listeners, resources.listeners)
    const listeners = isListening ? known.listeners : this.#make(LISTENER_TYPE, sharing.listeners())
    const tcpClusters = isListening ? known.tcpClusters : tcpClusterNames(resources.listeners)
    const made = new Map<EnvoyResource, Made>()
    const each = (
      typeUrl: string,
      originals: readonly EnvoyResource[],
      make: (original: EnvoyResource) => SharedPart,
      isStill: (original: EnvoyResource) => boolean = () => true,
    ): Made[] =>
      originals.map(original => {
        const old = isStill(original) ? known?.made.get(original) : undefined
        const result = old ?? this.#make(typeUrl, make(original))
        made.set(original, result)
        return result
      })
    const clusters = each(
      CLUSTER_TYPE,
      resources.clusters,
      cluster => sharing.cluster(cluster, tcpClusters),
      ({ name }) => known?.tcpClusters.has(stringOf(name)) === tcpClusters.has(stringOf(name)),
    )
    const endpoints = each(ENDPOINT_TYPE, resources.endpoints, assignment => sharing.endpoints(assignment))
    const routes = each(ROUTE_TYPE, resources.routes, route => sharing.route(route))
    const present = new Set(routes.flatMap(part => part.encoded.map(({ name }) => name)))
    const missing = missingRoutes(present, listeners.routeNames)
    if (missing.length > 0) {
      routes.push(this.#make(ROUTE_TYPE, { resources: missing, secretNames: NO_NAMES }))
    }

    const tables = new Map([
      [CLUSTER_TYPE, tableOf(clusters, before?.tables.get(CLUSTER_TYPE))],
      [ENDPOINT_TYPE, tableOf(endpoints, before?.tables.get(ENDPOINT_TYPE))],
      [LISTENER_TYPE, tableOf([listeners], before?.tables.get(LISTENER_TYPE))],
      [ROUTE_TYPE, tableOf(routes, before?.tables.get(ROUTE_TYPE))],
    ])
    const parts = [listeners, ...clusters, ...endpoints, ...routes]
    this.#entries.set(proxy.id, {
      proxy,
      tables,
      made,
      listeners,
      tcpClusters,
      secretNames: new Set(parts.flatMap(part => [...part.secretNames])),
      refusals: parts.flatMap(part => part.encoded.flatMap(({ refusal }) => refusal ?? [])),
    })
  }

  #make(typeUrl: string, { resources, secretNames }: SharedPart): Made {
    const nameKey = typeUrl === ENDPOINT_TYPE ? 'clusterName' : 'name'
    return {
      encoded: resources.map(json => this.#encode(typeUrl, stringOf(json[nameKey]), json)),
      secretNames,
      routeNames: typeUrl === LISTENER_TYPE ? routeNames(resources) : NO_NAMES,
    }
  }

  #encode(typeUrl: string, name: string, json: EnvoyResource): Made['encoded'][number] {
    try {
      return { name, resource: encodeResource(this.#encoder, typeUrl, json) }
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      return { name, refusal: { typeUrl, name, message: error.message } }
    }
  }

  remove(id: string): void {
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
        const resource = this.#secret(name)
        if (resource) secrets.set(name, resource)
      }
    }
    for (const name of this.#secrets.keys()) if (!secrets.has(name)) this.#secrets.delete(name)
    return merged.set(SECRET_TYPE, secrets)
  }

  /** Secrets are asked for again at each publication: a certificate may have been renewed. */
  #secret(name: string): EncodedResource | undefined {
    const json = this.#secretSource(name)
    if (!json) return undefined
    const fingerprint = hash('sha1', JSON.stringify(json), 'base64')
    const known = this.#secrets.get(name)
    if (known?.fingerprint === fingerprint) return known.resource
    const { resource } = this.#encode(SECRET_TYPE, name, { ...json, name })
    if (resource) this.#secrets.set(name, { fingerprint, resource })
    return resource
  }
}

/** By name; what was refused keeps its last good version. */
function tableOf(
  parts: readonly Made[],
  before: ReadonlyMap<string, EncodedResource> | undefined,
): Map<string, EncodedResource> {
  const byName = new Map<string, EncodedResource>()
  for (const { name, resource } of parts.flatMap(part => part.encoded)) {
    const chosen = resource ?? before?.get(name)
    if (chosen) byName.set(name, chosen)
  }
  return byName
}
