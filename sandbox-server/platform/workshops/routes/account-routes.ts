/** Signing in and out, accounts, tokens. */
import { z } from 'zod'
import {
  changeMe,
  changeUser,
  createToken,
  createTokenResponse,
  createUser,
  createUserResponse,
  type MeResponse,
  meResponse,
  signInWithCode,
  signInWithPassword,
  tokensResponse,
  user as userSchema,
  usersResponse,
} from '../../../protocol/accounts.ts'
import { auditResponse } from '../../../protocol/workshops.ts'
import { type Accounts, type UserRow, userOf } from '../../auth/accounts.ts'
import { readAudit, writeAudit } from '../../auth/audit.ts'
import { type Guesses, WrongGuess } from '../../auth/guesses.ts'
import type { Oidc } from '../../auth/oidc.ts'
import { clearUserCookie, setUserCookie, userTokenOf } from '../../auth/user-cookie.ts'
import { PlatformError } from '../../errors.ts'
import type { Clock } from '../../lifecycle.ts'
import type { Store } from '../../store/store.ts'
import { type ApiRoute, apiRoute, type Call } from '../api-route.ts'

export interface AccountRoutesDeps {
  accounts: Accounts
  guesses: Guesses
  store: Store
  clock: Clock
  oidc: Oidc | undefined
}

