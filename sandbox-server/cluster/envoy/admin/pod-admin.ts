/** Envoy's admin interface of one pod (localhost:15000 in a real one), on a unix socket of the pod's own. */
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { ApiObject } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'
import { objectOf, objectsOf, stringOf } from '../multiplex/json.ts'
import { parseScoped, scoped, unscopedText } from '../multiplex/proxy.ts'
import { configDump, type PodConfig } from './config-dump.ts'
import { type AdminResponse, askEnvoy } from './envoy-client.ts'
import { PodLogging } from './logging.ts'
import { countersNow, podStats } from './stats.ts'
import { statsInclusion } from './stats-inclusion.ts'

export interface PodAdminOptions {
  socketPath: string
  id: string
  /** As it is when asked. */
  pod(): ApiObject
  envoySocketPath: string
  /** undefined until istiod has sent something. */
  config(): PodConfig | undefined
  /** `POST /drain_listeners`. */
  drain(listeners: 'inbound' | 'all'): void
}

const TEXT = 'text/plain; charset=UTF-8'
const OK: AdminResponse = { status: 200, contentType: TEXT, body: 'OK\n' }
const JSON_TYPE = 'application/json'

/** Listens until disposed. */
export function openPodAdmin(options: PodAdminOptions): Disposable {
  const admin = new PodAdmin(options)
  rmSync(options.socketPath, { force: true })
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    request.resume()
    admin
      .answer(request.method ?? 'GET', url)
      .catch(
        (error: Error): AdminResponse => ({
          status: 503,
          contentType: TEXT,
          body: `Envoy is starting: ${error.message}\n`,
        }),
      )
      .then(({ status, contentType, body }) => {
        response.writeHead(status, {
          'content-type': contentType,
          'x-content-type-options': 'nosniff',
          server: 'envoy',
        })
        response.end(body)
      })
  })
  server.listen(options.socketPath)
  server.unref()
  return {
    dispose: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

class PodAdmin {
  readonly #options: PodAdminOptions
  readonly #logging: PodLogging
  #baseline: ReadonlyMap<string, number> = new Map()

  constructor(options: PodAdminOptions) {
    this.#options = options
    this.#logging = new PodLogging(options.envoySocketPath)
  }

  async answer(method: string, url: URL): Promise<AdminResponse> {
    const { id, envoySocketPath } = this.#options
    const config = this.#options.config()
    const path = url.pathname.replace(/^\/+/, '/')
    const isJson = url.searchParams.get('format') === 'json'
    switch (path) {
      case '/stats':
      case '/stats/prometheus': {
        const isIncluded = statsInclusion(this.#options.pod())
        return podStats(
          { id, envoySocketPath, isIncluded, baseline: this.#baseline },
          new URL(path + url.search, url),
        )
      }
      case '/config_dump':
        return json(config ? configDump(config, dumpOptions(url)) : { configs: [] })
      case '/clusters':
        return isJson ? this.#clustersJson() : this.#clusters()
      case '/listeners':
        return listeners(config, isJson)
      case '/server_info':
        return this.#serverInfo(config)
      case '/logging':
        return method === 'POST' ? this.#logging.answer(url.searchParams) : needsPost(path)
      case '/reset_counters':
        if (method !== 'POST') return needsPost(path)
        this.#baseline = await countersNow(id, envoySocketPath)
        return OK
      case '/drain_listeners':
        if (method !== 'POST') return needsPost(path)
        this.#options.drain(url.searchParams.has('inboundonly') ? 'inbound' : 'all')
        return OK
      case '/healthcheck/fail':
      case '/healthcheck/ok':
      case '/quitquitquit':
        // They would act on every pod's sidecar, so that they are only acknowledged.
        return method === 'POST' ? OK : needsPost(path)
      case '/ready':
        return config
          ? askEnvoy(envoySocketPath, 'GET', '/ready')
          : { status: 503, contentType: TEXT, body: 'PRE_INITIALIZING\n' }
      default:
        return askEnvoy(envoySocketPath, 'GET', HARMLESS.has(path) ? path + url.search : '/unknown')
    }
  }

  async #clusters(): Promise<AdminResponse> {
    const { id, envoySocketPath } = this.#options
    const answer = await askEnvoy(envoySocketPath, 'GET', '/clusters')
    const own = answer.body.split('\n').filter(line => line.startsWith(scoped(id, '')))
    return { ...answer, body: own.map(line => `${unscopedText(id, line)}\n`).join('') }
  }

  async #clustersJson(): Promise<AdminResponse> {
    const { id, envoySocketPath } = this.#options
    const answer = await askEnvoy(envoySocketPath, 'GET', '/clusters?format=json')
    const body: unknown = JSON.parse(answer.body)
    const own = objectsOf(objectOf(body).cluster_statuses).filter(
      ({ name }) => parseScoped(stringOf(name))?.id === id,
    )
    return json(JSON.parse(unscopedText(id, JSON.stringify({ cluster_statuses: own }))))
  }

  async #serverInfo(config: PodConfig | undefined): Promise<AdminResponse> {
    const answer = await askEnvoy(this.#options.envoySocketPath, 'GET', '/server_info')
    const info = objectOf(JSON.parse(answer.body))
    const node = { id: config?.nodeId, cluster: config?.cluster, metadata: config?.nodeMetadata }
    return json({
      ...info,
      node,
      command_line_options: {
        concurrency: 2,
        mode: 'Serve',
        log_level: 'warning',
        component_log_level: 'misc:error',
        drain_strategy: 'Immediate',
        drain_time: '45s',
      },
    })
  }
}

/** What says nothing about other pods. */
const HARMLESS = new Set(['/', '/help', '/memory', '/hot_restart_version', '/runtime'])

function dumpOptions(url: URL): { withEndpoints: boolean; resource?: string } {
  const resource = url.searchParams.get('resource') ?? undefined
  const asked = url.searchParams.get('include_eds')
  return {
    withEndpoints: (asked !== null && asked !== 'false') || resource?.includes('endpoint') === true,
    resource,
  }
}

function listeners(config: PodConfig | undefined, isJson: boolean): AdminResponse {
  const all = (config?.resources.listeners ?? []).map(listener => ({
    name: stringOf(listener.name),
    address: objectOf(objectOf(listener.address).socketAddress),
  }))
  if (isJson) {
    const statuses = all.map(({ name, address }) => ({
      name,
      local_address: { socket_address: { address: address.address, port_value: address.portValue } },
    }))
    return json({ listener_statuses: statuses })
  }
  const lines = all.map(
    ({ name, address }) => `${name}::${stringOf(address.address)}:${Number(address.portValue)}\n`,
  )
  return { status: 200, contentType: TEXT, body: lines.join('') }
}

const json = (value: unknown): AdminResponse => ({
  status: 200,
  contentType: JSON_TYPE,
  body: `${JSON.stringify(value, undefined, 1)}\n`,
})

const needsPost = (path: string): AdminResponse => ({
  status: 405,
  contentType: TEXT,
  body: `Method GET not allowed, POST required for ${path}.`,
})
