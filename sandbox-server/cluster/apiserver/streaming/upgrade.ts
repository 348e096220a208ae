/** Upgraded connections: exec, attach and port-forward over WebSocket, as kubectl 1.31 and later and client-node speak. */
import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { Exchange, type ResourceExchange } from '../http/exchange.ts'
import type { ApiHandler } from '../http/handler.ts'
import { requestInfo } from '../http/request-info.ts'
import { noSuchResource } from '../http/respond.ts'
import { badRequest, StatusError } from '../status.ts'
import { runCommand } from './exec.ts'
import { forwardPorts } from './port-forward.ts'
import { forwardOverSpdy } from './spdy-forward.ts'

const CHANNELS = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
const SPDY_TUNNEL = 'SPDY/3.1+portforward.k8s.io'

/** Answers an upgrade request; refusals are plain HTTP with a Status, as clients expect before the switch. */
export async function serveUpgrade(
  handler: ApiHandler,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // Whoever hangs up early must not take the server down.
  socket.on('error', () => socket.destroy())
  try {
    const target = authorized(handler, request)
    // What is wrong with the request itself comes before the protocol: kubectl tries again with SPDY to hear it.
    const offered = offeredBy(target)
    const run = runnerOf(handler, target, offered ?? '')
    const protocol = offered ?? refuseProtocol(target)
    const webSocket = await accept(request, socket, head, protocol)
    run(webSocket)
  } catch (error) {
    refuse(socket, error)
  }
}

function authorized(handler: ApiHandler, request: IncomingMessage): ResourceExchange {
  // Reading a URL's meaning needs no response; this one is never written to.
  const response = new ServerResponse(request)
  const info = { ...requestInfo('GET', request.url ?? '/') }
  if (info.resource === 'pods' && info.subresource !== '') info.verb = 'get'
  const user = handler.options.authenticator.authenticate(request, handler.authorizer)
  const exchange = new Exchange(request, response, info, user)
  // Kubernetes asks for `create`: running a command is no reading, whatever the HTTP method of the handshake.
  const asCreate = new Exchange(request, response, { ...info, verb: 'create' }, user)
  handler.authorize(asCreate)
  const kind = handler.registry.kind(info.group, info.resource)
  if (kind?.plural !== 'pods' || kind.group !== '') throw noSuchResource()
  return { exchange, kind, version: info.version }
}

function offeredBy({ exchange }: ResourceExchange): string | undefined {
  const offered = exchange
    .header('sec-websocket-protocol')
    .split(',')
    .map(part => part.trim())
  const known = exchange.info.subresource === 'portforward' ? [...CHANNELS, SPDY_TUNNEL] : CHANNELS
  return offered.find(protocol => known.includes(protocol))
}

function refuseProtocol({ exchange }: ResourceExchange): never {
  const offered = exchange.header('sec-websocket-protocol') || 'none'
  throw badRequest(`unable to upgrade: none of the offered WebSocket protocols is known here: ${offered}`)
}

function runnerOf(
  handler: ApiHandler,
  target: ResourceExchange,
  protocol: string,
): (webSocket: WebSocket) => void {
  switch (target.exchange.info.subresource) {
    case 'exec':
    case 'attach':
      return runCommand(handler, target, protocol)
    case 'portforward':
      return CHANNELS.includes(protocol) ? forwardPorts(handler, target) : forwardOverSpdy(handler, target)
    default:
      throw noSuchResource()
  }
}

async function accept(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  // kubectl's `SPDY/3.1+…` is no token by RFC 6455 and ws would refuse it: the choice is answered by hand.
  delete request.headers['sec-websocket-protocol']
  server.on('headers', headers => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise(resolve => server.handleUpgrade(request, socket, head, resolve))
}

function refuse(socket: Duplex, error: unknown): void {
  if (socket.destroyed) return
  const known = error instanceof StatusError ? error : undefined
  if (!known) console.error(error)
  const status = (
    known ??
    new StatusError(
      500,
      'InternalError',
      `Internal error occurred: ${error instanceof Error ? error.message : error}`,
    )
  ).status
  const body = `${JSON.stringify(status)}\n`
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
