/** The DNS server's sockets: UDP, and TCP with length prefixes. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AsyncDisposable } from '../lifecycle.ts'
import { type Answerer, reply } from './wire.ts'

export interface DnsServer extends AsyncDisposable {
  /** The port both sockets listen on. */
  port: number
}

const TCP_IDLE_MS = 10_000

/** How often a free port is looked for that is free for both protocols. */
const PORT_ATTEMPTS = 5

/** Listens on `address`; port 0 takes a free one. Rejects when the address cannot be bound. */
export async function listen(address: string, port: number, answerer: Answerer): Promise<DnsServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenOnce(address, port, answerer)
    } catch (error) {
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function listenOnce(address: string, port: number, answerer: Answerer): Promise<DnsServer> {
  const connections = new Set<Socket>()
  const tcp = createServer(socket => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    serveStream(socket, answerer)
  })
  tcp.listen(port, address)
  await once(tcp, 'listening')
  const bound = tcp.address()
  const actual = bound !== null && typeof bound === 'object' ? bound.port : port

  const udp = createSocket('udp4')
  udp.on('message', (message, from) => {
    const bytes = reply(message, answerer, 'udp')
    // A client that is gone is not our error.
    if (bytes) udp.send(bytes, from.port, from.address, () => undefined)
  })
  udp.bind(actual, address)
  try {
    await once(udp, 'listening')
  } catch (error) {
    tcp.close()
    throw error
  }
  for (const socket of [udp, tcp]) socket.on('error', error => console.error('dns:', error))

  return {
    port: actual,
    async dispose() {
      for (const socket of connections) socket.destroy()
      await Promise.all([
        new Promise<void>(resolve => udp.close(resolve)),
        new Promise<void>(resolve => tcp.close(() => resolve())),
      ])
    },
  }
}

/** Messages behind two bytes of length each, possibly several a connection and split anywhere. */
function serveStream(socket: Socket, answerer: Answerer): void {
  let pending = Buffer.alloc(0)
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0)
      const bytes = reply(pending.subarray(2, 2 + length), answerer, 'none')
      pending = pending.subarray(2 + length)
      if (!bytes) return void socket.destroy()
      const prefix = Buffer.alloc(2)
      prefix.writeUInt16BE(bytes.length)
      socket.write(Buffer.concat([prefix, bytes]))
    }
  })
}
