/** As much of a Kubernetes client as the tools need: get, list and send over one kept connection. */
import { Agent, request } from 'node:https'
import type { ApiObject } from '../../apiserver/api.ts'
import type { ClusterAccess } from './kubeconfig.ts'

/** What the API server refused, in its words. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export interface Impersonation {
  user?: string
  groups?: readonly string[]
  uid?: string
}

export class KubeClient {
  readonly access: ClusterAccess
  readonly #agent: Agent
  readonly #timeoutMs: number
  readonly #impersonation: Impersonation

  constructor(access: ClusterAccess, timeoutMs: number, impersonation: Impersonation = {}) {
    this.access = access
    this.#timeoutMs = timeoutMs
    this.#impersonation = impersonation
    this.#agent = new Agent({ keepAlive: true, ...this.tls() })
  }

  tls(): { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } {
    const { ca, clientCertificate: cert, clientKey: key, insecure } = this.access
    return { ca, cert, key, rejectUnauthorized: !insecure }
  }

  headers(): Record<string, string | string[]> {
    const { user, groups, uid } = this.#impersonation
    return {
      ...(this.access.token ? { authorization: `Bearer ${this.access.token}` } : {}),
      ...(user ? { 'impersonate-user': user } : {}),
      ...(groups && groups.length > 0 ? { 'impersonate-group': [...groups] } : {}),
      ...(uid ? { 'impersonate-uid': uid } : {}),
    }
  }

  /** Throws ApiError, or an Error saying why the server cannot be reached. */
  async get(path: string): Promise<ApiObject> {
    return objectOf(await this.send('GET', path))
  }

  /** undefined when there is no such object. */
  async find(path: string): Promise<ApiObject | undefined> {
    try {
      return await this.get(path)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
  }

  /** All items; none when the cluster does not serve the kind. */
  async list(path: string): Promise<ApiObject[]> {
    try {
      const answer = await this.send('GET', path)
      const items = isRecord(answer) && Array.isArray(answer['items']) ? answer['items'] : []
      return items.map(objectOf)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return []
      throw error
    }
  }

  /** The decoded answer. */
  send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<unknown> {
    const { server } = this.access
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(server + path), {
        method,
        agent: this.#agent,
        timeout: this.#timeoutMs,
        headers: {
          accept: 'application/json',
          ...this.headers(),
          ...(payload === undefined
            ? {}
            : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
        },
      })
      outgoing.once('timeout', () =>
        outgoing.destroy(new Error(`Get "${server}${path}": context deadline exceeded`)),
      )
      outgoing.once('error', error => reject(unreachable(error, server)))
      outgoing.once('response', response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString()
          const status = response.statusCode ?? 0
          if (status >= 400) reject(refusal(status, text))
          else resolve(JSON.parse(text))
        })
      })
      outgoing.end(payload)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function unreachable(error: Error, server: string): Error {
  const { code } = error as NodeJS.ErrnoException
  const { host } = new URL(server)
  if (code === 'ECONNREFUSED')
    return new Error(
      `The connection to the server ${host} was refused - did you specify the right host or port?`,
    )
  if (code === 'ENOTFOUND') return new Error(`dial tcp: lookup ${host}: no such host`)
  return error
}

function refusal(status: number, text: string): ApiError {
  try {
    const body: unknown = JSON.parse(text)
    if (isRecord(body) && typeof body['message'] === 'string')
      return new ApiError(status, typeof body['reason'] === 'string' ? body['reason'] : '', body['message'])
  } catch {
    // Not a Status: a proxy in between answered.
  }
  return new ApiError(status, '', text.trim() || `the server answered ${status}`)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isObject = (value: unknown): value is ApiObject => isRecord(value) && isRecord(value['metadata'])

function objectOf(value: unknown): ApiObject {
  if (isObject(value)) return value
  throw new Error('the server answered with something that is no object')
}
