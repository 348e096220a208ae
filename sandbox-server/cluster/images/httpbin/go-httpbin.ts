/**
 * mccutchen/go-httpbin 2.26 on 8080, the httpbin of Istio's samples today: header values are lists, logs are logfmt.
 * Held against `recordings/httpbin/go-httpbin`.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { deflateSync, gzipSync } from 'node:zlib'
import type { AppContext, AppImage } from '../image.ts'
import {
  basicCredentials,
  bearerToken,
  chosenStatus,
  cookiesOf,
  type Exchange,
  formOf,
  grouped,
  HTML_PAGE,
  ROBOTS,
  readExchange,
  SLIDESHOW,
} from './endpoint.ts'
import { type Reply, text } from './reply.ts'
import { startHttpbin } from './server.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const TEXT_TYPE = 'text/plain; charset=utf-8'
const MAX_DELAY_MS = 10_000

const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': JSON_TYPE, ...headers },
  body: `${JSON.stringify(value, null, 2)}\n`,
})

const problem = (status: number, detail = ''): Reply =>
  json(
    { status_code: status, error: STATUS_CODES[status] ?? '', ...(detail === '' ? {} : { detail }) },
    status,
  )

const headersOf = (exchange: Exchange) => Object.fromEntries(exchange.headerList)
const argsOf = (exchange: Exchange) =>
  Object.fromEntries([...grouped(exchange.query)].sort(([a], [b]) => (a < b ? -1 : 1)))

const about = (exchange: Exchange) => ({
  args: argsOf(exchange),
  headers: headersOf(exchange),
  method: exchange.method,
  origin: exchange.origin,
  url: exchange.url,
})

function withBody(exchange: Exchange) {
  const data = exchange.body.toString()
  return {
    ...about(exchange),
    data,
    files: {},
    form: Object.fromEntries(formOf(exchange)),
    json: parsedJson(exchange, data),
  }
}

function parsedJson(exchange: Exchange, data: string): unknown {
  if (!/^application\/json/.test(exchange.headers['content-type'] ?? '')) return null
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}

/** `1`, `0.5` (seconds) or Go's `1s`, `100ms`; undefined when it is none of them. */
export function parseDuration(wanted: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(wanted)) return Number(wanted) * 1000
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const parts = [...wanted.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== wanted) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0)
}

type Handler = (exchange: Exchange, argument: string, context: AppContext) => Reply

function status(_exchange: Exchange, wanted: string, context: AppContext): Reply {
  const code = chosenStatus(wanted, context.random)
  if (code === undefined) return problem(400, `invalid status code: "${wanted}"`)
  if (code === 418)
    return {
      status: 418,
      headers: { 'content-type': TEXT_TYPE, 'x-more-info': 'http://tools.ietf.org/html/rfc2324' },
      body: "I'm a teapot!",
    }
  if ([301, 302, 303, 305, 307].includes(code)) return { status: code, headers: { location: '/redirect/1' } }
  if (code === 401) return { status: code, headers: { 'www-authenticate': 'Basic realm="Fake Realm"' } }
  return { status: code, headers: { 'content-type': TEXT_TYPE } }
}

function delay(exchange: Exchange, wanted: string): Reply {
  const delayMs = parseDuration(wanted)
  if (delayMs === undefined || delayMs > MAX_DELAY_MS) return problem(400, `invalid duration: "${wanted}"`)
  const timing = `initial_delay;dur=${delayMs.toFixed(2)};desc="initial delay"`
  return { ...json(withBody(exchange), 200, { 'server-timing': timing }), delayMs }
}

function redirect(_exchange: Exchange, wanted: string): Reply {
  const count = Number(wanted)
  if (!Number.isInteger(count) || count < 1) return problem(400, `invalid redirect count: "${wanted}"`)
  return { status: 302, headers: { location: count === 1 ? '/get' : `/relative-redirect/${count - 1}` } }
}

function stream(exchange: Exchange, wanted: string): Reply {
  const count = Number(wanted)
  if (!Number.isInteger(count)) return problem(400, `invalid count: "${wanted}"`)
  const lines = Math.min(Math.max(count, 1), 100)
  const { args, headers, origin, url } = about(exchange)
  const parts = Array.from(
    { length: lines },
    (_, id) => `${JSON.stringify({ id, args, headers, origin, url })}\n`,
  )
  return { status: 200, headers: { 'content-type': TEXT_TYPE }, chunks: { parts, pauseMs: 0 } }
}

