/** Bookinfo's front: the page itself (always 200) put together from details and reviews, sign-in, and its small API. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { accessLogTime, readBody, remoteAddress, send, sendJson, startHttpApp } from '../http/http-app.ts'
import { get } from '../http/outgoing.ts'
import type { AppContext, AppImage } from '../image.ts'
import { forwardHeadersOfUser } from './forward-headers.ts'
import { BOOKS, indexPage, productPage, type ServiceAnswer } from './page.ts'
import { createSessions, type Sessions } from './session.ts'

const CALL_TIMEOUT_MS = 3_000
/** The bug that the fault-injection chapter uncovers: reviews, and only reviews, is asked a second time. */
const REVIEWS_TRIES = 2

type Service = 'details' | 'reviews' | 'ratings'

function createBackend(context: AppContext) {
  const domain = context.env['SERVICES_DOMAIN'] ? `.${context.env['SERVICES_DOMAIN']}` : ''
  const counts = new Map<string, number>()
  const address = (service: Service) => ({
    host: (context.env[`${service.toUpperCase()}_HOSTNAME`] ?? service) + domain,
    port: Number(context.env[`${service.toUpperCase()}_SERVICE_PORT`] ?? 9080),
  })
  const count = (service: Service, status: number) => {
    const key = `request_result_total{destination_app="${service}",response_code="${status}"}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }

  async function once(service: Service, id: string, headers: Record<string, string>) {
    const { host, port } = address(service)
    context.stderr(`DEBUG:urllib3.connectionpool:Starting new HTTP connection (1): ${host}:${port}`)
    try {
      const answer = await get(context, {
        host,
        port,
        path: `/${service}/${id}`,
        headers,
        timeoutMs: CALL_TIMEOUT_MS,
      })
      const line = `"GET /${service}/${id} HTTP/1.1" ${answer.status} ${answer.headers['content-length'] ?? 'None'}`
      context.stderr(`DEBUG:urllib3.connectionpool:http://${host}:${port} ${line}`)
      return answer
    } catch {
      // The original swallows the exception as well: any failure is the same apology on the page.
      return undefined
    }
  }

  return {
    async ask(service: Service, id: string, headers: Record<string, string>): Promise<ServiceAnswer> {
      let status = 500
      for (let tries = service === 'reviews' ? REVIEWS_TRIES : 1; tries > 0; tries--) {
        const answer = await once(service, id, headers)
        status = answer?.status ?? 500
        if (answer?.status === 200) {
          count(service, 200)
          return { status, body: JSON.parse(answer.body) }
        }
      }
      count(service, status)
      const what =
        service === 'details'
          ? 'product details'
          : service === 'reviews'
            ? 'product reviews'
            : 'product ratings'
      return { status, body: { error: `Sorry, ${what} are currently unavailable for this book.` } }
    },
    metrics: () =>
      [
        '# HELP request_result_total Results of requests',
        '# TYPE request_result_total counter',
        ...[...counts].map(([key, value]) => `${key} ${value}.0`),
        '',
      ].join('\n'),
  }
}
type Backend = ReturnType<typeof createBackend>

const HTML = 'text/html; charset=utf-8'

function redirectBack(request: IncomingMessage, response: ServerResponse, cookie: string): void {
  const target = request.headers.referer ?? '/productpage'
  response.setHeader('set-cookie', cookie)
  response.setHeader('location', target)
  send(response, 302, HTML, `<!doctype html>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n`)
}

/** `username` of a form, url-encoded or multipart, or of the query. */
async function usernameOf(request: IncomingMessage, url: URL): Promise<string> {
  const body = await readBody(request)
  const part = /name="username"(?:\r?\n[^\r\n]+)*\r?\n\r?\n([^\r\n]*)/.exec(body)?.[1]
  return part ?? new URLSearchParams(body).get('username') ?? url.searchParams.get('username') ?? ''
}

async function front(
  backend: Backend,
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [book] = BOOKS
  if (book === undefined) throw new Error('no book to show')
  const user = sessions.userOf(request.headers)
  const headers = forwardHeadersOfUser(request.headers, user)
  const details = await backend.ask('details', '0', headers)
  const reviews = await backend.ask('reviews', '0', headers)
  send(response, 200, HTML, productPage(book, details, reviews, user))
}

async function api(
  backend: Backend,
  sessions: Sessions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [, id, of] = /^\/api\/v1\/products\/([^/]+)(?:\/(reviews|ratings))?$/.exec(path) ?? []
  if (id === undefined) return notFound(response)
  const service: Service = of === 'reviews' ? 'reviews' : of === 'ratings' ? 'ratings' : 'details'
  const headers = forwardHeadersOfUser(request.headers, sessions.userOf(request.headers))
  const answer = await backend.ask(service, id, headers)
  sendJson(response, answer.status, answer.body)
}

const notFound = (response: ServerResponse) =>
  send(
    response,
    404,
    HTML,
    '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n',
  )

async function route(
  backend: Backend,
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const url = new URL(request.url ?? '/', 'http://productpage')
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /':
    case 'GET /index.html':
      return send(response, 200, HTML, indexPage())
    case 'GET /health':
      return send(response, 200, HTML, 'Product page is healthy')
    case 'GET /productpage':
      return front(backend, sessions, request, response)
    case 'POST /login':
      return redirectBack(request, response, sessions.signIn(await usernameOf(request, url)))
    case 'GET /logout':
      return redirectBack(request, response, sessions.signOut())
    case 'GET /api/v1/products':
      return sendJson(response, 200, BOOKS)
    case 'GET /metrics':
      return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', backend.metrics())
    default:
      return request.method === 'GET'
        ? api(backend, sessions, url.pathname, request, response)
        : notFound(response)
  }
}

export const productpage: AppImage = {
  kind: 'app',
  names: ['istio/examples-bookinfo-productpage-v1'],
  async start(context) {
    const backend = createBackend(context)
    const sessions = createSessions()
    const app = await startHttpApp(context, 9080, async (request, response) => {
      response.on('finish', () => {
        const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`
        context.stderr(
          `INFO:werkzeug:::ffff:${remoteAddress(request)} - - [${accessLogTime(context.now())}] "${line}" ${response.statusCode} -`,
        )
      })
      await route(backend, sessions, request, response)
    })
    context.stderr('INFO:root:start at port 9080')
    return app
  },
}
