/** Requests to the shared Envoy's own admin interface, which speaks of all pods. */
import { request } from 'node:http'

export interface AdminResponse {
  status: number
  contentType: string
  body: string
}

/** Envoy's answers are ready at once; one that is not comes from an Envoy that is just dying. */
const TIMEOUT_MS = 5000

/** Rejects when Envoy is not there, e.g. between a crash and its restart. */
export function askEnvoy(socketPath: string, method: string, path: string): Promise<AdminResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false, timeout: TIMEOUT_MS }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 502,
          contentType: response.headers['content-type'] ?? 'text/plain',
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('Envoy does not answer')))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
