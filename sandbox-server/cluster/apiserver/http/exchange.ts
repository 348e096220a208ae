/** One HTTP request on its way through the API server: who asks, for what, and how to answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UserInfo } from '../auth/user.ts'
import { setOwn } from '../json.ts'
import type { Kind } from '../kinds/kind.ts'
import { StatusError } from '../status.ts'
import { type Representation, representationOf } from './negotiate.ts'
import type { RequestInfo } from './request-info.ts'
import { toYaml } from './yaml.ts'

export const BODY_LIMIT_BYTES = 3 * 1024 * 1024

/** A request whose kind and version are known. */
export interface ResourceExchange {
  exchange: Exchange
  kind: Kind
  version: string
}

export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly info: RequestInfo
  readonly user: UserInfo
  readonly warnings: string[] = []

  constructor(request: IncomingMessage, response: ServerResponse, info: RequestInfo, user: UserInfo) {
    this.request = request
    this.response = response
    this.info = info
    this.user = user
  }

  header(name: string): string {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value.join(',') : (value ?? '')
  }

  /** What the client wants; a 406 StatusError when the server has none of it. */
  representation(kind?: Kind): Representation {
    return representationOf(this.header('accept'), kind)
  }

  /** The body's text; a 413 StatusError when it is over the limit. */
  async body(): Promise<string> {
    return (await this.bytes()).toString()
  }

  /** The body as it came; a 413 StatusError when it is over the limit. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.request) {
      size += chunk.length
      if (size > BODY_LIMIT_BYTES) {
        if (this.request.httpVersionMajor < 2) this.response.setHeader('connection', 'close')
        this.request.resume()
        throw new StatusError(
          413,
          'RequestEntityTooLarge',
          `Request entity too large: limit is ${BODY_LIMIT_BYTES}`,
        )
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  json(code: number, body: unknown): void {
    this.text(code, 'application/json', `${JSON.stringify(body)}\n`)
  }

  /** Answers an object as JSON, or as YAML where the client asked for it. */
  object(code: number, body: unknown, representation: Representation): void {
    if (representation.yaml) this.text(code, 'application/yaml', toYaml(body))
    else if (this.info.query.get('pretty') === 'true' || this.info.query.get('pretty') === '1') {
      this.text(code, 'application/json', `${JSON.stringify(body, null, 2)}\n`)
    } else this.json(code, body)
  }

  text(code: number, contentType: string, body: string): void {
    if (this.response.headersSent) return
    const bytes = Buffer.from(body)
    this.response.writeHead(code, { ...this.headers(contentType), 'content-length': bytes.length })
    this.response.end(this.request.method === 'HEAD' ? undefined : bytes)
  }

  /** Headers every answer has; warnings as RFC 7234 says. */
  headers(contentType: string): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {
      'content-type': contentType,
      'cache-control': 'no-cache, private',
    }
    const warnings = [...new Set(this.warnings)].map(warning => `299 - "${escapeWarning(warning)}"`)
    if (warnings.length > 0) setOwn(headers, 'warning', warnings)
    return headers
  }

  fail(error: StatusError): void {
    if (error.code === 403 && error.reason === 'Forbidden' && this.authorizationFailed) {
      this.response.setHeader('x-content-type-options', 'nosniff')
    }
    if (error.details?.retryAfterSeconds)
      this.response.setHeader('retry-after', String(error.details.retryAfterSeconds))
    this.json(error.code, error.status)
  }

  authorizationFailed = false
}

const escapeWarning = (text: string): string =>
  // Header values are Latin-1 without control characters; anything else would end the connection.
  text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e\xa0-\xff]/g, ' ')
