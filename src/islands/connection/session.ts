/** Who this browser is: the first call makes the learner and sets the cookie that the sockets need. */
import type { SessionResponse } from '../../../sandbox-server/protocol/messages.ts'

let known: Promise<SessionResponse> | undefined

const isSession = (value: unknown): value is SessionResponse =>
  typeof value === 'object' && value !== null && 'learner' in value && 'chapters' in value

async function ask(): Promise<SessionResponse> {
  const response = await fetch('/api/session', { credentials: 'same-origin' })
  const body: unknown = await response.json()
  if (!response.ok || !isSession(body)) throw new Error(`GET /api/session answered ${response.status}`)
  return body
}

/** Rejects when the server is away; the next call asks again. */
export function session(): Promise<SessionResponse> {
  known ??= ask().catch((error: unknown) => {
    known = undefined
    throw error
  })
  return known
}
