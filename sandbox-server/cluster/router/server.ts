/** The router's two ports: HTTP, and TLS that ends here (edge, reencrypt) or passes through. */
import http from 'node:http'
import https from 'node:https'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { AsyncDisposable } from '../lifecycle.ts'
import { NotTlsError, serverName } from './client-hello.ts'
import { joinSockets, proxyRequest, proxyUpgrade, type Routing } from './http-proxy.ts'

export interface ServerOptions extends Routing {
  address: string
  httpPort: number
  httpsPort: number
  /** PEM of what the router shows for hosts whose route brings no certificate. */
  certificate(): { certificate: string; key: string }
}

export interface RouterServer extends AsyncDisposable {
  httpPort: number
  httpsPort: number
}

/** Rejects when a port cannot be bound. */
export async function startServer(options: ServerOptions): Promise<RouterServer> {
  const plain = http.createServer((request, response) => proxyRequest(options, 'http', request, response))
  plain.on('upgrade', (request, socket: Socket, head) => proxyUpgrade(options, 'http', request, socket, head))
  const secure = terminating(options)
  const entrance = createServer(socket => receive(options, secure, socket))
  const open = new Set<Socket>()
  for (const server of [plain, entrance])
    server.on('connection', (socket: Socket) => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    })
  const [httpPort, httpsPort] = await Promise.all([
    listen(plain, options.address, options.httpPort),
    listen(entrance, options.address, options.httpsPort),
  ])
  return {
    httpPort,
    httpsPort,
    async dispose() {
      for (const socket of open) socket.destroy()
      await Promise.all([plain, entrance].map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : port)
    })
  })
}

function terminating(options: ServerOptions): https.Server {
  const { certificate, key } = options.certificate()
  const server = https.createServer(
    {
      cert: certificate,
      key,
      SNICallback: (name, done) => done(null, contextOf(options, name)),
    },
    (request, response) => proxyRequest(options, 'https', request, response),
  )
  server.on('upgrade', (request, socket: Socket, head) =>
    proxyUpgrade(options, 'https', request, socket, head),
  )
  return server
}

/** A route's own certificate. */
function contextOf({ table }: ServerOptions, name: string) {
  const tls = table().find(name, '/')?.spec.tls
  if (!tls?.certificate || !tls.key) return undefined
  return createSecureContext({ cert: `${tls.certificate}\n${tls.caCertificate ?? ''}`, key: tls.key })
}

/** Reads the name asked for, then passes the connection on. */
function receive(options: ServerOptions, secure: https.Server, socket: Socket): void {
  let bytes = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  const hear = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    const name = nameIn(bytes)
    if (name === undefined) return
    socket.off('data', hear)
    socket.pause()
    socket.unshift(bytes)
    passOn(options, secure, socket, name)
  }
  socket.on('data', hear)
}

/** '' as well for what is no TLS: the server that ends TLS knows how to say so. */
function nameIn(bytes: Buffer): string | undefined {
  try {
    return serverName(bytes)
  } catch (error) {
    if (error instanceof NotTlsError) return ''
    throw error
  }
}

function passOn(
  { table, backends }: ServerOptions,
  secure: https.Server,
  socket: Socket,
  name: string,
): void {
  const route = name === '' ? undefined : table().find(name, '/')
  if (route?.spec.tls?.termination !== 'passthrough') {
    secure.emit('connection', socket)
    return
  }
  const address = backends.next(route)
  if (!address) {
    socket.destroy()
    return
  }
  joinSockets(socket, connect(address.port, address.host))
}
