/**
 * One of fortio's connections: raw HTTP/1.1 over a socket of its own, kept while answers are good and opened anew after
 * one that is not, as fortio's fast client does (fhttp/http_client.go).
 */
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Histogram } from './histogram.ts'
import type { Log } from './log.ts'

export const SOCKET_ERROR = -1

export interface Target {
  url: URL
  /** The whole request. */
  request: Buffer
  keepAlive: boolean
  timeoutMs: number
  bufferBytes: number
  /** Name servers are not asked when this address is given. */
  resolve: string
  verifyTls: boolean
  ca?: string
  logErrors: boolean
  /** Of the histogram of connection times, in seconds. */
  resolution: number
  offset: number
}

/** A response as far as it was read. */
export interface Answer {
  /** The status, or SOCKET_ERROR. */
  code: number
  /** Bytes read, headers included. */
  size: number
  headerLength: number
  data: Buffer
}

/** 2xx, and the teapot. */
export const isOk = (code: number): boolean => (code >= 200 && code <= 299) || code === 418

/** The target's name has no address. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError'
}

export class Connection {
  readonly id: number
  readonly connectTimes: Histogram
  /** `IP:port` and how often it was connected to. */
  readonly addresses = new Map<string, number>()
  readonly #target: Target
  readonly #log: Log
  #socket: Socket | undefined
  #address = ''
  #resolved: string | undefined

  constructor(id: number, target: Target, log: Log) {
    this.id = id
    this.#target = target
    this.#log = log
    this.connectTimes = new Histogram(target.offset, target.resolution)
  }

  /** Rejects with ResolveError. */
  async resolve(): Promise<void> {
    this.#resolved = await this.#lookup()
  }

  async #lookup(): Promise<string> {
    const { url, resolve } = this.#target
    const host = resolve || url.hostname.replace(/^\[|\]$/g, '')
    const port = url.port || (url.protocol === 'https:' ? '443' : '80')
    try {
      const ip = isIP(host) ? host : (await lookup(host, { family: 4 })).address
      const address = isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`
      this.addresses.set(address, (this.addresses.get(address) ?? 0) + 1)
      return address
    } catch {
      throw new ResolveError(`lookup ${host}: no such host`)
    }
  }

  /** One call. Never rejects. */
  async fetch(): Promise<Answer> {
    const reused = this.#socket !== undefined
    const socket = this.#socket ?? (await this.#connect())
    this.#socket = undefined
    if (!socket) return { code: SOCKET_ERROR, size: 0, headerLength: 0, data: Buffer.alloc(0) }
    const exchange = new Exchange(socket, this.#target)
    const outcome = await exchange.run()
    if (outcome.failure !== undefined && reused && exchange.answer.size === 0) {
      this.#say('Info', 1111, 'Closing dead socket (err at first read)', { err: outcome.failure })
      socket.destroy()
      return this.fetch()
    }
    if (outcome.failure !== undefined)
      this.#say(
        'Error',
        1130,
        outcome.isTimeout ? 'Timeout error (incomplete/invalid response)' : 'Read error',
        {
          err: outcome.failure,
          size: exchange.answer.size,
          header_len: exchange.answer.headerLength,
          dest: destination(this.#address),
          url: this.#target.url.href,
        },
      )
    else if (!isOk(exchange.answer.code) && this.#target.logErrors)
      this.#say('Warning', 1151, 'Non ok http code', {
        code: exchange.answer.code,
        status: exchange.answer.data.subarray(0, 12).toString('latin1'),
      })
    if (exchange.isReusable && isOk(exchange.answer.code)) this.#socket = socket
    else socket.destroy()
    return exchange.answer
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #say(
    level: 'Info' | 'Warning' | 'Error',
    line: number,
    message: string,
    attributes: Record<string, unknown>,
  ): void {
    const place = { file: 'http_client.go', line, routine: this.id + 8 }
    this.#log.line(level, place, message, { ...attributes, thread: this.id, run: 0 })
  }

  /** undefined when it failed, which is logged. */
  async #connect(): Promise<Socket | undefined> {
    try {
      this.#address = this.#resolved ?? (await this.#lookup())
    } catch (error) {
      this.#say('Error', 928, 'Unable to resolve hostname', {
        hostname: this.#target.url.hostname,
        err: error instanceof Error ? error.message : String(error),
      })
      return undefined
    }
    // The name was looked up once for the first connection; later ones ask again.
    this.#resolved = undefined
    const startMs = performance.now()
    const outcome = await open(this.#address, this.#target)
    this.connectTimes.record(Math.round((performance.now() - startMs) * 1e6) / 1e9)
    if (typeof outcome !== 'string') return outcome
    const isTls = this.#target.url.protocol === 'https:'
    this.#say('Error', isTls ? 945 : 954, isTls ? 'Unable to TLS connect' : 'Unable to connect', {
      dest: destination(this.#address),
      err: outcome,
      ...(isTls ? {} : { numfd: 8 }),
    })
    return undefined
  }
}

function destination(address: string): { IP: string; Port: number; Zone: string } {
  const colon = address.lastIndexOf(':')
  return {
    IP: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    Port: Number(address.slice(colon + 1)),
    Zone: '',
  }
}

/** The socket, or why there is none, in Go's words. */
function open(address: string, { url, timeoutMs, verifyTls, ca }: Target): Promise<Socket | string> {
  const { IP: host, Port: port } = destination(address)
  const isTls = url.protocol === 'https:'
  const socket = isTls
    ? connectTls({
        host,
        port,
        servername: isIP(url.hostname) ? undefined : url.hostname,
        rejectUnauthorized: verifyTls,
        ca,
      })
    : connectTcp({ host, port })
  socket.setNoDelay(true)
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      socket.destroy()
      resolve(`dial tcp ${address}: i/o timeout`)
    }, timeoutMs)
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      resolve(
        error.code?.startsWith('E')
          ? `dial tcp ${address}: connect: ${words(error)}`
          : `tls: failed to verify certificate: ${error.message}`,
      )
    })
  })
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
}

const words = (error: NodeJS.ErrnoException): string => WORDS[error.code ?? ''] ?? error.message

interface Outcome {
  /** undefined: an answer was read as far as wanted. */
  failure?: string
  isTimeout?: boolean
}

/** A request and its answer on one socket; a bad status is answer enough, its body is not waited for. */
class Exchange {
  readonly #socket: Socket
  readonly #target: Target
  #data: Buffer = Buffer.alloc(0)
  #code = 200
  #headerLength = 0
  /** Where the answer, or the chunk being read, ends. */
  #end: number | undefined
  #isChunked = false
  isReusable: boolean

  constructor(socket: Socket, target: Target) {
    this.#socket = socket
    this.#target = target
    this.isReusable = target.keepAlive
  }

  get answer(): Answer {
    return { code: this.#code, size: this.#data.length, headerLength: this.#headerLength, data: this.#data }
  }

  run(): Promise<Outcome> {
    const socket = this.#socket
    return new Promise(resolve => {
      const finish = (outcome: Outcome) => {
        clearTimeout(timer)
        for (const event of ['data', 'error', 'end', 'close']) socket.removeAllListeners(event)
        // An idle connection that dies is found dead by the next call.
        socket.on('error', () => socket.destroy())
        if (outcome.failure !== undefined) this.#code = SOCKET_ERROR
        resolve(outcome)
      }
      const route = `${socket.localAddress}:${socket.localPort}->${socket.remoteAddress}:${socket.remotePort}`
      const timer = setTimeout(
        () => finish({ failure: `read tcp ${route}: i/o timeout`, isTimeout: true }),
        this.#target.timeoutMs,
      )
      socket.on('data', (chunk: Buffer) => {
        this.#data = this.#data.length === 0 ? chunk : Buffer.concat([this.#data, chunk])
        if (this.#isComplete()) finish({})
      })
      socket.once('error', (error: NodeJS.ErrnoException) =>
        finish({ failure: `read tcp ${route}: read: ${words(error)}` }),
      )
      const ended = () => {
        this.isReusable = false
        // Without a length, the end of the connection is the end of the answer.
        finish(this.#data.length > 0 ? {} : { failure: 'EOF' })
      }
      socket.once('end', ended)
      socket.once('close', ended)
      if (socket.destroyed || socket.readableEnded) ended()
      else socket.write(this.#target.request)
    })
  }

  /** Whether everything wanted was read. */
  #isComplete(): boolean {
    if (this.#data.length < 12) return false
    this.#code = Number(this.#data.toString('latin1', 9, 12)) || SOCKET_ERROR
    if (!isOk(this.#code)) return true
    if (this.#headerLength === 0) {
      const end = this.#data.indexOf('\r\n\r\n')
      if (end < 0) return false
      this.#headerLength = end + 4
      if (this.isReusable && !this.#readLength(this.#data.toString('latin1', 0, this.#headerLength))) {
        this.isReusable = false
        return true
      }
    }
    if (this.#data.length >= this.#target.bufferBytes) return true
    if (!this.isReusable) return false
    return this.#isChunked ? this.#chunksEnd() : this.#data.length >= (this.#end ?? 0)
  }

  /** false when the headers do not say where the answer ends. */
  #readLength(headers: string): boolean {
    const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1]
    this.#isChunked = length === undefined && /\r\ntransfer-encoding: chunked/i.test(headers)
    this.#end = this.#headerLength + Number(length ?? 0)
    return length !== undefined || this.#isChunked
  }

  #chunksEnd(): boolean {
    for (;;) {
      const at = this.#end ?? this.#headerLength
      const line = this.#data.indexOf('\r\n', at)
      if (line < 0) return false
      const size = Number.parseInt(this.#data.toString('latin1', at, line), 16)
      if (!(size > 0)) return this.#data.length >= line + 4
      const next = line + 2 + size + 2
      if (next > this.#data.length) return false
      this.#end = next
    }
  }
}
