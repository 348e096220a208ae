/**
 * The discovery server: gRPC over HTTP/2 on a unix socket, one incremental ADS stream (`DeltaAggregatedResources`).
 * A REST long poll was measured first: Envoy repeats its 77 KB self-description in every request and keeps a copy for every
 * subscription (0.27 MB and 2.5 ms each), which a mesh of a hundred endpoints and routes cannot afford.
 */
import { rmSync } from 'node:fs'
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AsyncDisposable } from '../../lifecycle.ts'
import { DeltaStream } from './delta-stream.ts'
import { deltaResponseFrame, GrpcMessages, readDeltaRequest } from './messages.ts'
import { Quarantine, type Suspect } from './quarantine.ts'
import type { ResourceTables } from './resources.ts'

/** How far Envoy is with one resource. */
export interface DeliveryStatus {
  /** The version Envoy runs with. */
  accepted?: string
  /** Its last refusal, until a newer version is accepted. */
  rejected?: { version: string; message: string }
}

export interface XdsServer extends AsyncDisposable {
  /** Replaces all resources; every connected Envoy gets what differs. */
  publish(tables: ResourceTables): void
  status(typeUrl: string, name: string): DeliveryStatus
  /** Envoy ended by a fault of its own: what it died of is not sent to the next one. */
  envoyCrashed(): void
}

const FATAL = 'Envoy ended while it was taking this configuration; it keeps the one before'
const METHOD = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

/** Listens on `socketPath` (replacing what is there); resolves when Envoy can connect. */
export async function startXdsServer(socketPath: string): Promise<XdsServer> {
  const server = new DiscoveryServer()
  await server.listen(socketPath)
  return server
}

class DiscoveryServer implements XdsServer {
  readonly #http: Http2Server = createServer()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #streams = new Set<DeltaStream>()
  readonly #statuses = new Map<string, Map<string, DeliveryStatus>>()
  readonly #quarantine = new Quarantine()
  /** As published, and as served. */
  readonly #crashed = new Map<string, string>()
  #tables: ResourceTables = new Map()
  #served: ResourceTables = new Map()
  /** Of the stream that ended last. */
  #lastSuspects: Suspect[] = []

  constructor() {
    this.#http.on('session', session => {
      this.#sessions.add(session)
      session.on('close', () => this.#sessions.delete(session))
      // A killed Envoy resets the connection; the next one opens a new session.
      session.on('error', () => session.destroy())
    })
    this.#http.on('stream', (stream, headers) => this.#accept(stream, headers[':path'] ?? ''))
  }

  listen(socketPath: string): Promise<void> {
    rmSync(socketPath, { force: true })
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(socketPath, resolve)
    })
  }

  publish(tables: ResourceTables): void {
    this.#tables = tables
    this.#served = this.#quarantine.filter(tables)
    for (const stream of this.#streams) stream.publish(this.#served)
  }

  status(typeUrl: string, name: string): DeliveryStatus {
    const status = this.#statuses.get(typeUrl)?.get(name) ?? {}
    const fatal = this.#crashed.get(`${typeUrl} ${name}`)
    return fatal === undefined ? status : { ...status, rejected: { version: fatal, message: FATAL } }
  }

  envoyCrashed(): void {
    const [stream] = this.#streams
    const guilty = this.#quarantine.crashed(stream?.suspects() ?? this.#lastSuspects)
    this.#lastSuspects = []
    if (!guilty) return
    this.#served = this.#quarantine.filter(this.#tables)
    const { typeUrl, name, version } = guilty
    this.#crashed.set(`${typeUrl} ${name}`, version)
  }

  #accept(http: ServerHttp2Stream, path: string): void {
    http.on('error', () => http.close())
    if (path !== METHOD) {
      http.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
        { endStream: true },
      )
      return
    }
    http.respond({ ':status': 200, 'content-type': 'application/grpc' })
    const stream = new DeltaStream({
      tables: this.#served,
      send: response => http.write(deltaResponseFrame(response)),
      onAnswer: (typeUrl, name, version, error) => this.#answered(typeUrl, name, version, error),
      careful: this.#quarantine.isCareful,
    })
    // A new Envoy has accepted nothing yet.
    this.#statuses.clear()
    this.#streams.add(stream)
    http.on('close', () => {
      this.#streams.delete(stream)
      this.#lastSuspects = stream.suspects()
    })
    const messages = new GrpcMessages()
    http.on('data', (chunk: Buffer) => {
      for (const message of messages.push(chunk)) stream.receive(readDeltaRequest(message))
      if (stream.suspects().length === 0) this.#quarantine.survived()
    })
  }

  #answered(typeUrl: string, name: string, version: string, error?: string): void {
    const byName = this.#statuses.get(typeUrl) ?? new Map<string, DeliveryStatus>()
    this.#statuses.set(typeUrl, byName)
    const accepted = error === undefined ? version : byName.get(name)?.accepted
    byName.set(name, { accepted, rejected: error === undefined ? undefined : { version, message: error } })
    this.#dropStale(typeUrl, byName)
    const resource = this.#served.get(typeUrl)?.get(name)
    if (error === undefined && resource?.version === version)
      this.#quarantine.accepted(typeUrl, name, resource)
  }

  /** Names come and go with pods; what is no longer served needs no status. */
  #dropStale(typeUrl: string, byName: Map<string, DeliveryStatus>): void {
    const table = this.#tables.get(typeUrl)
    if (byName.size <= 2 * (table?.size ?? 0) + 64) return
    for (const name of byName.keys()) if (!table?.has(name)) byName.delete(name)
  }

  dispose(): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    return new Promise(resolve => {
      this.#http.close(() => resolve())
    })
  }
}
