import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { decode, encode, streamEncode } from 'dns-packet'
import { afterEach, describe, expect, it } from 'vitest'
import type { DnsAnswer } from './answer.ts'
import { type DnsServer, listen } from './server.ts'

const many: DnsAnswer['answers'] = Array.from({ length: 60 }, (_, index) => ({
  type: 'A',
  name: 'many.test',
  ttl: 1,
  data: `10.0.0.${index}`,
}))
const answerer = ({ name }: { name: string }): DnsAnswer => ({
  rcode: name === 'nosuch.test' ? 'NXDOMAIN' : 'NOERROR',
  answers:
    name === 'many.test' ? many : name === 'one.test' ? [{ type: 'A', name, ttl: 1, data: '10.1.2.3' }] : [],
  authorities: [],
  additionals: [],
})

let server: DnsServer | undefined
const start = async (): Promise<DnsServer> => (server = await listen('127.0.0.1', 0, answerer))
afterEach(() => server?.dispose())

async function overUdp(port: number, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  const received = once(socket, 'message')
  socket.send(message, port, '127.0.0.1')
  const [bytes] = await received
  socket.close()
  return Buffer.from(bytes)
}

describe('the DNS server', () => {
  it('answers a real resolver over UDP, and over TCP what is too long', async () => {
    const { port } = await start()
    const resolver = new Resolver()
    resolver.setServers([`127.0.0.1:${port}`])
    expect(await resolver.resolve4('one.test')).toEqual(['10.1.2.3'])
    expect(await resolver.resolve4('many.test')).toHaveLength(60)
    await expect(resolver.resolve4('nosuch.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('truncates what does not fit without EDNS', async () => {
    const { port } = await start()
    const query = encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'many.test' }] })
    const found = decode(await overUdp(port, query))
    expect(found).toMatchObject({ id: 7, flag_tc: true, answers: [] })
  })

  it('answers malformed bytes with FORMERR and goes on', async () => {
    const { port } = await start()
    const bytes = await overUdp(
      port,
      Buffer.concat([Buffer.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from([63])]),
    )
    expect(bytes.readUInt16BE(0)).toBe(9)
    expect(bytes.readUInt8(3) & 0xf).toBe(1)
    const query = encode({ type: 'query', id: 8, questions: [{ type: 'A', name: 'one.test' }] })
    expect(decode(await overUdp(port, query)).answers).toHaveLength(1)
  })

  it('takes several messages of one TCP connection, split anywhere', async () => {
    const { port } = await start()
    const socket = connect(port, '127.0.0.1')
    const query = streamEncode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'one.test' }] })
    const both = Buffer.concat([query, query])
    socket.write(both.subarray(0, 5))
    socket.write(both.subarray(5))
    let received = Buffer.alloc(0)
    for await (const chunk of socket) {
      received = Buffer.concat([received, Buffer.from(chunk)])
      const first = received.length >= 2 ? received.readUInt16BE(0) + 2 : Number.POSITIVE_INFINITY
      if (received.length >= 2 * first) break
    }
    expect(decode(received.subarray(2)).answers).toHaveLength(1)
  })
})
