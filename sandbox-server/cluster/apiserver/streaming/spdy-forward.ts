/** kubectl's port-forward: SPDY streams inside a WebSocket, a pair (error, data) for each connection. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ResourceExchange } from '../http/exchange.ts'
import type { ApiHandler } from '../http/handler.ts'
import { binary } from './flow.ts'
import { type Dial, dialOf } from './port-forward.ts'
import { SpdyConnection } from './spdy.ts'

interface Forward {
  errorStream?: number
  stream?: Duplex
  early: Buffer[]
  ended: boolean
}

/** Checks a request; the answer forwards once the connection is upgraded. */
export function forwardOverSpdy(
  handler: ApiHandler,
  target: ResourceExchange,
): (webSocket: WebSocket) => void {
  const dial = dialOf(handler, target)
  return webSocket => {
    const forwarding = new SpdyForwarding(webSocket, dial)
    webSocket.on('message', data => forwarding.connection.receive(binary(data)))
    webSocket.on('close', () => forwarding.close())
    webSocket.on('error', () => forwarding.close())
  }
}

class SpdyForwarding {
  readonly connection: SpdyConnection
  readonly #dial: Dial
  /** By `requestID`, which pairs a data stream with its error stream. */
  readonly #errorStreams = new Map<string, number>()
  readonly #forwards = new Map<number, Forward>()

  constructor(webSocket: WebSocket, dial: Dial) {
    this.#dial = dial
    this.connection = new SpdyConnection(
      frame => {
        if (webSocket.readyState === webSocket.OPEN) webSocket.send(frame)
      },
      {
        stream: (id, headers) => this.#opened(id, headers),
        data: (id, data) => this.#received(id, data),
        end: id => this.#ended(id),
        reset: id => this.#forwards.get(id)?.stream?.destroy(),
      },
    )
  }

  close(): void {
    for (const forward of this.#forwards.values()) forward.stream?.destroy()
    this.#forwards.clear()
    this.connection.close()
  }

  #opened(id: number, headers: Map<string, string>): void {
    this.connection.reply(id)
    const request = headers.get('requestid') ?? ''
    if (headers.get('streamtype') === 'error') {
      this.#errorStreams.set(request, id)
      return
    }
    const forward: Forward = { early: [], ended: false, errorStream: this.#errorStreams.get(request) }
    this.#errorStreams.delete(request)
    this.#forwards.set(id, forward)
    this.#dial(Number(headers.get('port'))).then(
      stream => this.#connected(id, forward, stream),
      error => this.#failed(id, forward, error),
    )
  }

  #connected(id: number, forward: Forward, stream: Duplex): void {
    forward.stream = stream
    for (const data of forward.early) stream.write(data)
    if (forward.ended) stream.end()
    stream.on('data', data => this.connection.data(id, data))
    stream.on('error', error => this.#failed(id, forward, error))
    stream.on('end', () => this.#finish(id, forward))
  }

  #failed(id: number, forward: Forward, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (forward.errorStream !== undefined) this.connection.data(forward.errorStream, Buffer.from(message))
    this.#finish(id, forward)
  }

  #finish(id: number, forward: Forward): void {
    if (!this.#forwards.delete(id)) return
    this.connection.end(id)
    if (forward.errorStream !== undefined) this.connection.end(forward.errorStream)
  }

  #received(id: number, data: Buffer): void {
    const forward = this.#forwards.get(id)
    if (!forward) return
    if (forward.stream) forward.stream.write(data)
    else forward.early.push(data)
  }

  #ended(id: number): void {
    const forward = this.#forwards.get(id)
    if (!forward) return
    forward.ended = true
    forward.stream?.end()
  }
}
