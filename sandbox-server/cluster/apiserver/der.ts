/** The few DER encodings an X.509 certificate needs (ITU-T X.690); a library would cost more at start than all of it. */

function length(size: number): Buffer {
  if (size < 128) return Buffer.from([size])
  const bytes: number[] = []
  for (let rest = size; rest > 0; rest >>= 8) bytes.unshift(rest & 255)
  return Buffer.from([128 | bytes.length, ...bytes])
}

/** Tag, length, content. */
export function tagged(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export const sequence = (...items: Buffer[]): Buffer => tagged(0x30, ...items)
export const set = (...items: Buffer[]): Buffer => tagged(0x31, ...items)
export const octets = (content: Buffer): Buffer => tagged(0x04, content)
export const bits = (content: Buffer): Buffer => tagged(0x03, Buffer.from([0]), content)
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 255 : 0]))
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text))
export const explicit = (number: number, content: Buffer): Buffer => tagged(0xa0 | number, content)
export const implicit = (number: number, content: Buffer): Buffer => tagged(0x80 | number, content)

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  return tagged(0x02, (bytes[0] ?? 0) & 128 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

/** `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 127]
    for (let value = part >> 7; value > 0; value >>= 7) groups.unshift((value & 127) | 128)
    bytes.push(...groups)
  }
  return tagged(0x06, Buffer.from(bytes))
}

/** GeneralizedTime for instants from 2050 on, UTCTime before, as RFC 5280 wants. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return digits < '2050'
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(0x18, Buffer.from(`${digits}Z`))
}
