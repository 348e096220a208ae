/** The frame of an in-process HTTP application: bound to its pod's address, answering 500 instead of dying, stopping cleanly. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AppContext, RunningApp } from '../image.ts'

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Rejects when the address is taken (the container then crashes with that message, as the original would). */
export async function startHttpApp(
  context: AppContext,
  port: number,
  handle: HttpHandler,
): Promise<RunningApp> {
  const server = createServer((request, response) => {
    void answer(context, handle, request, response)
  })
  server.keepAliveTimeout = 60_000
  await listen(server, port, context.podIp)
  return { ports: [port], stop: () => close(server) }
}

async function answer(
  context: AppContext,
  handle: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
) {
  try {
    await handle(request, response)
  } catch (error) {
    context.stderr(
      `${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`,
    )
    if (!response.headersSent) send(response, 500, 'text/plain; charset=utf-8', 'Internal Server Error')
    else response.destroy()
  }
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

export function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length })
  response.end(bytes)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value))
}

const MAX_BODY_BYTES = 1 << 20

/** The whole body; rejects when it is larger than 1 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`request body is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const TEXT_MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `23/Nov/2026 21:14:15` (UTC), the date of most access logs; `separator` stands between day and time. */
export function accessLogTime(ms: number, separator = ' '): string {
  const iso = new Date(ms).toISOString()
  const month = TEXT_MONTHS[Number(iso.slice(5, 7)) - 1]
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}${separator}${iso.slice(11, 19)}`
}

/** The caller's address without the prefix of an IPv4 address in IPv6 form. */
export const remoteAddress = (request: Pick<IncomingMessage, 'socket'>): string =>
  (request.socket.remoteAddress ?? '-').replace(/^::ffff:/, '')
