/** Accounts of those who run workshops: their sign-ins, sessions, one-time links and API tokens. */
import { and, eq, gt, isNull, lt, ne, or } from 'drizzle-orm'
import type { AccountRole, ApiToken, User } from '../../protocol/accounts.ts'
import { PlatformError } from '../errors.ts'
import { hashToken, newLearnerId, newToken } from '../learners/session-token.ts'
import type { Clock } from '../lifecycle.ts'
import type { Database, Transaction } from '../store/database.ts'
import { apiTokens, signInCodes, userSessions, users } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { WrongGuess } from './guesses.ts'
import { hashPassword, verifyPassword } from './password.ts'
import type { Scope } from './permissions.ts'

export type UserRow = typeof users.$inferSelect

export interface Identity {
  user: UserRow
  /** Of a token; a browser's session has all. */
  scopes: readonly Scope[]
  tokenId: string | undefined
}

const SESSION_MS = 14 * 24 * 3_600_000
const CODE_MS = 24 * 3_600_000
/** The account of programs on the server's machine; no person is behind it. */
const LOCAL = 'local'
const TOKEN_PREFIX = 'mdj_'
const DAY_MS = 24 * 3_600_000

export type Accounts = ReturnType<typeof createAccounts>

export function createAccounts(store: Store, clock: Clock) {
  const after = (ms: number) => new Date(clock.now() + ms)
  const now = () => new Date(clock.now())

  async function openSession(db: Transaction, userId: string): Promise<string> {
    const token = newToken()
    await db.delete(userSessions).where(lt(userSessions.expiresAt, now()))
    await db.insert(userSessions).values({
      tokenHash: hashToken(token),
      userId,
      createdAt: now(),
      expiresAt: after(SESSION_MS),
    })
    await db.update(users).set({ lastSeenAt: now() }).where(eq(users.id, userId))
    return token
  }

  return {
    /** Nobody has signed in as an admin yet. */
    firstSignIn: () => store.read(async db => (await admins(db)) === 0),

    /** The token of the one who owns the server's data folder, made anew at each start. */
    async localToken(dataDirectory: string): Promise<string> {
      const secret = TOKEN_PREFIX + newToken()
      const id = `local-${hashToken(dataDirectory).slice(0, 12)}`
      await store.change(async db => {
        await db
          .insert(users)
          .values({ id: LOCAL, name: 'Command line', role: 'admin', createdAt: now() })
          .onConflictDoNothing()
        await db.delete(apiTokens).where(eq(apiTokens.id, id))
        await db.insert(apiTokens).values({
          id,
          userId: LOCAL,
          tokenHash: hashToken(secret),
          name: 'Command line',
          scopes: ['admin'],
          createdAt: now(),
        })
      })
      return secret
    },

    /** A link that works once; without a user it makes the first admin. The answer is what stands in the link. */
    async newCode(userId?: string): Promise<string> {
      const code = newToken()
      await store.change(async db => {
        await db.delete(signInCodes).where(lt(signInCodes.expiresAt, now()))
        await db.insert(signInCodes).values({
          codeHash: hashToken(code),
          userId: userId ?? null,
          createdAt: now(),
          expiresAt: after(CODE_MS),
        })
      })
      return code
    },

    /** Throws WrongGuess. Of two who use it at once one gets in. */
    signInWithCode: (code: string) =>
      store.change(async db => {
        const [used] = await db
          .delete(signInCodes)
          .where(and(eq(signInCodes.codeHash, hashToken(code)), gt(signInCodes.expiresAt, now())))
          .returning()
        if (!used) throw new WrongGuess(new PlatformError('wrong_code'))
        const userId = used.userId ?? (await firstAdmin(db, now()))
        if (userId === undefined) throw new WrongGuess(new PlatformError('wrong_code'))
        return { userId, token: await openSession(db, userId) }
      }),

    /** Throws WrongGuess. */
    async signInWithPassword(email: string, password: string) {
      const [found] = await store.read(db => db.select().from(users).where(eq(users.email, email)))
      const right = await verifyPassword(password, found?.passwordHash ?? null)
      if (!found || !right) throw new WrongGuess(new PlatformError('wrong_sign_in'))
      return { userId: found.id, token: await store.change(db => openSession(db, found.id)) }
    },

    /** The provider vouches for the subject. An address that the provider has verified finds an account made by an admin. */
    signInWithOidc: (claims: {
      issuer: string
      subject: string
      name: string
      verifiedEmail: string | undefined
      role: AccountRole | undefined
    }) =>
      store.change(async db => {
        const { issuer, subject, name, verifiedEmail, role } = claims
        const [known] = await db
          .select()
          .from(users)
          .where(
            or(
              and(eq(users.oidcIssuer, issuer), eq(users.oidcSubject, subject)),
              verifiedEmail === undefined
                ? undefined
                : and(eq(users.email, verifiedEmail), isNull(users.oidcSubject)),
            ),
          )
        const userId = known?.id ?? newLearnerId()
        if (known)
          await db
            .update(users)
            .set({ oidcIssuer: issuer, oidcSubject: subject, ...(role ? { role } : {}) })
            .where(eq(users.id, known.id))
        else {
          if (role === undefined)
            throw new PlatformError('oidc_failed', { detail: 'this person has no role here' })
          await db.insert(users).values({
            id: userId,
            name,
            email: verifiedEmail ?? null,
            role,
            oidcIssuer: issuer,
            oidcSubject: subject,
            createdAt: now(),
          })
        }
        return { userId, token: await openSession(db, userId) }
      }),

    async signOut(token: string): Promise<void> {
      await store.change(db => db.delete(userSessions).where(eq(userSessions.tokenHash, hashToken(token))))
    },

    bySession: (token: string): Promise<Identity | undefined> =>
      store.read(async db => {
        const [row] = await db
          .select({ user: users })
          .from(userSessions)
          .innerJoin(users, eq(users.id, userSessions.userId))
          .where(and(eq(userSessions.tokenHash, hashToken(token)), gt(userSessions.expiresAt, now())))
        return row && { user: row.user, scopes: ['admin'], tokenId: undefined }
      }),

    byApiToken: (secret: string): Promise<Identity | undefined> =>
      store.read(async db => {
        if (!secret.startsWith(TOKEN_PREFIX)) return undefined
        const [row] = await db
          .update(apiTokens)
          .set({ lastUsedAt: now() })
          .where(
            and(
              eq(apiTokens.tokenHash, hashToken(secret)),
              or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now())),
            ),
          )
          .returning()
        if (!row) return undefined
        const [user] = await db.select().from(users).where(eq(users.id, row.userId))
        return user && { user, scopes: row.scopes, tokenId: row.id }
      }),

    userById: (id: string): Promise<UserRow | undefined> =>
      store.read(async db => (await db.select().from(users).where(eq(users.id, id)))[0]),
    allUsers: (): Promise<UserRow[]> =>
      store.read(db => db.select().from(users).where(ne(users.id, LOCAL)).orderBy(users.createdAt)),

    async createUser(db: Transaction, wanted: NewUser): Promise<UserRow> {
      await requireFreeEmail(db, wanted.email, undefined)
      const [made] = await db
        .insert(users)
        .values({ id: newLearnerId(), createdAt: now(), ...wanted })
        .returning()
      if (!made) throw new PlatformError('internal')
      return made
    },

    async changeUser(db: Transaction, id: string, change: Partial<NewUser>): Promise<UserRow> {
      const [before] = await db.select().from(users).where(eq(users.id, id)).for('update')
      if (!before) throw new PlatformError('unknown_account')
      if (before.role === 'admin' && change.role !== undefined && change.role !== 'admin')
        await otherAdmin(db)
      if (change.email !== undefined) await requireFreeEmail(db, change.email, id)
      // Whoever knew the old password is signed out.
      if (change.passwordHash !== undefined) await db.delete(userSessions).where(eq(userSessions.userId, id))
      if (Object.keys(change).length === 0) return before
      const [changed] = await db.update(users).set(change).where(eq(users.id, id)).returning()
      return changed ?? before
    },

    async deleteUser(db: Transaction, id: string): Promise<void> {
      const [before] = await db.select().from(users).where(eq(users.id, id))
      if (!before) throw new PlatformError('unknown_account')
      if (before.role === 'admin') await otherAdmin(db)
      await db.delete(users).where(eq(users.id, id))
    },

    /** A session for who has just changed their own password. */
    openSession,

    tokensOf: (userId: string): Promise<ApiToken[]> =>
      store.read(async db =>
        (await db.select().from(apiTokens).where(eq(apiTokens.userId, userId))).map(tokenOf),
      ),

    async createToken(
      db: Transaction,
      userId: string,
      wanted: { name: string; scopes: Scope[]; days?: number },
    ): Promise<{ token: ApiToken; secret: string }> {
      const secret = TOKEN_PREFIX + newToken()
      const [row] = await db
        .insert(apiTokens)
        .values({
          id: newLearnerId(),
          userId,
          tokenHash: hashToken(secret),
          name: wanted.name,
          scopes: [...new Set(wanted.scopes)],
          createdAt: now(),
          expiresAt: wanted.days === undefined ? null : after(wanted.days * DAY_MS),
        })
        .returning()
      if (!row) throw new PlatformError('internal')
      return { token: tokenOf(row), secret }
    },

    async deleteToken(db: Transaction, userId: string, id: string): Promise<void> {
      const gone = await db
        .delete(apiTokens)
        .where(and(eq(apiTokens.id, id), eq(apiTokens.userId, userId)))
        .returning()
      if (gone.length === 0) throw new PlatformError('unknown_account')
    },

    passwordHash: hashPassword,
    verifyPassword,
  }
}

