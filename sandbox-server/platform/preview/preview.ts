/**
 * One learner's preview of the product page: takes a browser's request, sends it into the cluster by port-forward, hands
 * the answer back, and tells who listens what came of it.
 */
import { randomUUID } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PreviewGap, PreviewPage } from '../../protocol/preview.ts'
import { openPortForward } from '../kube-client/port-forward.ts'
import type { ClusterSession } from '../learners/cluster-session.ts'
import type { Sandbox } from '../learners/sandbox.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { reasonOf } from '../log.ts'
import { CookieJar } from './cookie-jar.ts'
import { pageFacts } from './page-facts.ts'
import { findTarget, type PreviewTarget } from './preview-target.ts'

export interface PreviewListener {
  onPage(page: PreviewPage): void
  onGap(gap: PreviewGap, path: string, detail: string): void
}

interface Answer {
  status: number
  /** What the proxies' logs know this request by. */
  requestId: string
  headers: IncomingMessage['headers']
  body: Buffer
  durationMs: number
}

export interface PreviewRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

/** A page that never ends must not fill the server. */
const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
const ANSWER_PATIENCE_MS = 30_000
const TARGET_KEPT_MS = 1_000
/** What a browser says that the shop may hear. Cookies are the jar's. */
const REQUEST_HEADERS = ['accept', 'accept-language', 'content-type', 'user-agent', 'range']
const RESPONSE_HEADERS = ['content-type', 'cache-control', 'etag', 'last-modified', 'content-range']

class Gap extends Error {
  readonly gap: PreviewGap
  constructor(gap: PreviewGap, detail = '') {
    super(detail)
    this.gap = gap
  }
}

export class Preview {
  readonly #clock: Clock
  readonly #jar = new CookieJar()
  readonly #listeners = new Set<PreviewListener>()
  #target: { found: PreviewTarget; until: number } | undefined

  #sandbox: Sandbox | undefined
  #ancestors = "'none'"

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The sandbox of now, and the origin of the page that may frame the preview. */
  attach(sandbox: Sandbox, ancestor: string): void {
    this.#sandbox = sandbox
    this.#ancestors = ancestor
  }

  listen(listener: PreviewListener): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  async signIn(user: string): Promise<void> {
    const body = Buffer.from(new URLSearchParams({ username: user, passwd: '' }).toString())
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await this.#ask({ method: 'POST', path: '/login', headers, body })
  }

  async signOut(): Promise<void> {
    await this.#ask({ method: 'GET', path: '/logout', headers: {}, body: Buffer.alloc(0) })
    this.#jar.clear()
  }

  /** Answers a browser. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const isDocument = ['iframe', 'document', undefined].includes(oneOf(request.headers['sec-fetch-dest']))
    response.setHeader('content-security-policy', `frame-ancestors ${this.#ancestors}`)
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('access-control-allow-origin', '*')
    try {
      const body = await bodyOf(request)
      const headers: Record<string, string> = {}
      for (const name of REQUEST_HEADERS) {
        const value = oneOf(request.headers[name])
        if (value !== undefined) headers[name] = value
      }
      const { answer, target } = await this.#ask({ method: request.method ?? 'GET', path, headers, body })
      if (isDocument && !isRedirect(answer.status)) this.#tell(path, answer, target)
      send(response, answer)
    } catch (error) {
      const gap = error instanceof Gap ? error.gap : 'unreachable'
      const detail = reasonOf(error)
      if (isDocument) for (const listener of [...this.#listeners]) listener.onGap(gap, path, detail)
      response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
      response.end(`502 ${gap}\n${detail}\n`)
    }
  }

  #tell(path: string, answer: Answer, target: PreviewTarget): void {
    const isHtml = (answer.headers['content-type'] ?? '').startsWith('text/html')
    const facts = pageFacts(isHtml ? answer.body.toString('utf8') : '')
    const page: PreviewPage = {
      path,
      status: answer.status,
      durationMs: answer.durationMs,
      via: target.via,
      name: target.name,
      reviewsVersion: facts.reviewsVersion ?? '',
      user: facts.user,
      requestId: answer.requestId,
    }
    for (const listener of [...this.#listeners]) listener.onPage(page)
  }

  /** Throws Gap when there is nobody to ask. */
  async #ask(request: PreviewRequest): Promise<{ answer: Answer; target: PreviewTarget }> {
    const cluster = this.#sandbox?.cluster
    if (!cluster) throw new Gap('no-cluster')
    const target = await this.#findTarget(cluster)
    let stream: Duplex
    try {
      stream = await openPortForward(cluster.client.transport, target)
    } catch (error) {
      this.#target = undefined
      throw new Gap('unreachable', reasonOf(error))
    }
    try {
      const answer = await ask(stream, target, request, this.#jar.header())
      this.#jar.take(answer.headers['set-cookie'] ?? [], this.#clock.now())
      return { answer, target }
    } catch (error) {
      this.#target = undefined
      throw error
    } finally {
      stream.destroy()
    }
  }

  async #findTarget(cluster: ClusterSession): Promise<PreviewTarget> {
    if (this.#target && this.#target.until > this.#clock.now()) return this.#target.found
    const found = await findTarget(cluster.client, cluster.namespace)
    if (typeof found === 'string') throw new Gap(found)
    this.#target = { found, until: this.#clock.now() + TARGET_KEPT_MS }
    return found
  }
}

/** One request over one connection. */
function ask(
  stream: Duplex,
  target: PreviewTarget,
  { method, path, headers, body }: PreviewRequest,
  cookie: string | undefined,
): Promise<Answer> {
  const beganMs = performance.now()
  // Envoy keeps the id of a request from inside, and everything that the page asks for carries it on.
  const requestId = randomUUID()
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Gap('unreachable', error.message))
    const outgoing = httpRequest(
      {
        createConnection: () => stream,
        method,
        path,
        headers: {
          ...headers,
          host: target.host,
          'x-request-id': requestId,
          connection: 'close',
          ...(cookie === undefined ? {} : { cookie }),
          ...(body.length === 0 ? {} : { 'content-length': body.length }),
        },
        timeout: ANSWER_PATIENCE_MS,
      },
      incoming => {
        const chunks: Buffer[] = []
        let size = 0
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= LARGEST_ANSWER_BYTES) chunks.push(chunk)
          else fail(new Error(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`))
        })
        incoming.on('error', fail)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            requestId,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
            durationMs: performance.now() - beganMs,
          }),
        )
      },
    )
    outgoing.on('error', fail)
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${ANSWER_PATIENCE_MS} ms`)))
    outgoing.end(body)
  })
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  for (const name of RESPONSE_HEADERS) {
    const value = headers[name]
    if (value !== undefined) response.setHeader(name, value)
  }
  const location = localLocation(headers.location)
  if (location !== undefined) response.setHeader('location', location)
  response.writeHead(status, { 'content-length': body.length })
  response.end(body)
}

/** A redirect stays in the frame whatever host the shop believes to have. */
function localLocation(location: string | undefined): string | undefined {
  if (location === undefined) return undefined
  const url = new URL(location, 'http://shop.invalid/')
  return url.pathname + url.search + url.hash
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304

const oneOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const LARGEST_BODY_BYTES = 64 * 1024

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > LARGEST_BODY_BYTES) throw new Error(`the form is larger than ${LARGEST_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
