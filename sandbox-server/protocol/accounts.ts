/**
 * Signing in: who runs workshops. Learners need none of this. All of it is JSON under `/api`; errors are
 * `errorResponse` of messages.ts. What changes something with a cookie must come from a page of this server (Origin).
 */
import { z } from 'zod'

/** What an account may do everywhere; a workshop's staff may do more in that workshop. */
export const role = z.enum(['admin', 'instructor', 'assistant', 'learner'])
export type Role = z.infer<typeof role>

export const accountRole = role.exclude(['learner'])
export type AccountRole = z.infer<typeof accountRole>

const email = z.string().trim().toLowerCase().max(200).email()
const password = z.string().min(10, 'use at least 10 characters').max(200)
const personName = z.string().trim().min(1).max(80)

export const user = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: accountRole,
  /** How this account can sign in. */
  signIn: z.object({ password: z.boolean(), oidc: z.boolean() }),
  createdAt: z.string(),
  lastSeenAt: z.string().nullable(),
})
export type User = z.infer<typeof user>

/** GET /api/me, and the answer to every sign-in. `user` is null when nobody is signed in. */
export const meResponse = z.object({
  user: user.nullable(),
  /** No admin has signed in yet: the link printed by the server is the way in. */
  firstSignIn: z.boolean(),
  /** The organisation's sign-in, when it is configured: link to `/api/sign-in/oidc?return=/path`. */
  oidc: z.object({ name: z.string() }).nullable(),
})
export type MeResponse = z.infer<typeof meResponse>

/** POST /api/sign-in/code. The printed link is `/sign-in/#code=…`; the page posts what stands after `code=`. */
export const signInWithCode = z.object({ code: z.string().min(1).max(100) }).strict()
/** POST /api/sign-in/password */
export const signInWithPassword = z.object({ email, password: z.string().min(1).max(200) }).strict()
/** PUT /api/me: name, address or password of one's own. `current` is needed when there is a password already. */
export const changeMe = z
  .object({
    name: personName.optional(),
    email: email.optional(),
    password: password.optional(),
    current: z.string().max(200).optional(),
  })
  .strict()

/** POST /api/users (admin). Without a password the answer carries a one-time link to sign in with. */
export const createUser = z
  .object({ name: personName, email, role: accountRole, password: password.optional() })
  .strict()
/** PATCH /api/users/:id (admin). */
export const changeUser = z
  .object({ name: personName.optional(), role: accountRole.optional(), password: password.optional() })
  .strict()
/** GET /api/users; POST answers one of them with `signInLink`. */
export const usersResponse = z.object({ users: z.array(user) })
export const createUserResponse = z.object({ user, signInLink: z.string().nullable() })

/** What a token may be used for. `read` sees, `write` changes, `admin` is everything its owner may. */
export const tokenScope = z.enum(['read', 'write', 'admin'])
export const createToken = z
  .object({
    name: personName,
    scopes: z.array(tokenScope).min(1),
    /** Days until it ends; without it never. */
    days: z.number().int().positive().max(3650).optional(),
  })
  .strict()
export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(tokenScope),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
})
export type ApiToken = z.infer<typeof apiToken>
export const tokensResponse = z.object({ tokens: z.array(apiToken) })
/** POST /api/tokens: the only time that `secret` is shown. Used as `Authorization: Bearer …`. */
export const createTokenResponse = z.object({ token: apiToken, secret: z.string() })
