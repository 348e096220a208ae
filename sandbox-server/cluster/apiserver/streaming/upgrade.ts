/** Upgraded connections: exec, attach and port-forward over WebSocket. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiHandler } from '../http/handler.ts'

/** Answers an upgrade request. */
export async function serveUpgrade(_handler: ApiHandler, _request: IncomingMessage, socket: Duplex, _head: Buffer): Promise<void> {
  socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
}