function drip(exchange: Exchange): Reply {
  const count = Math.min(Number(exchange.query.get('numbytes') ?? 10), 10_000)
  const durationMs = Math.min(parseDuration(exchange.query.get('duration') ?? '2s') ?? 2000, MAX_DELAY_MS)
  const parts = Array.from({ length: count }, () => '*')
  return {
    status: Number(exchange.query.get('code') ?? 200),
    headers: { 'content-type': TEXT_TYPE },
    chunks: { parts, pauseMs: count > 1 ? durationMs / (count - 1) : 0 },
    delayMs: parseDuration(exchange.query.get('delay') ?? '0') ?? 0,
  }
}

function basicAuth(exchange: Exchange): Reply {
  const [, user, password] = exchange.segments
  const given = basicCredentials(exchange)
  const authorized = given !== undefined && given.user === user && given.password === password
  const body = { authenticated: authorized, user: given?.user ?? '', authorized }
  return json(
    body,
    authorized ? 200 : 401,
    authorized ? {} : { 'www-authenticate': 'Basic realm="Fake Realm"' },
  )
}

function bearer(exchange: Exchange): Reply {
  const token = bearerToken(exchange)
  return token === undefined
    ? { ...problem(401), headers: { 'content-type': JSON_TYPE, 'www-authenticate': 'Bearer' } }
    : json({ authenticated: true, token })
}

function responseHeaders(exchange: Exchange): Reply {
  const wanted = Object.fromEntries(grouped(exchange.query))
  const body = { 'Content-Type': [JSON_TYPE], ...wanted }
  const sent = Object.fromEntries(
    Object.entries(wanted).map(([name, values]) => [name.toLowerCase(), values]),
  )
  return { ...json(body), headers: { 'content-type': JSON_TYPE, ...sent } }
}

function setCookies(exchange: Exchange): Reply {
  const cookies = [...exchange.query].map(([name, value]) => `${name}=${value}; Path=/; HttpOnly`)
  return { status: 302, headers: { location: '/cookies', 'set-cookie': cookies } }
}

function cache(exchange: Exchange, _argument: string, context: AppContext): Reply {
  if (exchange.headers['if-modified-since'] !== undefined || exchange.headers['if-none-match'] !== undefined)
    return { status: 304 }
  const lastModified = new Date(context.now()).toUTCString().replace('GMT', 'UTC')
  return json(about(exchange), 200, {
    'last-modified': lastModified,
    etag: createHash('sha1').update(lastModified).digest('hex'),
  })
}

const bytes: Handler = (_exchange, wanted) => {
  const count = Number(wanted)
  if (!Number.isInteger(count) || count < 0) return problem(400, `invalid byte count: "${wanted}"`)
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
    body: randomBytes(Math.min(count, 100 * 1024)),
  }
}

const compressed =
  (name: 'gzip' | 'deflate'): Handler =>
  exchange => {
    const body = `${JSON.stringify({ ...about(exchange), [name === 'gzip' ? 'gzipped' : 'deflated']: true }, null, 2)}\n`
    const packed = name === 'gzip' ? gzipSync(body) : deflateSync(body)
    return { status: 200, headers: { 'content-type': JSON_TYPE, 'content-encoding': name }, body: packed }
  }

/** Routes as go-httpbin names them in its log: method (any when absent), first segment, argument. */
const ROUTES: readonly { methods?: readonly string[]; name: string; argument?: string; handle: Handler }[] = [
  { methods: ['GET', 'HEAD'], name: 'get', handle: exchange => json(about(exchange)) },
  ...['POST', 'PUT', 'PATCH', 'DELETE'].map(method => ({
    methods: [method],
    name: method.toLowerCase(),
    handle: (exchange: Exchange) => json(withBody(exchange)),
  })),
  { name: 'anything', argument: '', handle: exchange => json(withBody(exchange)) },
  { name: 'headers', handle: exchange => json({ headers: headersOf(exchange) }) },
  { name: 'ip', handle: exchange => json({ origin: exchange.origin }) },
  { name: 'user-agent', handle: exchange => json({ 'user-agent': exchange.headers['user-agent'] ?? '' }) },
  { name: 'hostname', handle: (_exchange, _argument, context) => json({ hostname: context.podName }) },
  { name: 'status', argument: 'code', handle: status },
  {
    name: 'unstable',
    handle: (_exchange, _argument, context) => ({
      status: context.random() < 0.5 ? 500 : 200,
      headers: { 'content-type': TEXT_TYPE },
    }),
  },
  { name: 'delay', argument: 'duration', handle: delay },
  { name: 'drip', handle: drip },
  { name: 'response-headers', handle: responseHeaders },
  { name: 'redirect', argument: 'numRedirects', handle: redirect },
  { name: 'relative-redirect', argument: 'numRedirects', handle: redirect },
  {
    name: 'redirect-to',
    handle: exchange => ({
      status: Number(exchange.query.get('status_code') ?? 302),
      headers: { location: exchange.query.get('url') ?? '/' },
    }),
  },
  { name: 'uuid', handle: () => json({ uuid: randomUUID() }) },
  { name: 'bytes', argument: 'numBytes', handle: bytes },
  { name: 'stream', argument: 'numLines', handle: stream },
  { name: 'json', handle: () => json(SLIDESHOW) },
  { name: 'html', handle: () => text(HTML_PAGE, 'text/html; charset=utf-8') },
  { name: 'robots.txt', handle: () => text(ROBOTS, TEXT_TYPE) },
  { name: 'deny', handle: () => text("YOU SHOULDN'T BE HERE", TEXT_TYPE) },
  {
    name: 'cookies',
    handle: exchange =>
      exchange.segments[1] === 'set' ? setCookies(exchange) : json({ cookies: cookiesOf(exchange) }),
  },
  { name: 'basic-auth', argument: 'user}/{password', handle: basicAuth },
  { name: 'bearer', handle: bearer },
  { name: 'cache', handle: cache },
  {
    name: 'etag',
    argument: 'etag',
    handle: (exchange, tag, context) => ({
      ...json(about(exchange)),
      headers: {
        'accept-ranges': 'bytes',
        'content-type': TEXT_TYPE,
        etag: `"${tag}"`,
        'last-modified': new Date(context.now()).toUTCString(),
      },
    }),
  },
  {
    name: 'base64',
    argument: 'data',
    handle: (_exchange, data) => text(Buffer.from(data, 'base64').toString(), TEXT_TYPE),
  },
  { name: 'gzip', handle: compressed('gzip') },
  { name: 'deflate', handle: compressed('deflate') },
]

