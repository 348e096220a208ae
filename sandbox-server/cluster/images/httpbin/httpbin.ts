/**
 * kennethreitz/httpbin on gunicorn, port 80: the httpbin of Istio's mirroring task. Header values are strings, the log is
 * gunicorn's access log. Held against `recordings/httpbin/httpbin-0.10-gunicorn`.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { deflateSync, gzipSync } from 'node:zlib'
import { accessLogTime } from '../http/http-app.ts'
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

const HTML_TYPE = 'text/html; charset=utf-8'

/** Keys in order, as Flask's jsonify sorts them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: `${JSON.stringify(sorted(value), null, 2)}\n`,
})

/** One value as it is, several as a list. */
const flat = (groups: Map<string, string[]>) =>
  Object.fromEntries([...groups].map(([name, values]) => [name, values.length === 1 ? values[0] : values]))

/** What a hosting platform in front adds is shown only to who asks for it with `?show_env`. */
const PLATFORM_HEADERS = new Set([
  ...['X-Varnish', 'X-Request-Start', 'X-Request-Id', 'X-Real-Ip', 'Via', 'Total-Route-Time', 'Connect-Time'],
  ...['Proto', 'Protocol', 'Ssl', 'For', 'Port'].map(word => `X-Forwarded-${word}`),
  ...['Queue-Depth', 'Queue-Wait-Time', 'Dynos-In-Use'].map(word => `X-Heroku-${word}`),
])

const headersOf = ({ headerList, query }: Exchange) =>
  Object.fromEntries(
    headerList
      .filter(([name]) => query.has('show_env') || !PLATFORM_HEADERS.has(name))
      .map(([name, values]) => [name, values.join(',')]),
  )

const about = (exchange: Exchange) => ({
  args: flat(grouped(exchange.query)),
  headers: headersOf(exchange),
  origin: exchange.origin,
  url: exchange.url,
})

function withBody(exchange: Exchange) {
  const form = formOf(exchange)
  const data = form.size > 0 ? '' : exchange.body.toString()
  return { ...about(exchange), data, files: {}, form: flat(form), json: parsed(data) }
}

const parsed = (data: string): unknown => {
  try {
    return data === '' ? null : JSON.parse(data)
  } catch {
    return null
  }
}

const TEAPOT = `
    -=[ teapot ]=-

       _...._
     .'  _ _ \`.
    | ."\` ^ \`". _,
    \\_;\`"---"\`|//
      |       ;/
      \\_     _/
        \`"""\`
`

const DENIED = `
          .-''''''-.
        .' _      _ '.
       /   O      O   \\
      :                :
      |                |
      :       __       :
       \\  .-"\`  \`"-.  /
        '.          .'
          '-......-'
     YOU SHOULDN'T BE HERE
`

const page = (title: string, detail: string) =>
  `<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${title.replace(/^\d+ /, '')}</h1>\n<p>${detail}</p>\n`
const NOT_FOUND = text(
  page(
    '404 Not Found',
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  ),
  HTML_TYPE,
  404,
)
const notAllowed = (methods: readonly string[]): Reply => ({
  ...text(page('405 Method Not Allowed', 'The method is not allowed for the requested URL.'), HTML_TYPE, 405),
  headers: { 'content-type': HTML_TYPE, allow: methods.join(', ') },
})

const redirectTo = (location: string, extra: Record<string, string | string[]> = {}): Reply => ({
  status: 302,
  headers: { 'content-type': HTML_TYPE, location, ...extra },
  body: `<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: <a href="${location}">${location}</a>. If not, click the link.\n`,
})

function status(wanted: string, context: HttpbinContext): Reply {
  const code = chosenStatus(wanted, context.random)
  if (code === undefined) return text('Invalid status code', HTML_TYPE, 400)
  if (code === 418)
    return { status: 418, headers: { 'x-more-info': 'http://tools.ietf.org/html/rfc2324' }, body: TEAPOT }
  if ([301, 302, 303, 305, 307].includes(code))
    return { status: code, headers: { 'content-type': HTML_TYPE, location: '/redirect/1' } }
  if (code === 401) return { status: code, headers: { 'www-authenticate': 'Basic realm="Fake Realm"' } }
  return { status: code, headers: { 'content-type': HTML_TYPE } }
}

