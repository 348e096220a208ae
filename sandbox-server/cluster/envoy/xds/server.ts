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
  /** Called after each answer of Envoy. */
  onAnswer(listener: (typeUrl: string, name: string, error?: string) => void): void
}

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
  readonly #listeners: ((typeUrl: string, name: string, error?: string) => void)[] = []
  #tables: ResourceTables = new Map()

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
    for (const stream of this.#streams) stream.publish(tables)
  }

  status(typeUrl: string, name: string): DeliveryStatus {
    return this.#statuses.get(typeUrl)?.get(name) ?? {}
  }

  onAnswer(listener: (typeUrl: string, name: string, error?: string) => void): void {
    this.#listeners.push(listener)
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
    const stream = new DeltaStream(
      this.#tables,
      response => http.write(deltaResponseFrame(response)),
      (typeUrl, name, version, error) => this.#answered(typeUrl, name, version, error),
    )
    // A new Envoy has accepted nothing yet.
    this.#statuses.clear()
    this.#streams.add(stream)
    http.on('close', () => this.#streams.delete(stream))
    const messages = new GrpcMessages()
    http.on('data', (chunk: Buffer) => {
      for (const message of messages.push(chunk)) stream.receive(readDeltaRequest(message))
    })
  }

  #answered(typeUrl: string, name: string, version: string, error?: string): void {
    const byName = this.#statuses.get(typeUrl) ?? new Map<string, DeliveryStatus>()
    this.#statuses.set(typeUrl, byName)
    const accepted = error === undefined ? version : byName.get(name)?.accepted
    byName.set(name, { accepted, rejected: error === undefined ? undefined : { version, message: error } })
    this.#dropStale(typeUrl, byName)
    for (const listener of this.#listeners) listener(typeUrl, name, error)
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
