/** What an endpoint answers, before a flavour's server puts its own headers around it. */

export interface Reply {
  status: number
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  /** Sent one after the other as chunks, `pauseMs` apart. */
  chunks?: { parts: readonly (string | Buffer)[]; pauseMs: number }
  /** Nothing is sent before this has passed. */
  delayMs?: number
  /** For the log: the pattern that matched. */
  route?: string
}

export const text = (body: string, contentType: string, status = 200): Reply => ({
  status,
  headers: { 'content-type': contentType },
  body,
})
