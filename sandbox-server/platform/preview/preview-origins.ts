/**
 * Each learner's preview has an origin of its own that cannot be guessed: `http://<token>.localhost:8080`, which every
 * browser resolves to the machine itself. A server that is reached by another name has a port of its own for previews,
 * and the token is in a cookie that the frame's first address sets.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Preview } from './preview.ts'

const TOKEN = /^[0-9a-f]{32}$/
export const PREVIEW_COOKIE = 'meshdojo_preview'
/** The frame's first address on a port of its own: `/__preview/<token>/<path>`. */
const ENTRANCE = /^\/__preview\/([0-9a-f]{32})(\/.*)$/

export class PreviewOrigins {
  readonly #byToken = new Map<string, Preview>()
  readonly #byLearner = new Map<string, { token: string; preview: Preview }>()

  /** The learner's preview and its token, made on first use. */
  of(learnerId: string, make: () => Preview): { token: string; preview: Preview } {
    const known = this.#byLearner.get(learnerId)
    if (known) return known
    const made = { token: randomBytes(16).toString('hex'), preview: make() }
    this.#byLearner.set(learnerId, made)
    this.#byToken.set(made.token, made.preview)
    return made
  }

  /** By the name of the host; undefined when the request is for the course itself. */
  atHost(host: string | undefined): { preview: Preview | undefined } | undefined {
    const token = tokenOfHost(host)
    return token === undefined ? undefined : { preview: this.#byToken.get(token) }
  }

  /** On the previews' own port: by the cookie; an entrance sets it and leads on. */
  atPort(request: IncomingMessage, response: ServerResponse): Preview | undefined {
    const entrance = ENTRANCE.exec(request.url ?? '')
    if (entrance) {
      const [, token = '', path = '/'] = entrance
      response.setHeader('set-cookie', `${PREVIEW_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax`)
      response.writeHead(302, { location: path }).end()
      return undefined
    }
    const cookie = /(?:^|;\s*)meshdojo_preview=([0-9a-f]{32})/.exec(request.headers.cookie ?? '')?.[1]
    const preview = cookie === undefined ? undefined : this.#byToken.get(cookie)
    if (!preview) refuse(response)
    return preview
  }
}

export function refuse(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end('There is no such preview. Open it from the page of a chapter.\n')
}

/** `<token>.localhost:8080` */
export function tokenOfHost(host: string | undefined): string | undefined {
  const [first = '', second = ''] = (host ?? '').split(':')[0]?.split('.') ?? []
  return second === 'localhost' && TOKEN.test(first) ? first : undefined
}

/** Whether pages of this host can be framed by `*.localhost`: the browser runs on the server's machine, or tunnels. */
export function isLocalName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
