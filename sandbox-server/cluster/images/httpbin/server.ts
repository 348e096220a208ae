/** The HTTP server both flavours stand on: writes a Reply, counts what was sent, and logs it in the flavour's words. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { remoteAddress, startHttpApp } from '../http/http-app.ts'
import type { AppContext, RunningApp } from '../image.ts'
import type { Reply } from './reply.ts'

export interface LogEntry {
  request: IncomingMessage
  reply: Reply
  bytesSent: number
  requestBytes: number
  durationMs: number
  client: string
}

export interface Flavour {
  /** Headers of every answer. */
  headers(): Record<string, string>
  keepAlive: boolean
  /** The word after the status, e.g. `OK`; Node's own when absent. */
  reason?(status: number): string
  answer(request: IncomingMessage): Promise<Reply>
  log(entry: LogEntry): void
}

export function startHttpbin(context: AppContext, port: number, flavour: Flavour): Promise<RunningApp> {
  return startHttpApp(context, port, async (request, response) => {
    const beganMs = performance.now()
    const reply = await flavour.answer(request)
    if (reply.delayMs) await pause(reply.delayMs, undefined, { ref: false })
    const bytesSent = await write(request, response, reply, flavour)
    const requestBytes = Number(request.headers['content-length'] ?? 0)
    flavour.log({
      request,
      reply,
      bytesSent,
      requestBytes,
      durationMs: performance.now() - beganMs,
      client: remoteAddress(request),
    })
  })
}

async function write(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  flavour: Flavour,
): Promise<number> {
  const body = Buffer.from(reply.body ?? '')
  const headers: Record<string, string | string[] | number> = { ...flavour.headers(), ...reply.headers }
  if (!flavour.keepAlive) headers['connection'] = 'close'
  const mayHaveBody = reply.status !== 204 && reply.status !== 304 && reply.status >= 200
  if (mayHaveBody && reply.chunks === undefined) headers['content-length'] = body.length
  const reason = flavour.reason?.(reply.status)
  if (reason === undefined) response.writeHead(reply.status, headers)
  else response.writeHead(reply.status, reason, headers)
  if (request.method === 'HEAD' || !mayHaveBody) {
    response.end()
    return 0
  }
  if (reply.chunks === undefined) {
    response.end(body)
    return body.length
  }
  let sent = 0
  for (const [index, part] of reply.chunks.parts.entries()) {
    // A caller that hung up is no reason to go on dripping.
    if (response.destroyed) return sent
    if (index > 0 && reply.chunks.pauseMs > 0) await pause(reply.chunks.pauseMs, undefined, { ref: false })
    response.write(part)
    sent += part.length
  }
  response.end()
  return sent
}
