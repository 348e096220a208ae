/**
 * nginx as its image starts it: the welcome page on port 80, or what the nginx.conf of a mounted volume says, as far as
 * serving files, answering with `return` and TLS with or without client certificates go.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { accessLogTime, closeServer, listenOn, remoteAddress } from '../http/http-app.ts'
import type { AppContext, AppImage, RunningApp } from '../image.ts'
import {
  DOCUMENT_ROOT,
  locationFor,
  MAIN_FORMAT,
  type NginxAnswer,
  type NginxServer,
  readServers,
  serverFor,
} from './configuration.ts'
import { errorPage, WELCOME_PAGE } from './pages.ts'
import { NginxConfigError, parseConfig } from './syntax.ts'

const CONFIG = '/etc/nginx/nginx.conf'
const DEFAULT_SITE = '/etc/nginx/conf.d/default.conf'
const CURRENT_VERSION = '1.29.3'

/** What the registry has: releases, channels, and either on one of its bases. */
const TAGS =
  /^(?:latest|stable|mainline|\d+(?:\.\d+){0,2})?(?:(?:^|-)(?:alpine|bookworm|bullseye|trixie|perl|otel|slim)[\d.]*)*$/

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'application/javascript',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xml: 'text/xml',
}

export const nginx: readonly AppImage[] = [
  nginxImage('nginx', 80),
  nginxImage('nginxinc/nginx-unprivileged', 8080),
]

function nginxImage(name: string, port: number): AppImage {
  return {
    kind: 'app',
    names: [name],
    tags: TAGS,
    start: (context, tag) => start(context, versionOf(tag), port),
  }
}

/** A tag that names two numbers stands for that line's first release. */
function versionOf(tag: string): string {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(tag) ?? []
  return major ? `${major}.${minor}.${patch}` : CURRENT_VERSION
}

/** The image's own files, where no volume stands in their place. */
const ownConfig = (port: number): Readonly<Record<string, string>> => ({
  [CONFIG]: `http { log_format main '${MAIN_FORMAT}'; access_log /var/log/nginx/access.log main; default_type application/octet-stream; include /etc/nginx/conf.d/*.conf; }`,
  [DEFAULT_SITE]: `server { listen ${port}; server_name localhost; location / { root ${DOCUMENT_ROOT}; index index.html index.htm; } }`,
})

function serversOf(context: AppContext, port: number): NginxServer[] {
  const own = ownConfig(port)
  const read = (path: string) => {
    const text = context.readFile(path)?.toString() ?? own[path]
    return text === undefined ? [] : parseConfig(text, path)
  }
  // Folders of volumes cannot be listed here: of a pattern, the file that the image has is meant.
  const include = (pattern: string) =>
    pattern.endsWith('mime.types') ? [] : read(pattern.includes('*') ? DEFAULT_SITE : absolute(pattern))
  return readServers(read(CONFIG), include)
}

const absolute = (path: string): string => (path.startsWith('/') ? path : `/etc/nginx/${path}`)

