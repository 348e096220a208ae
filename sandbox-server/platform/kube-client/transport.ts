/**
 * Requests to one Kubernetes API server, authenticated as its kubeconfig says.
 *
 * Of `@kubernetes/client-node` only the kubeconfig (certificates, tokens, exec plugins, proxies) and the channel
 * WebSocket are used, imported when first needed: the whole package takes half a second to load.
 */

import type { IncomingMessage } from 'node:http'
import {
  Agent as HttpAgent,
  type RequestOptions as HttpRequestOptions,
  request as httpRequest,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { WebSocket } from 'ws'
import { KubeError, kubeErrorOf } from './kube-error.ts'

export interface SendOptions {
  query?: Record<string, string | undefined>
  body?: unknown
  contentType?: string
  /** Instead of plain JSON objects, e.g. Tables. */
  accept?: string
  signal?: AbortSignal
}

export interface Transport {
  /** `namespace` of the kubeconfig's current context, if it names one. */
  readonly contextNamespace: string | undefined
  /** The parsed JSON answer. Rejects with KubeError. */
  send(method: string, path: string, options?: SendOptions): Promise<unknown>
  /** The body of a GET as it comes. Rejects with KubeError when the status is not 200. */
  stream(path: string, options?: SendOptions): Promise<IncomingMessage>
  /** A WebSocket speaking `v5.channel.k8s.io` (or v4). `onFrame` gets the channel number and the bytes. */
  channels(path: string, onFrame: (channel: number, data: Buffer) => void): Promise<WebSocket>
  /** Closes the idle connections. */
  close(): void
}

/** Loads what `openTransport` needs, so that the first sandbox does not wait for it. */
export const warmUp = async (): Promise<void> => {
  await Promise.all([kubeConfigModule(), webSocketModule()])
}
const kubeConfigModule = () => import('@kubernetes/client-node/dist/config.js')
const webSocketModule = () => import('@kubernetes/client-node/dist/web-socket-handler.js')

/** `kubeconfig` is YAML. Throws KubeError when it names no cluster. */
export async function openTransport(kubeconfig: string): Promise<Transport> {
  const { KubeConfig } = await kubeConfigModule()
  const config = new KubeConfig()
  config.loadFromString(kubeconfig)
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new KubeError(0, 'Kubeconfig', 'the kubeconfig has no current cluster')
  const server = new URL(cluster.server)
  const secure = server.protocol === 'https:'
  let ownAgent: HttpAgent | HttpsAgent | undefined

  async function httpOptions(): Promise<RequestOptions> {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    // Its agents close every connection after one answer; a start of many small requests wants them kept.
    if (!cluster?.proxyUrl) {
      const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options
      ownAgent ??= secure
        ? new HttpsAgent({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername, keepAlive: true })
        : new HttpAgent({ keepAlive: true })
      options.agent = ownAgent
    }
    return options
  }

  async function open(method: string, path: string, options: SendOptions): Promise<IncomingMessage> {
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server)
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value)
    const base = await httpOptions()
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body))
    const headers: Record<string, string | number> = {
      accept: options.accept ?? 'application/json',
    }
    for (const [name, value] of Object.entries(base.headers ?? {})) headers[name] = String(value)
    if (body) {
      headers['content-type'] = options.contentType ?? 'application/json'
      headers['content-length'] = body.length
    }
    const send: (
      url: URL,
      options: HttpRequestOptions,
      got: (m: IncomingMessage) => void,
    ) => ReturnType<typeof httpRequest> = secure ? httpsRequest : httpRequest
    const once = () =>
      new Promise<IncomingMessage | 'stale'>((resolve, reject) => {
        const request = send(url, { ...base, method, headers, signal: options.signal }, resolve)
        request.on('error', error => {
          // A kept connection that the server closed meanwhile has carried nothing.
          if (request.reusedSocket && 'code' in error && error.code === 'ECONNRESET') return resolve('stale')
          reject(
            new KubeError(
              0,
              'Unreachable',
              `cannot reach the Kubernetes API at ${server.host}: ${error.message}`,
              error,
            ),
          )
        })
        request.end(body)
      })
    for (;;) {
      const response = await once()
      if (response !== 'stale') return response
    }
  }

  return {
    contextNamespace: config.getContextObject(config.getCurrentContext())?.namespace,
    async send(method, path, options = {}) {
      const response = await open(method, path, options)
      const text = await readText(response)
      const status = response.statusCode ?? 0
      if (status < 200 || status > 299) throw kubeErrorOf(status, text)
      return text === '' ? undefined : JSON.parse(text)
    },
    async stream(path, options = {}) {
      const response = await open('GET', path, options)
      if (response.statusCode !== 200) throw kubeErrorOf(response.statusCode ?? 0, await readText(response))
      return response
    },
    async channels(path, onFrame) {
      const { WebSocketHandler } = await webSocketModule()
      try {
        return await new WebSocketHandler(config).connect(path, null, (channel, data) => {
          onFrame(channel, data)
          return true
        })
      } catch (error) {
        throw webSocketError(error, server.host)
      }
    },
    close() {
      ownAgent?.destroy()
    },
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** `ws` reports a refused upgrade only as `Unexpected server response: 404`. */
function webSocketError(error: unknown, host: string): KubeError {
  const text =
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
      ? error.message
      : String(error)
  const status = Number(/server response: (\d+)/.exec(text)?.[1] ?? 0)
  return new KubeError(
    status,
    '',
    status === 0 ? `cannot reach the Kubernetes API at ${host}: ${text}` : text,
    error,
  )
}