function stream(exchange: Exchange, wanted: string): Reply {
  const lines = Math.min(Number(wanted) || 0, 100)
  const { url, args, headers: byName, origin } = about(exchange)
  const headers = Object.fromEntries(exchange.arrival.map(name => [name, byName[name]]))
  const spaced = (value: unknown) =>
    JSON.stringify(value, null, 1)
      .replace(/\n\s*/g, ' ')
      .replace(/([{[]) | ([}\]])/g, '$1$2')
  const parts = Array.from({ length: lines }, (_, id) => `${spaced({ url, args, headers, origin, id })}\n`)
  return { status: 200, headers: { 'content-type': 'application/json' }, chunks: { parts, pauseMs: 0 } }
}

function responseHeaders(exchange: Exchange): Reply {
  const wanted = flat(grouped(exchange.query))
  let length = 0
  let body = ''
  // The document names its own length, so it is written until that number holds.
  do {
    length = body.length
    body = `${JSON.stringify(sorted({ 'Content-Length': String(length), 'Content-Type': 'application/json', ...wanted }), null, 2)}\n`
  } while (body.length !== length)
  const sent = Object.fromEntries(
    [...grouped(exchange.query)]
      .map(([name, values]) => [name.toLowerCase(), values] as const)
      // gunicorn has the last word on who serves.
      .filter(([name]) => name !== 'server'),
  )
  return { status: 200, headers: { 'content-type': 'application/json', ...sent }, body }
}

function basicAuth(exchange: Exchange): Reply {
  const [, user, password] = exchange.segments
  const given = basicCredentials(exchange)
  if (given?.user !== user || given?.password !== password)
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="Fake Realm"' } }
  return json({ authenticated: true, user })
}

function bearer(exchange: Exchange): Reply {
  const token = bearerToken(exchange)
  return token === undefined
    ? { status: 401, headers: { 'content-type': HTML_TYPE, 'www-authenticate': 'Bearer' } }
    : json({ authenticated: true, token })
}

function cookies(exchange: Exchange): Reply {
  if (exchange.segments[1] !== 'set') return json({ cookies: cookiesOf(exchange) })
  return redirectTo('/cookies', {
    'set-cookie': [...exchange.query].map(([name, value]) => `${name}=${value}; Path=/`),
  })
}

function cache(exchange: Exchange, context: HttpbinContext): Reply {
  if (exchange.headers['if-modified-since'] !== undefined || exchange.headers['if-none-match'] !== undefined)
    return { status: 304 }
  const lastModified = new Date(context.now()).toUTCString()
  return json(about(exchange), 200, {
    'last-modified': lastModified,
    etag: createHash('md5').update(lastModified).digest('hex'),
  })
}

const compressed = (exchange: Exchange, name: 'gzip' | 'deflate'): Reply => {
  const { headers, origin } = about(exchange)
  const body = `${JSON.stringify(sorted({ [name === 'gzip' ? 'gzipped' : 'deflated']: true, headers, method: exchange.method, origin }), null, 2)}\n`
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'content-encoding': name },
    body: name === 'gzip' ? gzipSync(body) : deflateSync(body),
  }
}

/** What answers need besides the request. */
export type HttpbinContext = Pick<AppContext, 'now' | 'random'>

type Handler = (exchange: Exchange, argument: string, context: HttpbinContext) => Reply
const READ = ['HEAD', 'GET', 'OPTIONS']
const ANY = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE']

