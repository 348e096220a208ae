import { decode, encode } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { answer } from './answer.ts'
import type { DnsView } from './view.ts'
import { reply } from './wire.ts'

const view: DnsView = {
  clusterDomain: 'cluster.local',
  service: () => undefined,
  hasNamespace: () => true,
  endpointSlices: () => [],
  serviceOfIp: () => undefined,
  headlessEndpointOfIp: () => undefined,
  outsideHosts: new Map([['a.test', '192.0.2.1']]),
}
const respond = (message: Buffer) => reply(message, question => answer(question, view), 'udp')

/** A small generator (LCG), so that a failure can be repeated. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

describe('DNS messages', () => {
  it('are answered with the id and question of the query, authoritatively', () => {
    const bytes = respond(
      encode({ type: 'query', id: 99, flags: 0x0100, questions: [{ type: 'A', name: 'a.test' }] }),
    )
    expect(decode(bytes ?? Buffer.alloc(0))).toMatchObject({
      id: 99,
      flag_qr: true,
      flag_aa: true,
      flag_rd: true,
      questions: [{ name: 'a.test' }],
      answers: [{ data: '192.0.2.1' }],
    })
  })

  it('that are no queries get no reply', () => {
    expect(respond(Buffer.from([1, 2, 3]))).toBeUndefined()
    expect(respond(encode({ type: 'response', id: 1, questions: [] }))).toBeUndefined()
  })

  it('of other kinds are refused by code', () => {
    const query = encode({ type: 'query', id: 5, questions: [{ type: 'A', name: 'a.test' }] })
    query.writeUInt8(0x28, 2)
    expect((respond(query)?.readUInt8(3) ?? 0) & 0xf).toBe(4)
    expect((respond(encode({ type: 'query', id: 5, questions: [] }))?.readUInt8(3) ?? 0) & 0xf).toBe(1)
  })

  it('damaged in any way never throw', () => {
    const random = numbers(42)
    const next = (below: number): number => Math.floor(random.next().value * below)
    const whole = encode({
      type: 'query',
      id: 1,
      questions: [{ type: 'SRV', name: '_http._tcp.web.shop.svc.cluster.local' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1232,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    })
    for (let round = 0; round < 20_000; round++) {
      const message = Buffer.from(whole.subarray(0, next(4) === 0 ? next(whole.length) : whole.length))
      for (let edits = next(6); edits >= 0 && message.length > 2; edits--)
        message[2 + next(message.length - 2)] = next(256)
      const bytes = respond(message)
      if (bytes) expect(bytes.length).toBeGreaterThanOrEqual(12)
    }
  })
})
