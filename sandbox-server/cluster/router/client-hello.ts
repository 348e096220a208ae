/** The name a client asks for in the first message of a TLS handshake (RFC 8446, 4.1.2; RFC 6066, 3). */

const HANDSHAKE = 22
const SERVER_NAME = 0

/** The name, '' when the client names none, undefined when more bytes are needed. Throws on what is no handshake. */
export function serverName(bytes: Buffer): string | undefined {
  if (bytes.length < 5) return undefined
  if (bytes[0] !== HANDSHAKE) throw new NotTlsError('the client does not speak TLS')
  const end = 5 + bytes.readUInt16BE(3)
  if (bytes.length < end) return undefined
  // Type and length, version, random; then session, cipher suites and compression, each with its length.
  let at = 5 + 4 + 2 + 32
  at += 1 + (bytes[at] ?? 0)
  at += 2 + wordAt(bytes, at)
  at += 1 + (bytes[at] ?? 0)
  const last = Math.min(end, at + 2 + wordAt(bytes, at))
  for (at += 2; at + 4 <= last; at += 4 + wordAt(bytes, at + 2)) {
    if (wordAt(bytes, at) !== SERVER_NAME) continue
    const length = wordAt(bytes, at + 7)
    return bytes.toString('latin1', at + 9, Math.min(at + 9 + length, last)).toLowerCase()
  }
  return ''
}

const wordAt = (bytes: Buffer, at: number): number => (at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0)

/** What came is no TLS record. */
export class NotTlsError extends Error {
  override readonly name = 'NotTlsError'
}
