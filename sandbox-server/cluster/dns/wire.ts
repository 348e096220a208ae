/** DNS messages: a query's bytes to a reply's bytes. What is answered is decided in `answer.ts`. */
import { type Answer, type DecodedPacket, decode, encode, type OptAnswer, type Question } from 'dns-packet'
import type { DnsAnswer } from './answer.ts'

const AUTHORITATIVE = 0x0400
const TRUNCATED = 0x0200
const RECURSION_DESIRED = 0x0100
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
const HEADER_BYTES = 12
/** Without EDNS a UDP reply is at most this long (RFC 1035). */
const PLAIN_UDP_BYTES = 512
/** What we take and give by EDNS, as CoreDNS. */
const EDNS_UDP_BYTES = 4096

export type Answerer = (question: Question) => DnsAnswer

/** The reply's bytes; undefined for what is no query at all (too short, or a reply). `limit` is `udp` or `none`. */
export function reply(message: Buffer, answerer: Answerer, limit: 'udp' | 'none'): Buffer | undefined {
  if (message.length < HEADER_BYTES || message.readUInt8(2) & 0x80) return undefined
  const query = parse(message)
  if (!query) return failure(message, RCODES.FORMERR)
  const [question, ...more] = query.questions ?? []
  if (opcode(message) !== 0) return failure(message, RCODES.NOTIMP)
  if (!question || more.length > 0) return failure(message, RCODES.FORMERR)
  try {
    return answered(query, question, answerer, limit)
  } catch (error) {
    // Whatever the library can read but not write must not end the cluster.
    if (error instanceof Error) return failure(message, RCODES.SERVFAIL)
    throw error
  }
}

function answered(
  query: DecodedPacket,
  question: Question,
  answerer: Answerer,
  limit: 'udp' | 'none',
): Buffer {
  const asked = query.additionals?.find((record): record is OptAnswer => record.type === 'OPT')
  const found = answerer(question)
  const bytes = compose(query, question, found, asked, 0)
  const most = asked
    ? Math.min(Math.max(asked.udpPayloadSize, PLAIN_UDP_BYTES), EDNS_UDP_BYTES)
    : PLAIN_UDP_BYTES
  if (limit === 'none' || bytes.length <= most) return bytes
  return compose(
    query,
    question,
    { ...found, answers: [], authorities: [], additionals: [] },
    asked,
    TRUNCATED,
  )
}

/** 0 is a standard query. */
const opcode = (message: Buffer): number => (message.readUInt8(2) >> 3) & 0xf

function parse(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message)
  } catch {
    // The library throws RangeError and the like for whatever is malformed; all of it is FORMERR.
    return undefined
  }
}

function compose(
  query: DecodedPacket,
  question: Question,
  found: DnsAnswer,
  asked: OptAnswer | undefined,
  flags: number,
): Buffer {
  const additionals: Answer[] = asked ? [...found.additionals, edns()] : found.additionals
  return encode({
    type: 'response',
    id: query.id,
    flags: AUTHORITATIVE | flags | (query.flag_rd ? RECURSION_DESIRED : 0) | RCODES[found.rcode],
    questions: [question],
    answers: found.answers,
    authorities: found.authorities,
    additionals,
  })
}

const edns = (): Answer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: EDNS_UDP_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
})

/** A header alone, with the query's id. */
function failure(message: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  message.copy(header, 0, 0, 4)
  header.writeUInt8(header.readUInt8(2) | 0x80, 2)
  header.writeUInt8(rcode, 3)
  return header
}