const BY_NAME = Map.groupBy(ROUTES, route => route.name)

function route(exchange: Exchange, context: AppContext): Reply {
  const [name = '', argument = ''] = exchange.segments
  if (name === '')
    return text(
      '<!DOCTYPE html>\n<html><head><title>go-httpbin</title></head><body><h1>go-httpbin</h1></body></html>\n',
      'text/html; charset=utf-8',
    )
  const [found] = BY_NAME.get(name) ?? []
  const missesArgument = found?.argument !== undefined && found.argument !== '' && argument === ''
  if (found === undefined || missesArgument)
    return {
      ...text('404 page not found\n', TEXT_TYPE, 404),
      headers: { 'content-type': TEXT_TYPE, 'x-content-type-options': 'nosniff' },
    }
  if (found.methods !== undefined && !found.methods.includes(exchange.method)) {
    const headers = {
      allow: found.methods.join(', '),
      'content-type': TEXT_TYPE,
      'x-content-type-options': 'nosniff',
    }
    return { ...text('Method Not Allowed\n', TEXT_TYPE, 405), headers }
  }
  const pattern = `/${name}${found.argument ? `/{${found.argument}}` : ''}`
  return {
    ...found.handle(exchange, argument, context),
    route: found.methods ? `${exchange.method} ${pattern}` : pattern,
  }
}

/** Values with spaces or `=` are quoted, as Go's slog does. */
const logfmt = (fields: Record<string, string | number>) =>
  Object.entries(fields)
    .map(
      ([key, value]) =>
        `${key}=${/[\s="]/.test(String(value)) || value === '' ? JSON.stringify(String(value)) : value}`,
    )
    .join(' ')

const CORS = { 'access-control-allow-credentials': 'true', 'access-control-allow-origin': '*' }

export const goHttpbin: AppImage = {
  kind: 'app',
  names: ['mccutchen/go-httpbin'],
  async start(context) {
    const port = Number(context.env['PORT'] ?? 8080)
    const time = () => `time=${new Date(context.now()).toISOString()}`
    const app = await startHttpbin(context, port, {
      headers: () => CORS,
      keepAlive: true,
      reason: code => (code === 418 ? "I'm a teapot" : (STATUS_CODES[code] ?? 'Unknown')),
      async answer(request) {
        const exchange = await readExchange(request)
        return route(exchange, context)
      },
      log({ request, reply, bytesSent, durationMs, client, requestBytes }) {
        const level = reply.status >= 500 ? 'ERROR' : reply.status >= 400 ? 'WARN' : 'INFO'
        const fields = logfmt({
          msg: `${reply.status} ${request.method} ${request.url} ${durationMs.toFixed(1)}ms`,
          status: reply.status,
          method: request.method ?? '',
          uri: request.url ?? '',
          route: reply.route ?? '',
          size_bytes: bytesSent,
          duration_ms: durationMs,
          user_agent: request.headers['user-agent'] ?? '',
          client_ip: client,
          request_size_bytes: requestBytes,
        })
        context.stdout(`${time()} level=${level} ${fields}`)
      },
    })
    context.stdout(`${time()} level=INFO msg="go-httpbin listening on http://0.0.0.0:${port}"`)
    return app
  },
}
