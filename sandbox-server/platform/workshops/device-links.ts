/** Secrets that carry a learner into another browser: each works once, for ten minutes, and only its hash is kept. */
import { and, eq, gt, lt, or } from 'drizzle-orm'
import { hashToken, newToken } from '../learners/session-token.ts'
import type { Transaction } from '../store/database.ts'
import { deviceLinks } from '../store/schema.ts'

const LINK_LASTS_MS = 10 * 60_000

/** The learner's earlier link ends, and so do those of others that have expired. */
export async function newDeviceLink(
  db: Transaction,
  learnerId: string,
  now: number,
): Promise<{ token: string; expiresAt: Date }> {
  const token = newToken()
  const expiresAt = new Date(now + LINK_LASTS_MS)
  await db
    .delete(deviceLinks)
    .where(or(eq(deviceLinks.learnerId, learnerId), lt(deviceLinks.expiresAt, new Date(now))))
  await db
    .insert(deviceLinks)
    .values({ tokenHash: hashToken(token), learnerId, createdAt: new Date(now), expiresAt })
  return { token, expiresAt }
}

/** Whose link it was; undefined for one that is unknown, used or expired. Of two who use it at once one gets it. */
export async function takeDeviceLink(
  db: Transaction,
  token: string,
  now: number,
): Promise<string | undefined> {
  const [used] = await db
    .delete(deviceLinks)
    .where(and(eq(deviceLinks.tokenHash, hashToken(token)), gt(deviceLinks.expiresAt, new Date(now))))
    .returning()
  return used?.learnerId
}
