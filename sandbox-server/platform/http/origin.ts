/**
 * Browsers send cookies along with a WebSocket from any page; only Origin tells whose page it is. Programs that are no
 * browsers send none.
 */
import type { FastifyRequest } from 'fastify'
import { PlatformError } from '../errors.ts'

/** Throws `origin_refused` unless the page came from this very server. */
export function requireSameOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== host)
    throw new PlatformError('origin_refused', { origin })
}
