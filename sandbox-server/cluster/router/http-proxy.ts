/** Hands HTTP requests on to a route's endpoints, with the headers OpenShift's router adds. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Backends } from './backends.ts'
import type { Route } from './route.ts'
import type { RouteTable } from './route-table.ts'

/** HAProxy's `timeout server` in OpenShift's template. */
const RESPONSE_TIMEOUT_MS = 30_000

export interface Routing {
  table(): RouteTable
  backends: Backends
}

const NOT_AVAILABLE = `<html>
  <head><title>Application is not available</title></head>
  <body>
    <h1>Application is not available</h1>
    <p>The application is currently not serving requests at this endpoint. It may not have been started or is still starting.</p>
    <p>Possible reasons: the host or the path matches no route, or the route's service has no ready pod
    (oc get routes; oc describe route NAME).</p>
  </body>
</html>
`

const PROTOCOLS = { http: 80, https: 443 } as const
type Protocol = keyof typeof PROTOCOLS

const hostOf = (request: IncomingMessage): string => (request.headers.host ?? '').replace(/:\d+$/, '')

/** Answers one request that came by `protocol`. */
export function proxyRequest(
  { table, backends }: Routing,
  protocol: Protocol,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const route = table().find(hostOf(request), request.url ?? '/')
  if (!route || !isServedBy(route, protocol)) return refuse(response, 503, NOT_AVAILABLE)
  if (protocol === 'http' && isRedirected(route)) {
    response.writeHead(302, { location: `https://${hostOf(request)}${request.url ?? '/'}` }).end()
    return
  }
  const address = backends.next(route)
  if (!address) return refuse(response, 503, NOT_AVAILABLE)
  const isSecure = route.spec.tls?.termination === 'reencrypt'
  const outgoing = (isSecure ? https : http).request({
    ...address,
    ...(isSecure ? verification(route) : {}),
    method: request.method,
    path: request.url,
    headers: forwardedHeaders(request, protocol),
    agent: false,
    timeout: RESPONSE_TIMEOUT_MS,
  })
  outgoing.on('response', incoming => {
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, incoming.rawHeaders)
    incoming.pipe(response)
  })
  outgoing.on('timeout', () => {
    refuse(
      response,
      504,
      "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n",
    )
    outgoing.destroy()
  })
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy()
    else refuse(response, 503, NOT_AVAILABLE)
  })
  response.on('close', () => outgoing.destroy())
  request.pipe(outgoing)
}

/** A WebSocket or the like: after its head, bytes both ways. */
export function proxyUpgrade(
  { table, backends }: Routing,
  protocol: Protocol,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  const route = table().find(hostOf(request), request.url ?? '/')
  const address = route && isServedBy(route, protocol) ? backends.next(route) : undefined
  if (!address) {
    socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    return
  }
  const backend = connect(address.port, address.host)
  const lines = Object.entries(forwardedHeaders(request, protocol)).flatMap(([name, value]) =>
    [value].flat().map(one => `${name}: ${one}`),
  )
  backend.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  backend.write(head)
  joinSockets(socket, backend)
}

/** Bytes both ways; when one side breaks, so does the other. */
export function joinSockets(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

/** Without TLS over http; with it over https, and over http as its policy says. */
function isServedBy({ spec: { tls } }: Route, protocol: Protocol): boolean {
  if (protocol === 'https') return tls !== undefined && tls.termination !== 'passthrough'
  return tls === undefined || /^(Allow|Redirect)$/.test(tls.insecureEdgeTerminationPolicy ?? '')
}

const isRedirected = ({ spec }: Route): boolean => spec.tls?.insecureEdgeTerminationPolicy === 'Redirect'

/** The pod's certificate is looked at where the route says who signs it; its names are the service's, not the route's. */
const verification = ({ spec: { tls } }: Route) => {
  const ca = tls?.destinationCACertificate
  return ca
    ? { ca, servername: '', checkServerIdentity: () => undefined }
    : { rejectUnauthorized: false, servername: '' }
}

function forwardedHeaders(request: IncomingMessage, protocol: Protocol): http.OutgoingHttpHeaders {
  const host = request.headers.host ?? ''
  const client = request.socket.remoteAddress ?? ''
  const before = request.headers['x-forwarded-for']
  return {
    ...request.headers,
    'x-forwarded-host': host,
    'x-forwarded-port': String(PROTOCOLS[protocol]),
    'x-forwarded-proto': protocol,
    forwarded: `for=${client};host=${host};proto=${protocol}`,
    'x-forwarded-for': before ? `${before}, ${client}` : client,
  }
}

function refuse(response: ServerResponse, status: number, page: string): void {
  if (response.headersSent) return
  response
    .writeHead(status, {
      'content-type': 'text/html',
      'cache-control': 'private, no-store',
      connection: 'close',
    })
    .end(page)
}
