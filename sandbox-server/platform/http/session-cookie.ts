/** The cookie that says which learner a browser is. */
import type { FastifyReply, FastifyRequest } from 'fastify'

export const SESSION_COOKIE = 'meshdojo_session'
const ONE_YEAR_SECONDS = 365 * 24 * 60 * 60

export const sessionTokenOf = (request: FastifyRequest): string | undefined => request.cookies[SESSION_COOKIE]

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: request.protocol === 'https',
    maxAge: ONE_YEAR_SECONDS,
  })
}
