/**
 * Upgraded connections: exec, attach and port-forward over WebSocket. Whatever can be refused is refused as an ordinary
 * HTTP answer before the upgrade, as the real API server does, so that clients show the Status's message.
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { KubeletApi } from '../../kubelet/contract.ts'
import type { ApiObject } from '../api.ts'
import { Exchange } from '../http/exchange.ts'
import type { ApiHandler } from '../http/handler.ts'
import { containerOf, podOf } from '../http/pod-subresources.ts'
import { requestInfo } from '../http/request-info.ts'
import { badRequest, StatusError } from '../status.ts'
import { PORT_FORWARD_PROTOCOLS, preparePortForward } from './port-forward.ts'
import { attachProcess, REMOTE_COMMAND_PROTOCOLS } from './remote-command.ts'

/** What was asked for, ready: it takes the connection over once it is a WebSocket, or is let go. */
export interface PreparedSession {
  begin(socket: WebSocket): void
  cancel(): void
}

const PROTOCOLS: Readonly<Record<string, readonly string[]>> = {
  exec: REMOTE_COMMAND_PROTOCOLS,
  attach: REMOTE_COMMAND_PROTOCOLS,
  portforward: PORT_FORWARD_PROTOCOLS,
}

/** Paste-sized; a larger frame ends the connection. */
const MAX_FRAME_BYTES = 16 << 20

export async function serveUpgrade(
  handler: ApiHandler,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const info = requestInfo(request.method ?? 'GET', request.url ?? '/')
  const response = new ServerResponse(request)
  if (socket instanceof Socket) response.assignSocket(socket)
  response.shouldKeepAlive = false
  response.on('finish', () => socket.end())
  let exchange = new Exchange(request, response, info, { username: '', groups: [] })
  try {
    const user = handler.options.authenticator.authenticate(request, handler.authorizer)
    exchange = new Exchange(request, response, info, user)
    handler.authorize(exchange)
    const session = await prepare(handler, exchange)
    const protocol = chosenProtocol(request, PROTOCOLS[info.subresource])
    if (protocol === undefined) {
      // kubectl asks again with SPDY when a WebSocket was refused: the refusal above is then its answer too.
      session.cancel()
      throw badRequest(
        `unable to upgrade: only WebSockets with one of ${PROTOCOLS[info.subresource]?.join(', ')} are served`,
      )
    }
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      handleProtocols: () => protocol,
    })
    response.detachSocket(socket as Socket)
    server.handleUpgrade(request, socket, head, opened => session.begin(opened))
  } catch (error) {
    if (!(error instanceof StatusError)) console.error(error)
    exchange.fail(
      error instanceof StatusError ? error : new StatusError(500, 'InternalError', internal(error)),
    )
  }
}

const internal = (error: unknown) =>
  `Internal error occurred: ${error instanceof Error ? error.message : error}`

function chosenProtocol(request: IncomingMessage, known: readonly string[] | undefined): string | undefined {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim())
  return known?.find(name => offered.includes(name))
}

/** What is to be done, ready to start: the process runs, the ports are known. */
async function prepare(handler: ApiHandler, exchange: Exchange): Promise<PreparedSession> {
  const { info } = exchange
  const kind = handler.registry.kind('', 'pods')
  const { kubelet } = handler.options
  if (!kind || info.resource !== 'pods' || !kubelet)
    throw badRequest(`${info.resource}/${info.subresource} cannot be upgraded`)
  const pod = podOf(handler.registry, { exchange, kind, version: info.version })
  if (info.subresource === 'portforward')
    return { begin: preparePortForward(kubelet, pod, info.query), cancel: () => {} }
  return prepareProcess(kubelet, pod, info.subresource, info.query)
}

async function prepareProcess(
  kubelet: KubeletApi,
  pod: ApiObject,
  subresource: string,
  query: URLSearchParams,
): Promise<PreparedSession> {
  const flag = (name: string) => query.get(name) === 'true' || query.get(name) === '1'
  const container = containerOf(pod, query.get('container') ?? '')
  const options = { container, tty: flag('tty'), stdin: flag('stdin') }
  const command = query.getAll('command')
  if (subresource === 'exec' && command.length === 0)
    throw badRequest('you must specify at least one command for the container')
  const session =
    subresource === 'exec'
      ? await kubelet.exec(pod, { ...options, command })
      : await kubelet.attach(pod, options)
  return { begin: socket => attachProcess(socket, session, command), cancel: () => session.kill() }
}
