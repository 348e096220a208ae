/** Productpage's session: the user's name in a signed cookie called `session`, as the original keeps it. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Sessions {
  /** The signed-in user, `` when nobody is or the cookie was not signed by this pod. */
  userOf(headers: IncomingHttpHeaders): string
  /** Set-Cookie values. */
  signIn(user: string): string
  signOut(): string
}

export function createSessions(key: Buffer = randomBytes(32)): Sessions {
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest('base64url')
  return {
    userOf(headers) {
      const cookie = /(?:^|;\s*)session=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? ''
      const [payload = '', signature = ''] = cookie.split('.')
      const expected = Buffer.from(sign(payload))
      const given = Buffer.from(signature)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return ''
      return Buffer.from(payload, 'base64url').toString()
    },
    signIn(user) {
      const payload = Buffer.from(user).toString('base64url')
      return `session=${payload}.${sign(payload)}; HttpOnly; Path=/`
    },
    signOut: () => 'session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/',
  }
}
