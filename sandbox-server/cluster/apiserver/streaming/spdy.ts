/**
 * The part of SPDY/3.1 that kubectl's port-forward speaks inside a WebSocket: streams with headers, data, pings. No
 * flow control: neither side of Kubernetes has it. Frames follow the draft's section 2.
 */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { SPDY_DICTIONARY } from './spdy-dictionary.ts'

const VERSION = 0x8003
const SYN_STREAM = 1
const SYN_REPLY = 2
const RST_STREAM = 3
const PING = 6
const GOAWAY = 7
const FIN = 1
const MAX_DATA_BYTES = 32 * 1024

export interface SpdyEvents {
  /** The other side opened a stream. */
  stream(id: number, headers: Map<string, string>): void
  data(id: number, data: Buffer): void
  /** The other side sends no more on the stream. */
  end(id: number): void
  reset(id: number): void
}

export class SpdyConnection {
  readonly #send: (frame: Buffer) => void
  readonly #events: SpdyEvents
  readonly #inflate: Inflate
  readonly #deflate: Deflate
  #pending: Buffer = Buffer.alloc(0)
  #work: Promise<void> = Promise.resolve()
  /** Replies compress in order and must come before their stream's data. */
  #outgoing: Promise<void> = Promise.resolve()

  constructor(send: (frame: Buffer) => void, events: SpdyEvents) {
    this.#send = send
    this.#events = events
    this.#inflate = createInflate({
      dictionary: SPDY_DICTIONARY,
      flush: constants.Z_SYNC_FLUSH,
      finishFlush: constants.Z_SYNC_FLUSH,
    })
    this.#deflate = createDeflate({ dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH })
  }

  /** Bytes from the other side, in any cut. Header blocks decompress in order, hence the queue. */
  receive(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    for (;;) {
      if (this.#pending.length < 8) return
      const length = this.#pending.readUIntBE(5, 3)
      if (this.#pending.length < 8 + length) return
      const frame = this.#pending.subarray(0, 8 + length)
      this.#pending = this.#pending.subarray(8 + length)
      this.#work = this.#work.then(() => this.#frame(frame))
    }
  }

  /** Accepts a stream that the other side opened. */
  reply(id: number): void {
    this.#outgoing = this.#outgoing.then(async () => {
      const block = await transformed(this.#deflate, Buffer.from([0, 0, 0, 0]))
      const streamId = Buffer.alloc(4)
      streamId.writeUInt32BE(id)
      this.#control(SYN_REPLY, 0, Buffer.concat([streamId, block]))
    })
  }

  data(id: number, data: Buffer): void {
    for (let at = 0; at < data.length; at += MAX_DATA_BYTES)
      this.#data(id, 0, data.subarray(at, at + MAX_DATA_BYTES))
  }

  end(id: number): void {
    this.#data(id, FIN, Buffer.alloc(0))
  }

  /** Frees the compressors. */
  close(): void {
    this.#inflate.close()
    this.#deflate.close()
  }

  #data(id: number, flags: number, data: Buffer): void {
    this.#outgoing = this.#outgoing.then(() => this.#dataFrame(id, flags, data))
  }

  #dataFrame(id: number, flags: number, data: Buffer): void {
    const header = Buffer.alloc(8)
    header.writeUInt32BE(id)
    header[4] = flags
    header.writeUIntBE(data.length, 5, 3)
    this.#send(Buffer.concat([header, data]))
  }

  #control(type: number, flags: number, payload: Buffer): void {
    const header = Buffer.alloc(8)
    header.writeUInt16BE(VERSION)
    header.writeUInt16BE(type, 2)
    header[4] = flags
    header.writeUIntBE(payload.length, 5, 3)
    this.#send(Buffer.concat([header, payload]))
  }

  async #frame(frame: Buffer): Promise<void> {
    const flags = frame[4] ?? 0
    const payload = frame.subarray(8)
    if (((frame[0] ?? 0) & 128) === 0) {
      const id = frame.readUInt32BE()
      if (payload.length > 0) this.#events.data(id, payload)
      if (flags & FIN) this.#events.end(id)
      return
    }
    switch (frame.readUInt16BE(2)) {
      case SYN_STREAM: {
        const id = payload.readUInt32BE()
        this.#events.stream(id, headersOf(await transformed(this.#inflate, payload.subarray(10))))
        if (flags & FIN) this.#events.end(id)
        break
      }
      case RST_STREAM:
        this.#events.reset(payload.readUInt32BE())
        break
      case PING:
        this.#control(PING, 0, payload)
        break
      case GOAWAY:
        break
    }
  }
}

/** What one write makes of it, flushed. */
function transformed(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.write(input, () => {
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        const chunks: Buffer[] = []
        for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk)
        stream.off('error', reject)
        resolve(Buffer.concat(chunks))
      })
    })
  })
}

function headersOf(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 4
  const text = (): string => {
    const length = block.readUInt32BE(at)
    at += 4 + length
    return block.toString('utf8', at - length, at)
  }
  for (let count = block.length >= 4 ? block.readUInt32BE(0) : 0; count > 0; count--)
    headers.set(text().toLowerCase(), text())
  return headers
}
