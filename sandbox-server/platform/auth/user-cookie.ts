/** The cookie of somebody who runs workshops; a learner's is another one. */
import type { FastifyReply, FastifyRequest } from 'fastify'

export const USER_COOKIE = 'meshdojo_user'
const TWO_WEEKS_SECONDS = 14 * 24 * 3600

export const userTokenOf = (request: FastifyRequest): string | undefined => request.cookies[USER_COOKIE]

export function setUserCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(USER_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
    maxAge: TWO_WEEKS_SECONDS,
  })
}

export const clearUserCookie = (reply: FastifyReply): void =>
  void reply.clearCookie(USER_COOKIE, { path: '/' })
