/**
 * What a learner's workshop says of their sandbox and steps: may it start, when does it sleep, which chapters and steps
 * are open. Read when a sandbox starts and kept for those who ask often.
 */
import { and, eq, isNotNull, isNull, lte, sql } from 'drizzle-orm'
import { PlatformError } from '../errors.ts'
import type { Clock } from '../lifecycle.ts'
import { seats, workshops } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { seatOfLearner } from './seat-store.ts'
import { requireOpen, statusOf, type WorkshopRow } from './workshop-status.ts'

export interface SeatPolicy {
  /** Throws what keeps the learner from a cluster; the first start begins the sandbox's life. */
  mayStart(learnerId: string): Promise<void>
  /** Throws `unknown_chapter` for a chapter that is not in the learner's workshop. */
  mayOpen(learnerId: string, chapter: string): Promise<WorkshopRow | undefined>
  /** Of a learner whose sandbox was started. */
  sleepsAfterMs(learnerId: string): number | undefined
  /** Undefined on one's own, or before the sandbox was started. */
  workshopOf(learnerId: string): WorkshopRow | undefined
  /** Whose time is over, since the last call. */
  expired(): Promise<string[]>
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function createSeatPolicy(store: Store, clock: Clock): SeatPolicy {
  const known = new Map<string, WorkshopRow>()
  let expiredSince = clock.now() - DAY_MS

  async function read(learnerId: string) {
    const found = await store.read(db => seatOfLearner(db, learnerId))
    if (!found || found.workshop.kind === 'own') return undefined
    known.set(learnerId, found.workshop)
    return found
  }

  return {
    async mayStart(learnerId) {
      const found = await read(learnerId)
      if (!found) return
      const { seat, workshop } = found
      const now = clock.now()
      if (seat.removedAt) throw new PlatformError('seat_removed')
      const status = statusOf(workshop, now)
      // Seats are warmed before the hour.
      if (!(status === 'scheduled' && !seat.joinedAt)) requireOpen(status)
      if (seat.expiresAt && seat.expiresAt.getTime() <= now) throw new PlatformError('sandbox_expired')
      if (seat.expiresAt || !seat.joinedAt || workshop.sandboxLivesMinutes === null) return
      const expiresAt = new Date(now + workshop.sandboxLivesMinutes * MINUTE_MS)
      await store.read(db =>
        db
          .update(seats)
          .set({ expiresAt })
          .where(and(eq(seats.learnerId, learnerId), isNull(seats.expiresAt))),
      )
    },

    async mayOpen(learnerId, chapter) {
      const found = await read(learnerId)
      if (!found) return undefined
      if (!found.workshop.chapters.includes(chapter)) throw new PlatformError('unknown_chapter', { chapter })
      return found.workshop
    },

    sleepsAfterMs(learnerId) {
      const minutes = known.get(learnerId)?.sandboxSleepsAfterMinutes
      return minutes ? minutes * MINUTE_MS : undefined
    },
    workshopOf: learnerId => known.get(learnerId),

    async expired() {
      const now = new Date(clock.now())
      const since = new Date(expiredSince)
      const rows = await store.read(db =>
        db
          .select({ id: seats.learnerId })
          .from(seats)
          .innerJoin(workshops, eq(workshops.id, seats.workshopId))
          .where(
            and(
              isNotNull(seats.expiresAt),
              lte(seats.expiresAt, now),
              sql`${seats.expiresAt} > ${since.toISOString()}::timestamptz`,
            ),
          ),
      )
      expiredSince = now.getTime()
      return rows.map(({ id }) => id)
    },
  }
}
