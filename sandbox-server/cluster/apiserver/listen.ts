/**
 * HTTPS of the API server on a TCP address or a unix socket: HTTP/2 as client-go speaks it, many watches over one
 * connection, and HTTP/1.1 for WebSocket upgrades and everybody else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AsyncDisposable } from '../lifecycle.ts'
import type { ClusterCertificates } from './certificates.ts'
import type { ApiHandler } from './http/handler.ts'
import { serveUpgrade } from './streaming/upgrade.ts'

export type ListenAddress = { host: string; port: number } | { path: string }

/** As kube-apiserver sets them. */
const MAX_STREAMS = 100
const KEEP_ALIVE_MS = 120_000
const WINDOW_BYTES = 256 * 1024

export interface Listening extends AsyncDisposable {
  server: Http2SecureServer
  /** The TCP port, 0 for a unix socket. */
  port: number
}

/** Serves until disposed; rejects when the address is taken. */
export function listen(
  handler: ApiHandler,
  certificates: ClusterCertificates,
  address: ListenAddress,
): Promise<Listening> {
  const server = createSecureServer(
    {
      allowHTTP1: true,
      settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW_BYTES },
      cert: certificates.server.certificate,
      key: certificates.server.key,
      ca: certificates.ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    // Node's HTTP/2 requests and responses have the shape of its HTTP/1.1 ones, though not their types.
    (request, response) =>
      void handler.serve(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  )
  // For HTTP/1.1, which takes them from the server's properties here.
  Object.assign(server, { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 })
  const sockets = new Set<Duplex>()
  server.on('secureConnection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A client that goes in the middle of a stream is no fault of ours.
  server.on('sessionError', () => {})
  server.on(
    'upgrade',
    (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      void serveUpgrade(handler, request, socket, head),
  )
  server.on('tlsClientError', () => {})
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? (bound as AddressInfo).port : 0
      resolve({ server, port, dispose: () => closed(server, sockets) })
    })
  })
}

function closed(server: Http2SecureServer, sockets: ReadonlySet<Duplex>): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}
