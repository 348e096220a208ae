/** As much of ASN.1's DER as an X.509 certificate needs (ITU-T X.690). A library for it costs more start time than a sandbox has. */

const concat = (tag: number, parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...parts: Buffer[]): Buffer => concat(0x30, parts)
export const set = (...parts: Buffer[]): Buffer => concat(0x31, parts)
export const octetString = (content: Buffer): Buffer => concat(0x04, [content])
export const boolean = (value: boolean): Buffer => concat(0x01, [Buffer.from([value ? 0xff : 0])])
export const utf8String = (text: string): Buffer => concat(0x0c, [Buffer.from(text)])
/** A context-specific tag: explicit (constructed) around parts. */
export const explicit = (number: number, ...parts: Buffer[]): Buffer => concat(0xa0 | number, parts)
/** A context-specific tag in place of a primitive's own. */
export const implicit = (number: number, content: Buffer): Buffer => concat(0x80 | number, [content])

/** `unusedBits` at the end do not count. */
export const bitString = (content: Buffer, unusedBits = 0): Buffer =>
  concat(0x03, [Buffer.from([unusedBits]), content])

/** A positive number, big-endian. */
export function integer(bytes: Buffer): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0
  return concat(0x02, isNegative ? [Buffer.from([0]), bytes] : [bytes])
}

/** e.g. `1.2.840.10045.4.3.2`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc % 128]
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      digits.unshift((high % 128) | 0x80)
    bytes.push(...digits)
  }
  return concat(0x06, [Buffer.from(bytes)])
}

/** UTCTime until 2049, GeneralizedTime after, as RFC 5280 wants. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  const isShort = Number(digits.slice(0, 4)) < 2050
  return concat(isShort ? 0x17 : 0x18, [Buffer.from(`${isShort ? digits.slice(2) : digits}Z`)])
}