const ROUTES: Record<string, { methods: readonly string[]; handle: Handler }> = {
  get: { methods: READ, handle: exchange => json(about(exchange)) },
  post: { methods: ['POST', 'OPTIONS'], handle: exchange => json(withBody(exchange)) },
  put: { methods: ['PUT', 'OPTIONS'], handle: exchange => json(withBody(exchange)) },
  patch: { methods: ['PATCH', 'OPTIONS'], handle: exchange => json(withBody(exchange)) },
  delete: { methods: ['DELETE', 'OPTIONS'], handle: exchange => json(withBody(exchange)) },
  anything: { methods: ANY, handle: exchange => json({ ...withBody(exchange), method: exchange.method }) },
  headers: { methods: READ, handle: exchange => json({ headers: headersOf(exchange) }) },
  ip: { methods: READ, handle: exchange => json({ origin: exchange.origin }) },
  'user-agent': {
    methods: READ,
    handle: exchange => json({ 'user-agent': exchange.headers['user-agent'] ?? null }),
  },
  status: { methods: ANY, handle: (_exchange, wanted, context) => status(wanted, context) },
  delay: {
    methods: ANY,
    handle(exchange, wanted) {
      const { args, data, files, form, headers, origin, url } = withBody(exchange)
      return {
        ...json({ args, data, files, form, headers, origin, url }),
        delayMs: Math.min(Number(wanted) || 0, 10) * 1000,
      }
    },
  },
  'response-headers': { methods: ['GET', 'POST', 'HEAD', 'OPTIONS'], handle: responseHeaders },
  redirect: {
    methods: READ,
    handle: (_exchange, wanted) =>
      redirectTo(Number(wanted) > 1 ? `/relative-redirect/${Number(wanted) - 1}` : '/get'),
  },
  'relative-redirect': {
    methods: READ,
    handle: (_exchange, wanted) =>
      redirectTo(Number(wanted) > 1 ? `/relative-redirect/${Number(wanted) - 1}` : '/get'),
  },
  'redirect-to': {
    methods: ANY,
    handle: exchange => ({
      status: Number(exchange.query.get('status_code') ?? 302),
      headers: { 'content-type': HTML_TYPE, location: exchange.query.get('url') ?? '/' },
    }),
  },
  uuid: { methods: READ, handle: () => json({ uuid: randomUUID() }) },
  bytes: {
    methods: READ,
    handle: (_exchange, count) => ({
      ...text('', 'application/octet-stream'),
      body: randomBytes(Math.min(Number(count) || 0, 100 * 1024)),
    }),
  },
  stream: { methods: READ, handle: stream },
  json: { methods: READ, handle: () => json(SLIDESHOW) },
  html: { methods: READ, handle: () => text(HTML_PAGE, HTML_TYPE) },
  'robots.txt': { methods: READ, handle: () => text(ROBOTS, 'text/plain') },
  deny: { methods: READ, handle: () => text(DENIED, 'text/plain') },
  cookies: { methods: READ, handle: cookies },
  'basic-auth': { methods: READ, handle: basicAuth },
  bearer: { methods: READ, handle: bearer },
  cache: { methods: READ, handle: (exchange, _argument, context) => cache(exchange, context) },
  etag: { methods: READ, handle: (exchange, tag) => json(about(exchange), 200, { etag: tag }) },
  base64: {
    methods: READ,
    handle: (_exchange, data) => text(Buffer.from(data, 'base64').toString(), HTML_TYPE),
  },
  gzip: { methods: READ, handle: exchange => compressed(exchange, 'gzip') },
  deflate: { methods: READ, handle: exchange => compressed(exchange, 'deflate') },
}

/** httpbin's own part of an answer; the server in front adds its headers. */
export function httpbinReply(exchange: Exchange, context: HttpbinContext): Reply {
  const [name = '', argument = ''] = exchange.segments
  if (name === '')
    return text(page('200 httpbin', 'A simple HTTP Request &amp; Response Service.'), HTML_TYPE)
  const found = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
  if (found === undefined) return NOT_FOUND
  if (!found.methods.includes(exchange.method)) return notAllowed(found.methods)
  return found.handle(exchange, argument, context)
}

const CORS = {
  server: 'gunicorn',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
}

export const httpbin: AppImage = {
  kind: 'app',
  names: ['kennethreitz/httpbin'],
  async start(context) {
    // The task's Deployment says `gunicorn --access-logfile - -b 0.0.0.0:80 httpbin:app`.
    const words = [...(context.command ?? []), ...(context.args ?? [])]
    const port = Number(
      /:(\d+)$/.exec(words[words.findIndex(word => word === '-b' || word === '--bind') + 1] ?? '')?.[1] ?? 80,
    )
    const app = await startHttpbin(context, port, {
      headers: () => CORS,
      keepAlive: false,
      reason: code => (code === 418 ? "I'M A TEAPOT" : (STATUS_CODES[code] ?? 'UNKNOWN').toUpperCase()),
      answer: async request => httpbinReply(await readExchange(request), context),
      log({ request, reply, bytesSent, client }) {
        const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
        const agent = request.headers['user-agent'] ?? '-'
        context.stdout(
          `${client} - - [${accessLogTime(context.now(), ':')} +0000] "${line}" ${reply.status} ${bytesSent} "${request.headers.referer ?? '-'}" "${agent}"`,
        )
      },
    })
    const stamp = `[${new Date(context.now()).toISOString().slice(0, 19).replace('T', ' ')} +0000] [1] [INFO]`
    context.stderr(`${stamp} Starting gunicorn 19.9.0`)
    context.stderr(`${stamp} Listening at: http://0.0.0.0:${port} (1)`)
    context.stderr(`${stamp} Using worker: sync`)
    return app
  },
}