export interface NewUser {
  name: string
  email: string
  role: AccountRole
  passwordHash?: string
}

const admins = (db: Pick<Database, '$count'>): Promise<number> =>
  db.$count(users, and(eq(users.role, 'admin'), ne(users.id, LOCAL)))

/** Undefined when there is an admin already: a printed link is good for the first one only. */
async function firstAdmin(db: Transaction, createdAt: Date): Promise<string | undefined> {
  if ((await admins(db)) > 0) return undefined
  const id = newLearnerId()
  await db.insert(users).values({ id, name: 'Admin', role: 'admin', createdAt })
  return id
}

async function otherAdmin(db: Transaction): Promise<void> {
  if ((await admins(db)) < 2) throw new PlatformError('last_admin')
}

async function requireFreeEmail(db: Transaction, email: string, own: string | undefined): Promise<void> {
  const [taken] = await db.select({ id: users.id }).from(users).where(eq(users.email, email))
  if (taken && taken.id !== own) throw new PlatformError('email_taken')
}

export const userOf = (row: UserRow): User => ({
  id: row.id,
  name: row.name,
  email: row.email,
  role: row.role,
  signIn: { password: row.passwordHash !== null, oidc: row.oidcSubject !== null },
  createdAt: row.createdAt.toISOString(),
  lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
})

const tokenOf = (row: typeof apiTokens.$inferSelect): ApiToken => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
})
