/** One HTTP request out of a pod, over a connection of its own (never pooled, so that load spreads as in the originals). */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AppContext } from '../image.ts'

export interface OutgoingAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface OutgoingRequest {
  host: string
  port: number
  path: string
  headers: Record<string, string>
  /** For the whole exchange, connecting included. */
  timeoutMs: number
}

/** Rejects when there was no whole answer in time: connection refused, reset, name unknown, or `Read timed out.` */
export function get(context: AppContext, wanted: OutgoingRequest): Promise<OutgoingAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      method: 'GET',
      path: wanted.path,
      headers: { ...wanted.headers, host: `${wanted.host}:${wanted.port}`, connection: 'close' },
      createConnection: () => context.connect(wanted.host, wanted.port),
      signal: AbortSignal.timeout(wanted.timeoutMs),
    })
    outgoing.on('error', error => reject(error.name === 'AbortError' ? new Error('Read timed out.') : error))
    outgoing.on('response', answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('error', error => reject(error.name === 'AbortError' ? new Error('Read timed out.') : error))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.end()
  })
}
