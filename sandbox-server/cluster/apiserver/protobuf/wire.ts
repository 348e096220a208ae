/**
 * Protocol Buffers' wire format: tags, varints, fixed and length-delimited values. Malformed input is refused in the
 * words of the decoders that gogo/protobuf generates for Kubernetes (k8s.io/api, generated.pb.go).
 */

/** Bytes that are no message, or not the one they should be. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

export const WIRE_TYPES = {
  varint: 0,
  fixed64: 1,
  delimited: 2,
  groupStart: 3,
  groupEnd: 4,
  fixed32: 5,
} as const

export interface Tag {
  number: number
  wireType: number
}

const VARINT_LIMIT_BYTES = 10
const UNEXPECTED_END = 'unexpected EOF'
const NEGATIVE_LENGTH = 'proto: negative length found during unmarshaling'

/** Reads one message's bytes from front to back; every method throws WireError. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** An unsigned 64-bit number. */
  varint(): bigint {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < 0x80) {
      this.#at++
      return BigInt(first)
    }
    let value = 0n
    for (let index = 0; index < VARINT_LIMIT_BYTES; index++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new WireError(UNEXPECTED_END)
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new WireError('proto: integer overflow')
  }

  /** The next field's number and wire type; `message` is named in errors. */
  tag(message: string): Tag {
    const wire = this.varint()
    const wireType = Number(wire & 7n)
    const number = Number(BigInt.asIntN(32, wire >> 3n))
    if (wireType === WIRE_TYPES.groupEnd) {
      throw new WireError(`proto: ${message}: wiretype end group for non-group`)
    }
    if (number <= 0) throw new WireError(`proto: ${message}: illegal tag ${number} (wire type ${wire})`)
    return { number, wireType }
  }

  /** A length and as many bytes; they are a view, not a copy. */
  delimited(): Buffer {
    return this.#take(this.#length())
  }

  double(): number {
    return this.#take(8).readDoubleLE()
  }

  /** Passes over the value of a field that nobody knows, groups with all they hold. */
  skip(wireType: number): void {
    let depth = 0
    let type = wireType
    for (;;) {
      depth += this.#skipOne(type, depth)
      if (depth === 0) return
      if (this.done) throw new WireError(UNEXPECTED_END)
      type = Number(this.varint() & 7n)
    }
  }

  /** Returns by how much the value changes the nesting of groups. */
  #skipOne(wireType: number, depth: number): number {
    switch (wireType) {
      case WIRE_TYPES.varint:
        this.varint()
        return 0
      case WIRE_TYPES.fixed64:
        this.#take(8)
        return 0
      case WIRE_TYPES.delimited:
        this.#take(this.#length())
        return 0
      case WIRE_TYPES.groupStart:
        return 1
      case WIRE_TYPES.groupEnd:
        if (depth === 0) throw new WireError('proto: unexpected end of group')
        return -1
      case WIRE_TYPES.fixed32:
        this.#take(4)
        return 0
      default:
        throw new WireError(`proto: illegal wireType ${wireType}`)
    }
  }

  #length(): number {
    const length = BigInt.asIntN(64, this.varint())
    if (length < 0n || BigInt.asIntN(64, length + BigInt(this.#at)) < 0n) throw new WireError(NEGATIVE_LENGTH)
    return Number(length)
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new WireError(UNEXPECTED_END)
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