/** From one address; a person needs few. */
const SIGN_INS_PER_MINUTE = 30
export const auditQuery = z.object({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export function accountRoutes(deps: AccountRoutesDeps): ApiRoute[] {
  const { accounts, guesses, store, clock, oidc } = deps

  async function me(user: UserRow | undefined): Promise<MeResponse> {
    return {
      user: user ? userOf(user) : null,
      firstSignIn: user ? false : await accounts.firstSignIn(),
      oidc: oidc ? { name: oidc.name } : null,
    }
  }
  async function signedIn(call: Call, { userId, token }: { userId: string; token: string }) {
    setUserCookie(call.request, call.reply, token)
    call.note({ user: userId })
    return me(await accounts.userById(userId))
  }
  /** What is refused is written down as well. */
  async function guarded<T>(call: Call, keys: Parameters<Guesses['guard']>[0], guess: () => Promise<T>) {
    try {
      return await guesses.guard(keys, guess)
    } catch (error) {
      if (error instanceof PlatformError)
        await store.change(transaction =>
          writeAudit(transaction, {
            at: clock.now(),
            actor: `address:${call.request.ip}`,
            actorName: null,
            action: `${call.request.method} ${call.request.routeOptions.url}`,
            allowed: false,
            details: { reason: error.code },
          }),
        )
      throw error
    }
  }

  return [
    apiRoute({
      method: 'GET',
      url: '/api/me',
      summary: 'Who is signed in, and how one can sign in',
      access: 'public',
      answer: meResponse,
      async handle(call) {
        return me(signedInUser(call))
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/sign-in/code',
      summary: 'Sign in by a link that works once',
      access: 'public',
      body: signInWithCode,
      answer: meResponse,
      perMinute: SIGN_INS_PER_MINUTE,
      handle: async (call, { body }) =>
        signedIn(
          call,
          await guarded(call, [{ policy: 'link', key: call.request.ip }], () =>
            accounts.signInWithCode(body.code),
          ),
        ),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/sign-in/password',
      summary: 'Sign in by address and password',
      access: 'public',
      body: signInWithPassword,
      answer: meResponse,
      perMinute: SIGN_INS_PER_MINUTE,
      async handle(call, { body }) {
        const keys = [
          { policy: 'passwordHere' as const, key: `${body.email} ${call.request.ip}` },
          { policy: 'password' as const, key: body.email },
        ]
        const session = await guarded(call, keys, () =>
          accounts.signInWithPassword(body.email, body.password),
        )
        return signedIn(call, session)
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/sign-in/oidc',
      summary: "Go to the organisation's sign-in",
      access: 'public',
      query: z.object({ return: z.string().max(500).default('/') }),
      perMinute: SIGN_INS_PER_MINUTE,
      async handle(call, { query }) {
        if (!oidc) throw new PlatformError('not_found', { path: call.request.url })
        return call.reply.redirect(await oidc.begin(call.request, call.reply, call.baseUrl, query.return))
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/sign-in/oidc/callback',
      summary: "Back from the organisation's sign-in",
      access: 'public',
      perMinute: SIGN_INS_PER_MINUTE,
      async handle(call) {
        if (!oidc) throw new PlatformError('not_found', { path: call.request.url })
        const { claims, returnTo } = await guarded(call, [], () =>
          oidc.finish(call.request, call.reply, call.baseUrl),
        )
        const { userId, token } = await guarded(call, [], () => accounts.signInWithOidc(claims))
        setUserCookie(call.request, call.reply, token)
        await call.change(async () => call.note({ user: userId, subject: claims.subject }))
        return call.reply.redirect(returnTo)
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/sign-out',
      summary: 'Sign out',
      access: 'public',
      answer: meResponse,
      async handle(call) {
        const token = userTokenOf(call.request)
        if (token !== undefined) await accounts.signOut(token)
        clearUserCookie(call.reply)
        return me(undefined)
      },
    }),
    apiRoute({
      method: 'PUT',
      url: '/api/me',
      summary: 'Change own name, address or password',
      // A token changes no password.
      access: 'tokens.manage',
      body: changeMe,
      answer: meResponse,
      async handle(call, { body }) {
        const { password, current, ...rest } = body
        const { user } = call
        const sensitive = password !== undefined || body.email !== undefined
        if (sensitive && user.passwordHash !== null)
          await guarded(
            call,
            [{ policy: 'passwordHere', key: `${user.id} ${call.request.ip}` }],
            async () => {
              if (!(await accounts.verifyPassword(current ?? '', user.passwordHash)))
                throw new WrongGuess(new PlatformError('wrong_sign_in'))
            },
          )
        const passwordHash = password === undefined ? undefined : await accounts.passwordHash(password)
        const { changed, token } = await call.change(async db => ({
          changed: await accounts.changeUser(db, user.id, {
            ...rest,
            ...(passwordHash === undefined ? {} : { passwordHash }),
          }),
          token: passwordHash === undefined ? undefined : await accounts.openSession(db, user.id),
        }))
        if (token !== undefined) setUserCookie(call.request, call.reply, token)
        return me(changed)
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/users',
      summary: 'All accounts',
      access: 'users.manage',
      answer: usersResponse,
      handle: async () => ({ users: (await accounts.allUsers()).map(userOf) }),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/users',
      summary: 'Make an account',
      access: 'users.manage',
      body: createUser,
      answer: createUserResponse,
      async handle(call, { body }) {
        const { password, ...rest } = body
        const passwordHash = password === undefined ? undefined : await accounts.passwordHash(password)
        const made = await call.change(db => accounts.createUser(db, { ...rest, passwordHash }))
        const signInLink =
          password === undefined ? `${call.baseUrl}/sign-in/#code=${await accounts.newCode(made.id)}` : null
        return { user: userOf(made), signInLink }
      },
    }),
    apiRoute({
      method: 'PATCH',
      url: '/api/users/:user',
      summary: "Change somebody's name, role or password",
      access: 'users.manage',
      body: changeUser,
      answer: userSchema,
      async handle(call, { body }) {
        const { password, ...rest } = body
        const passwordHash =
          password === undefined ? {} : { passwordHash: await accounts.passwordHash(password) }
        return userOf(
          await call.change(db => accounts.changeUser(db, call.param('user'), { ...rest, ...passwordHash })),
        )
      },
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/users/:user',
      summary: 'Delete an account; its workshops stay with the admins',
      access: 'users.manage',
      async handle(call) {
        await call.change(db => accounts.deleteUser(db, call.param('user')))
        return { done: true }
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/tokens',
      summary: 'Own tokens',
      access: 'signed-in',
      answer: tokensResponse,
      handle: async call => ({ tokens: await accounts.tokensOf(call.user.id) }),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/tokens',
      summary: 'Make a token; its secret is shown once',
      access: 'tokens.manage',
      body: createToken,
      answer: createTokenResponse,
      handle: (call, { body }) => call.change(db => accounts.createToken(db, call.user.id, body)),
    }),
    apiRoute({
      method: 'DELETE',
      url: '/api/tokens/:token',
      summary: 'End a token',
      access: 'tokens.manage',
      async handle(call) {
        await call.change(db => accounts.deleteToken(db, call.user.id, call.param('token')))
        return { done: true }
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/audit',
      summary: 'The whole audit log, newest first',
      access: 'audit.see-all',
      query: auditQuery,
      answer: auditResponse,
      handle: async (_call, { query }) => ({ entries: await store.read(db => readAudit(db, query)) }),
    }),
  ]
}

function signedInUser(call: Call): UserRow | undefined {
  try {
    return call.user
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'not_signed_in') return undefined
    throw error
  }
}