async function start(context: AppContext, version: string, port: number): Promise<RunningApp> {
  const notice = (text: string) => {
    const time = new Date(context.now()).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')
    context.stderr(`${time} [notice] 1#1: ${text}`)
  }
  const servers = serversOf(context, port)
  const ports = new Map<number, boolean>()
  for (const listen of servers.flatMap(server => server.listens))
    ports.set(listen.port, listen.isSecure || (ports.get(listen.port) ?? false))
  const started: Server[] = []
  for (const [number, isSecure] of ports) {
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      answer({ context, version, servers, port: number, isSecure }, request, response)
    const server = isSecure ? secureServer(context, servers, number, handle) : createServer(handle)
    server.keepAliveTimeout = 65_000
    await listenOn(server, number, context.podIp)
    started.push(server)
  }
  notice('using the "epoll" event method')
  notice(`nginx/${version}`)
  notice('start worker processes')
  return {
    ports: [...ports.keys()],
    async stop() {
      await Promise.all(started.map(closeServer))
    },
  }
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** One certificate per server block, chosen by the name that the client asks for. */
function secureServer(
  context: AppContext,
  servers: readonly NginxServer[],
  port: number,
  handle: Handler,
): Server {
  const here = servers.filter(server =>
    server.listens.some(listen => listen.port === port && listen.isSecure),
  )
  const contexts = new Map<NginxServer, SecureContext>(
    here.map(server => [server, createSecureContext(certificateOf(context, server))]),
  )
  const [first] = here
  const server = process.getBuiltinModule('node:https').createServer(
    {
      ...(first ? certificateOf(context, first) : {}),
      ALPNProtocols: ['http/1.1'],
      requestCert: here.some(({ verifyClient }) => verifyClient !== 'off'),
      // Whether a certificate is good enough is answered as nginx does, with a page.
      rejectUnauthorized: false,
      SNICallback(name, done) {
        const chosen = serverFor(here, port, name.toLowerCase())
        done(null, chosen && contexts.get(chosen))
      },
    },
    handle,
  )
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function certificateOf(context: AppContext, server: NginxServer): { cert: Buffer; key: Buffer; ca?: Buffer } {
  if (server.certificate === undefined)
    throw new NginxConfigError(
      'no "ssl_certificate" is defined for the "listen ... ssl" directive',
      CONFIG,
      1,
    )
  const load = (what: string, path: string): Buffer => {
    const file = context.readFile(absolute(path))
    if (file) return file
    throw new NginxConfigError(
      `cannot load certificate${what} "${absolute(path)}": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory:calling fopen(${absolute(path)}, r) error:10000080:BIO routines::no such file)`,
      CONFIG,
      1,
    )
  }
  return {
    cert: load('', server.certificate),
    key: load(' key', server.key ?? server.certificate),
    ...(server.clientCa === undefined ? {} : { ca: load('', server.clientCa) }),
  }
}

interface Serving {
  context: AppContext
  version: string
  servers: readonly NginxServer[]
  port: number
  isSecure: boolean
}

interface Answered {
  status: number
  type: string
  body: Buffer
  headers?: Readonly<Record<string, string>>
}

function answer(serving: Serving, request: IncomingMessage, response: ServerResponse): void {
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
  const server = serverFor(serving.servers, serving.port, host)
  const { status, type, body, headers } = answered(serving, server, request)
  response.writeHead(status, {
    server: `nginx/${serving.version}`,
    'content-type': type,
    'content-length': body.length,
    ...headers,
  })
  const isHead = request.method === 'HEAD'
  response.end(isHead ? undefined : body)
  if (server?.log !== undefined) {
    const bytes = isHead ? 0 : body.length
    serving.context.stdout(accessLine(server.log, serving, request, response, bytes))
  }
}

function answered(
  { context, version, isSecure }: Serving,
  server: NginxServer | undefined,
  request: IncomingMessage,
): Answered {
  const error = (status: number, page = errorPage(status, version)): Answered => ({
    status,
    type: 'text/html',
    body: Buffer.from(page),
  })
  const path = pathOf(request.url ?? '/')
  if (path === undefined || !server) return error(400)
  const problem = isSecure ? certificateProblem(server, request) : undefined
  if (problem !== undefined) return error(400, errorPage(400, version, problem))
  const place = server.answers.returns ? server.answers : locationFor(server, path)
  const headers = Object.fromEntries(place.headers)
  if (place.returns) {
    const answer = returned(place, request, error)
    return { ...answer, headers: { ...headers, ...answer.headers } }
  }
  const body = fileAt(context, place, path)
  if (!body) return error(404)
  if (request.method !== 'GET' && request.method !== 'HEAD') return error(405)
  return { status: 200, type: contentType(path.endsWith('/') ? 'index.html' : path, place), body, headers }
}

function certificateProblem({ verifyClient }: NginxServer, { socket }: IncomingMessage): string | undefined {
  if (verifyClient === 'off' || !isTls(socket)) return undefined
  const presented = Object.keys(socket.getPeerCertificate()).length > 0
  if (!presented) return verifyClient === 'on' ? 'No required SSL certificate was sent' : undefined
  return socket.authorized ? undefined : 'The SSL certificate error'
}

const isTls = (socket: IncomingMessage['socket']): socket is TLSSocket => 'authorized' in socket

function returned(
  { returns, defaultType }: NginxAnswer,
  request: IncomingMessage,
  error: (status: number) => Answered,
): Answered {
  const { status = 200, text = '' } = returns ?? {}
  const value = expandVariables(text, name => requestVariable(name, request))
  if ([301, 302, 303, 307, 308].includes(status)) return { ...error(status), headers: { location: value } }
  if (value === '' && status >= 300) return error(status)
  return { status, type: defaultType, body: Buffer.from(value) }
}

/** The decoded path without its query; undefined when it cannot be decoded or leaves the document root. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split('?')[0] ?? '/')
    return path.startsWith('/') && !path.split('/').includes('..') ? path : undefined
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function fileAt(
  context: AppContext,
  { root, alias, index, path: prefix = '' }: NginxAnswer & { path?: string },
  path: string,
): Buffer | undefined {
  const place = alias === undefined ? `${root}${path}` : `${alias}${path.slice(prefix.length)}`
  const candidates = path.endsWith('/') ? index.map(name => `${place}${name}`) : [place]
  for (const candidate of candidates) {
    const file = context.readFile(candidate) ?? builtIn(candidate)
    if (file) return file
  }
  return undefined
}

const builtIn = (file: string): Buffer | undefined => {
  if (file === `${DOCUMENT_ROOT}/index.html`) return Buffer.from(WELCOME_PAGE)
  return file === `${DOCUMENT_ROOT}/50x.html` ? Buffer.from(errorPage(500, '')) : undefined
}

const contentType = (path: string, { defaultType }: NginxAnswer): string =>
  CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? defaultType

const expandVariables = (text: string, value: (name: string) => string): string =>
  text.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, plain?: string) => value(braced ?? plain ?? ''))

function requestVariable(name: string, request: IncomingMessage): string {
  if (name.startsWith('http_')) return String(request.headers[name.slice(5).replaceAll('_', '-')] ?? '')
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  switch (name) {
    case 'host':
    case 'server_name':
      return host
    case 'request_uri':
      return request.url ?? ''
    case 'uri':
      return path
    case 'args':
    case 'query_string':
      return query
    case 'request_method':
      return request.method ?? ''
    case 'scheme':
      return isTls(request.socket) ? 'https' : 'http'
    case 'remote_addr':
      return remoteAddress(request)
    default:
      return ''
  }
}

/** A log line in the server's format; what is empty is a dash. */
function accessLine(
  format: string,
  { context }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: number,
): string {
  const special: Readonly<Record<string, string>> = {
    time_local: `${accessLogTime(context.now(), ':')} +0000`,
    time_iso8601: new Date(context.now()).toISOString().replace(/\.\d+Z$/, '+00:00'),
    request: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
    status: String(response.statusCode),
    body_bytes_sent: String(bytes),
    bytes_sent: String(bytes),
    hostname: context.podName,
  }
  return expandVariables(format, name => special[name] ?? (requestVariable(name, request) || '-'))
}
