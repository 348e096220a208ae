/** Writes messages by hand for tests: what Go's encoder puts on the wire, and what it never would. */

/** A base-128 number; negative ones in two's complement of 64 bits. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)
  return Buffer.from(bytes)
}

/** A field of a number, true or false. */
export const number = (field: number, value: number | bigint | boolean): Buffer =>
  Buffer.concat([varint(field << 3), varint(typeof value === 'boolean' ? Number(value) : value)])

/** A field of text, bytes or a message made of its parts. */
export function delimited(field: number, ...parts: readonly (string | Buffer)[]): Buffer {
  const content = Buffer.concat(parts.map(part => Buffer.from(part)))
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content])
}

/** A field of a floating-point number. */
export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint((field << 3) | 1), bytes])
}

/** An entry of a map field by text. */
export const entry = (field: number, key: string, ...value: readonly (string | Buffer)[]): Buffer =>
  delimited(field, delimited(1, key), delimited(2, ...value))

/** A whole body: prefix, type and the object's fields. */
export const body = (apiVersion: string, kind: string, ...fields: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    delimited(1, delimited(1, apiVersion), delimited(2, kind)),
    delimited(2, ...fields),
    delimited(3),
    delimited(4),
  ])
