/** What both flavours of httpbin share: a request taken apart, and the sample documents they answer with. */
import type { IncomingMessage } from 'node:http'
import { remoteAddress } from '../http/http-app.ts'

const MAX_BODY_BYTES = 8 << 20

export interface Exchange {
  method: string
  /** Decoded path segments: `/status/418` is ['status', '418']. */
  segments: readonly string[]
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Canonical names (`X-B3-Sampled`) with every value, sorted by name. */
  headerList: readonly (readonly [string, readonly string[]])[]
  /** The same names in the order they came. */
  arrival: readonly string[]
  host: string
  url: string
  origin: string
  body: Buffer
}

/** `x-b3-sampled` → `X-B3-Sampled`, as Go and Werkzeug write header names. */
const canonical = (name: string) =>
  name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())

const decode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray % is text, as the originals take it.
    return text
  }
}

/** What is read of a request; one of HTTP/2 has it as well. */
export interface ReadableRequest
  extends Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders' | 'socket'>,
    AsyncIterable<Buffer> {}

export async function readExchange(request: ReadableRequest): Promise<Exchange> {
  const target = request.url ?? '/'
  const [path = '/', query = ''] = splitOnce(target, '?')
  const host = request.headers.host ?? ''
  const scheme = request.headers['x-forwarded-proto'] ?? 'http'
  return {
    method: request.method ?? 'GET',
    segments: path.split('/').filter(Boolean).map(decode),
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    headerList: [...distinctHeaders(request.rawHeaders)].sort(([a], [b]) => (a < b ? -1 : 1)),
    arrival: [...distinctHeaders(request.rawHeaders).keys()],
    host,
    url: `${scheme}://${host}${target}`,
    origin: String(request.headers['x-forwarded-for'] ?? remoteAddress(request)),
    body: await readBytes(request),
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function distinctHeaders(raw: readonly string[]): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = canonical(raw[at] ?? '')
    byName.set(name, [...(byName.get(name) ?? []), raw[at + 1] ?? ''])
  }
  return byName
}

async function readBytes(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`request body is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Names with all their values, in order of first appearance. */
export function grouped(parameters: URLSearchParams): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of parameters) groups.set(name, [...(groups.get(name) ?? []), value])
  return groups
}

/** The fields of a url-encoded body; empty for any other. */
export const formOf = (exchange: Exchange): Map<string, string[]> =>
  /^application\/x-www-form-urlencoded/.test(exchange.headers['content-type'] ?? '')
    ? grouped(new URLSearchParams(exchange.body.toString()))
    : new Map()

export function cookiesOf(exchange: Exchange): Record<string, string> {
  const pairs = (exchange.headers.cookie ?? '').split(';').map(pair => splitOnce(pair.trim(), '='))
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

/** The status asked for in `/status/200,503` or `/status/200:3,503:1` (weights); undefined when it is none. */
export function chosenStatus(wanted: string, random: () => number): number | undefined {
  const choices = wanted.split(',').map(choice => {
    const [code = '', weight = '1'] = choice.split(':')
    return { code: Number(code), weight: Number(weight) }
  })
  if (
    choices.some(({ code, weight }) => !Number.isInteger(code) || code < 100 || code > 599 || !(weight >= 0))
  )
    return undefined
  let at = random() * choices.reduce((sum, { weight }) => sum + weight, 0)
  for (const { code, weight } of choices) {
    at -= weight
    if (at < 0) return code
  }
  return choices.at(-1)?.code
}

export const SLIDESHOW = {
  slideshow: {
    author: 'Yours Truly',
    date: 'date of publication',
    slides: [
      { title: 'Wake up to WonderWidgets!', type: 'all' },
      {
        items: ['Why <em>WonderWidgets</em> are great', 'Who <em>buys</em> WonderWidgets'],
        title: 'Overview',
        type: 'all',
      },
    ],
    title: 'Sample Slide Show',
  },
}

export const ROBOTS = 'User-agent: *\nDisallow: /deny\n'

export const basicCredentials = (exchange: Exchange): { user: string; password: string } | undefined => {
  const encoded = /^Basic (.+)$/i.exec(exchange.headers.authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [user, password] = splitOnce(Buffer.from(encoded, 'base64').toString(), ':')
  return { user, password }
}

export const bearerToken = (exchange: Exchange): string | undefined =>
  /^Bearer (.+)$/i.exec(exchange.headers.authorization ?? '')?.[1]

/** A page for /html: our own few lines in place of the chapter of Moby-Dick the originals serve. */
export const HTML_PAGE = `<!DOCTYPE html>
<html>
  <head>
  </head>
  <body>
      <h1>Herman Melville - Moby-Dick</h1>

      <div>
        <p>
          Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.
        </p>
      </div>
  </body>
</html>`
