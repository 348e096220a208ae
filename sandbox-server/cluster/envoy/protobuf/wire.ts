/**
 * The protobuf wire format by hand: enough to read descriptors and discovery requests and to write Envoy's resources.
 * A dependency is not worth its start time for this (https://protobuf.dev/programming-guides/encoding/).
 */

export const WIRE_VARINT = 0
export const WIRE_64_BIT = 1
export const WIRE_BYTES = 2
export const WIRE_32_BIT = 5

/** Bytes kept for the length of a nested message, written as a padded varint so that nothing has to be moved. */
const LENGTH_BYTES = 4

/** One field of a message as it lies on the wire; `bytes` for wire type 2, otherwise `value`. */
export interface WireField {
  number: number
  value: number
  bytes: Buffer
}

const NO_BYTES = Buffer.alloc(0)

/** Walks the fields of one message; 64-bit numbers lose precision above 2^53. */
export function* readFields(message: Buffer): Generator<WireField> {
  let at = 0
  const varint = (): number => {
    let result = 0
    let factor = 1
    for (;;) {
      const byte = message[at++]
      if (byte === undefined) throw new RangeError('truncated protobuf message')
      result += (byte & 0x7f) * factor
      if (byte < 0x80) return result
      factor *= 128
    }
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case WIRE_VARINT:
        yield { number, value: varint(), bytes: NO_BYTES }
        break
      case WIRE_BYTES: {
        const length = varint()
        yield { number, value: 0, bytes: message.subarray(at, at + length) }
        at += length
        break
      }
      case WIRE_64_BIT:
        at += 8
        break
      case WIRE_32_BIT:
        at += 4
        break
      default:
        throw new RangeError(`unknown protobuf wire type ${tag % 8}`)
    }
  }
}

/** A growing buffer that protobuf fields are appended to. */
export class WireWriter {
  #buffer: Buffer
  #at = 0

  constructor(initialBytes = 4096) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  /** Forgets what was written, keeps the memory. */
  reset(): void {
    this.#at = 0
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }

  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType)
  }

  /** A non-negative number up to 2^53. */
  varint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#at++] = rest
  }

  /** Any 64-bit number; negative ones in two's complement, as protobuf's int32 and int64 want it. */
  bigVarint(value: bigint): void {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#at++] = Number(rest)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleLE(value, this.#at)
  }

  float(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeFloatLE(value, this.#at)
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32LE(value >>> 0, this.#at)
  }

  fixed64(value: bigint): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at)
  }

  string(value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#reserve(length)
    this.#at += this.#buffer.write(value, this.#at)
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** A length-delimited field whose content `write` appends. */
  nested(number: number, write: () => void): void {
    this.tag(number, WIRE_BYTES)
    this.#reserve(LENGTH_BYTES)
    const lengthAt = this.#at
    this.#at += LENGTH_BYTES
    write()
    let length = this.#at - lengthAt - LENGTH_BYTES
    for (let i = 0; i < LENGTH_BYTES; i++) {
      this.#buffer[lengthAt + i] = (length % 128) | (i < LENGTH_BYTES - 1 ? 0x80 : 0)
      length = Math.floor(length / 128)
    }
  }

  stringField(number: number, value: string): void {
    this.tag(number, WIRE_BYTES)
    this.string(value)
  }

  bytesField(number: number, value: Uint8Array): void {
    this.tag(number, WIRE_BYTES)
    this.bytes(value)
  }
}
