/** HTTPS (and WebSocket upgrades) of the API server on a TCP address or a unix socket. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { AsyncDisposable } from '../lifecycle.ts'
import type { ClusterCertificates } from './certificates.ts'
import type { ApiHandler } from './http/handler.ts'
import { serveUpgrade } from './streaming/upgrade.ts'

export type ListenAddress = { host: string; port: number } | { path: string }

export interface Listening extends AsyncDisposable {
  server: Server
  /** The TCP port, 0 for a unix socket. */
  port: number
}

/** Serves until disposed; rejects when the address is taken. */
export function listen(
  handler: ApiHandler,
  certificates: ClusterCertificates,
  address: ListenAddress,
): Promise<Listening> {
  const server = createServer(
    {
      cert: certificates.server.certificate,
      key: certificates.server.key,
      ca: certificates.ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      keepAliveTimeout: 120_000,
      // Watches are long requests that send their body at once.
      requestTimeout: 0,
    },
    (request, response) => void handler.serve(request, response),
  )
  server.on('upgrade', (request, socket, head) => void serveUpgrade(handler, request, socket, head))
  server.on('tlsClientError', () => {})
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? (bound as AddressInfo).port : 0
      resolve({ server, port, dispose: () => closed(server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
