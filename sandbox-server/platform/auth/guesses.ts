/**
 * Slows and locks guessing of codes, PINs and passwords. Failures are counted per key (what was guessed at, from where)
 * in the database, so that neither a restart nor another server forgets them.
 */
import { eq, sql } from 'drizzle-orm'
import { PlatformError } from '../errors.ts'
import type { Clock } from '../lifecycle.ts'
import { guesses } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export interface GuessPolicy {
  /** So many failures are free. */
  free: number
  /** The first lock; each further failure doubles it. */
  firstLockMs: number
  longestLockMs: number
  /** Without a failure for so long all is forgotten. */
  forgetMs: number
}

const MINUTE_MS = 60_000

export const policies = {
  /** A whole class behind one address mistypes now and then. */
  joinCode: { free: 20, firstLockMs: 15_000, longestLockMs: 15 * MINUTE_MS, forgetMs: 10 * MINUTE_MS },
  /** Of one seat, from one address. */
  pinHere: { free: 4, firstLockMs: 30_000, longestLockMs: 60 * MINUTE_MS, forgetMs: 60 * MINUTE_MS },
  /** Of one seat, from anywhere: many addresses do not help. */
  pin: { free: 12, firstLockMs: 60_000, longestLockMs: 60 * MINUTE_MS, forgetMs: 120 * MINUTE_MS },
  passwordHere: { free: 5, firstLockMs: 30_000, longestLockMs: 60 * MINUTE_MS, forgetMs: 60 * MINUTE_MS },
  password: { free: 20, firstLockMs: 60_000, longestLockMs: 60 * MINUTE_MS, forgetMs: 120 * MINUTE_MS },
  /** Sign-in links and links back to a seat: 256 bits, so anything is an attack or an old link. */
  link: { free: 10, firstLockMs: 30_000, longestLockMs: 15 * MINUTE_MS, forgetMs: 10 * MINUTE_MS },
} as const satisfies Record<string, GuessPolicy>

export interface GuessKey {
  policy: keyof typeof policies
  key: string
}

export interface Guesses {
  /** Does what may turn out to be a wrong guess. Throws `locked_out` before it is tried when one of the keys is locked. */
  guard<T>(keys: readonly GuessKey[], guess: () => Promise<T>): Promise<T>
}

/** Thrown by a guess that was wrong; `shown` is what the person is told. */
export class WrongGuess extends Error {
  readonly shown: PlatformError
  constructor(shown: PlatformError) {
    super(shown.message)
    this.shown = shown
  }
}

export function createGuesses(store: Store, clock: Clock): Guesses {
  const id = ({ policy, key }: GuessKey) => `${policy}:${key}`

  async function requireUnlocked(one: GuessKey): Promise<void> {
    const [row] = await store.read(db =>
      db
        .select()
        .from(guesses)
        .where(eq(guesses.key, id(one))),
    )
    const leftMs = (row?.lockedUntil?.getTime() ?? 0) - clock.now()
    if (leftMs > 0) throw new PlatformError('locked_out', { seconds: Math.ceil(leftMs / 1000) })
  }

  /** In the database alone, so that guesses that come at once are all counted. */
  async function fail(one: GuessKey): Promise<void> {
    const policy = policies[one.policy]
    const now = clock.now()
    await store.read(async db => {
      const [row] = await db
        .insert(guesses)
        .values({ key: id(one), failures: 1, lastAt: new Date(now), lockedUntil: null })
        .onConflictDoUpdate({
          target: guesses.key,
          set: {
            failures: sql`case when ${guesses.lastAt} < ${new Date(now - policy.forgetMs).toISOString()}::timestamptz then 1 else ${guesses.failures} + 1 end`,
            lastAt: new Date(now),
          },
        })
        .returning({ failures: guesses.failures })
      const until = now + lockMs(policy, row?.failures ?? 1)
      if (until > now)
        await db
          .update(guesses)
          .set({ lockedUntil: new Date(until) })
          .where(eq(guesses.key, id(one)))
    })
  }

  return {
    async guard(keys, guess) {
      for (const key of keys) await requireUnlocked(key)
      try {
        return await guess()
      } catch (error) {
        if (!(error instanceof WrongGuess)) throw error
        for (const key of keys) await fail(key)
        throw error.shown
      }
    },
  }
}

/** How long the next guess waits after so many failures. */
export const lockMs = ({ free, firstLockMs, longestLockMs }: GuessPolicy, failures: number): number =>
  failures < free ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** Math.min(30, failures - free))
