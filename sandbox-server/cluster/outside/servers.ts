/**
 * The HTTP and HTTPS servers behind the outside's sockets: both versions of HTTP, a certificate by server name, every
 * answer marked as pretend.
 */
import { createServer, type Server } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock } from '../lifecycle.ts'
import type { OutsideAuthority } from './authority.ts'
import { type Answer, nameMatches, type OutsideRequest, type Site } from './site.ts'

export interface OutsideServers {
  /** Takes over a connection to one of the site's addresses. */
  accept(site: Site, socket: Socket, isSecure: boolean): void
  dispose(): void
}

/** What both versions' responses can do. */
interface OutsideResponse {
  setHeader(name: string, value: string | number | readonly string[]): unknown
  readonly headersSent: boolean
  readonly socket: Socket | null
  statusCode: number
  write(chunk: string | Buffer): boolean
  end(): unknown
}

interface SiteServers {
  plain: Server
  secure: Http2SecureServer
}

const KEEP_ALIVE_MS = 60_000
/** Not for HTTP/2, which has no headers of a connection. */
const CONNECTION_HEADERS = /^(connection|keep-alive|transfer-encoding)$/i

export function createOutsideServers(authority: OutsideAuthority, clock: Clock): OutsideServers {
  const bySite = new Map<Site, SiteServers>()
  const sockets = new Set<Socket>()
  const serversOf = (site: Site): SiteServers => {
    const servers = bySite.get(site) ?? startSite(site, authority, clock)
    bySite.set(site, servers)
    return servers
  }
  return {
    accept(site, socket, isSecure) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      const { plain, secure } = serversOf(site)
      const server = isSecure ? secure : plain
      server.emit('connection', socket)
    },
    dispose() {
      for (const socket of sockets) socket.destroy()
      for (const { plain, secure } of bySite.values()) {
        plain.close()
        secure.close()
      }
    },
  }
}

function startSite(site: Site, authority: OutsideAuthority, clock: Clock): SiteServers {
  const { certificate, key } = authority.issue(site.names)
  const context: SecureContext = createSecureContext({ cert: certificate, key })
  const plain = createServer((request, response) => void respond(site, request, response, false, clock))
  plain.keepAliveTimeout = KEEP_ALIVE_MS
  // Loaded only now: most sandboxes never look outside.
  const secure = process.getBuiltinModule('node:http2').createSecureServer(
    {
      cert: certificate,
      key,
      allowHTTP1: true,
      SNICallback: (_name, done) => done(null, context),
    },
    (request, response) => void respond(site, request, response, true, clock),
  )
  // A caller that hangs up or distrusts the certificate is its own business.
  secure.on('sessionError', () => undefined)
  secure.on('tlsClientError', (_error, socket) => socket.destroy())
  plain.on('clientError', (_error, socket) => socket.destroy())
  return { plain, secure }
}

async function respond(
  site: Site,
  request: OutsideRequest,
  response: OutsideResponse,
  isSecure: boolean,
  clock: Clock,
): Promise<void> {
  const host = hostOf(request)
  try {
    const answer =
      site.answersAnyName || site.names.some(name => nameMatches(name, host))
        ? await site.answer({
            request,
            host,
            isSecure,
            method: request.method ?? 'GET',
            target: request.url ?? '/',
            now: () => clock.now(),
            random: Math.random,
          })
        : misdirected(site, host)
    if (answer.delayMs) await pause(clock, answer.delayMs)
    await write(request, response, answer, site, clock)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (response.headersSent) response.socket?.destroy()
    else await write(request, response, failed(message), site, clock)
  }
}

function hostOf({ headers }: OutsideRequest): string {
  const authority = headers[':authority']
  const host = typeof authority === 'string' ? authority : (headers.host ?? '')
  return host.toLowerCase().replace(/:\d+$/, '')
}

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' }
const failed = (message: string): Answer => ({ status: 500, headers: TEXT, body: `${message}\n` })

/** As the fronts of the real sites answer to a name they do not serve. */
function misdirected(site: Site, host: string): Answer {
  return {
    status: 421,
    headers: TEXT,
    body: `${host} is not served here: this address stands for ${site.names.join(', ')}.\n`,
  }
}

const pause = (clock: Clock, ms: number) => new Promise<void>(resolve => clock.after(ms, resolve))

async function write(
  request: OutsideRequest,
  response: OutsideResponse,
  answer: Answer,
  site: Site,
  clock: Clock,
): Promise<void> {
  if (response.socket?.destroyed) return
  const isHttp2 = request.httpVersionMajor === 2
  const body = Buffer.from(answer.body ?? '')
  const hasBody = answer.status !== 204 && answer.status !== 304
  for (const [name, value] of Object.entries(answer.headers)) {
    if (!isHttp2 || !CONNECTION_HEADERS.test(name))
      response.setHeader(name, typeof value === 'string' ? value : [...value])
  }
  response.setHeader(
    'X-Pretend',
    `this is not the real ${site.names[0]}; Meshdojo plays it inside your sandbox`,
  )
  if (hasBody && answer.chunks === undefined) response.setHeader('Content-Length', body.length)
  response.statusCode = answer.status
  if (request.method === 'HEAD' || !hasBody) return void response.end()
  const { parts, pauseMs } = answer.chunks ?? { parts: body.length > 0 ? [body] : [], pauseMs: 0 }
  for (const [index, part] of parts.entries()) {
    if (index > 0 && pauseMs > 0) await pause(clock, pauseMs)
    if (response.socket?.destroyed) return
    response.write(part)
  }
  response.end()
}
