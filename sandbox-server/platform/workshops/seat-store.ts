/** Seats in the database: who joins, who comes back, and what is done to them. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { PlatformError } from '../errors.ts'
import { hashToken, newLearnerId, newToken } from '../learners/session-token.ts'
import type { Database, Transaction } from '../store/database.ts'
import { appendEvent } from '../store/event-log.ts'
import { learnerSessions, learners, seats, workshops } from '../store/schema.ts'
import type { RosterRow } from './roster.ts'
import { requireJoinable, type WorkshopRow } from './workshop-status.ts'
import { takenSeats } from './workshop-store.ts'

export type SeatRow = typeof seats.$inferSelect

type Reader = Pick<Database, 'select'>

/** Those with a name, in a workshop of others. */
export async function seatsOf(db: Reader, workshopId: string) {
  return db
    .select({ seat: seats, lastSeenAt: learners.lastSeenAt })
    .from(seats)
    .innerJoin(learners, eq(learners.id, seats.learnerId))
    .where(and(eq(seats.workshopId, workshopId), sql`${seats.name} <> ''`))
    .orderBy(seats.name)
}

/** Throws `unknown_seat`, also for a seat in another workshop. */
export async function seatIn(db: Reader, workshopId: string, seatId: string): Promise<SeatRow> {
  const [found] = await db
    .select()
    .from(seats)
    .where(and(eq(seats.learnerId, seatId), eq(seats.workshopId, workshopId), sql`${seats.name} <> ''`))
  if (!found) throw new PlatformError('unknown_seat')
  return found
}

export async function seatByName(db: Reader, workshopId: string, key: string): Promise<SeatRow | undefined> {
  const [found] = await db
    .select()
    .from(seats)
    .where(and(eq(seats.workshopId, workshopId), eq(seats.nameKey, key)))
  return found
}

export interface SeatWithWorkshop {
  seat: SeatRow
  workshop: WorkshopRow
}

export async function seatOfLearner(db: Reader, learnerId: string): Promise<SeatWithWorkshop | undefined> {
  const [found] = await db
    .select({ seat: seats, workshop: workshops })
    .from(seats)
    .innerJoin(workshops, eq(workshops.id, seats.workshopId))
    .where(eq(seats.learnerId, learnerId))
  return found
}

export async function seatByRejoinToken(db: Reader, token: string): Promise<SeatWithWorkshop | undefined> {
  const [found] = await db
    .select({ seat: seats, workshop: workshops })
    .from(seats)
    .innerJoin(workshops, eq(workshops.id, seats.workshopId))
    .where(and(eq(seats.rejoinHash, hashToken(token)), isNull(seats.removedAt)))
  return found
}

export interface Joining {
  name: string
  key: string
  pinHash: string | null
  now: number
}

/** A seat for somebody who was not here before, with the link to come back by. Throws what keeps them out. */
export async function takeSeat(
  db: Transaction,
  workshopId: string,
  joining: Joining,
): Promise<{ seat: SeatRow; rejoinToken: string }> {
  // Locked: the last seat is given once.
  const [workshop] = await db.select().from(workshops).where(eq(workshops.id, workshopId)).for('update')
  if (!workshop) throw new PlatformError('unknown_code')
  const kept = await seatByName(db, workshopId, joining.key)
  if (kept?.joinedAt) throw new PlatformError('name_taken')
  requireJoinable(workshop, kept ? 0 : await takenSeats(db, workshopId), joining.now)
  if (!kept && workshop.rosterOnly) throw new PlatformError('not_on_roster')
  const rejoinToken = newToken()
  const joined = {
    joinedAt: new Date(joining.now),
    rejoinHash: hashToken(rejoinToken),
    ...(kept?.pinHash ? {} : { pinHash: joining.pinHash }),
  }
  const seatId =
    kept?.learnerId ?? (await spareSeat(db, workshopId)) ?? (await newSeat(db, workshopId, joining.now))
  const [seat] = await db
    .update(seats)
    .set(kept ? joined : { ...joined, name: joining.name, nameKey: joining.key })
    .where(eq(seats.learnerId, seatId))
    .returning()
  if (!seat) throw new TypeError('a seat that was just found is gone')
  await appendEvent(db, {
    at: joining.now,
    workshopId,
    learnerId: seatId,
    kind: 'joined',
    details: { name: seat.name },
  })
  return { seat, rejoinToken }
}

/** A seat without a name, whose sandbox may be warm already. */
async function spareSeat(db: Transaction, workshopId: string): Promise<string | undefined> {
  const [spare] = await db
    .select({ id: seats.learnerId })
    .from(seats)
    .where(and(eq(seats.workshopId, workshopId), eq(seats.name, ''), isNull(seats.removedAt)))
    .orderBy(seats.learnerId)
    .limit(1)
  return spare?.id
}

export async function newSeat(
  db: Transaction,
  workshopId: string,
  now: number,
  more: Partial<typeof seats.$inferInsert> = {},
): Promise<string> {
  const id = newLearnerId()
  const time = new Date(now)
  await db.insert(learners).values({ id, createdAt: time, lastSeenAt: time })
  await db.insert(seats).values({ learnerId: id, workshopId, name: '', muted: false, ...more })
  return id
}

/** A cookie for the seat; the learner that this browser was on its own is kept for the way back. */
export async function openSeatSession(
  db: Transaction,
  learnerId: string,
  before: string | undefined,
  now: number,
): Promise<string> {
  const token = newToken()
  await db.insert(learnerSessions).values({
    tokenHash: hashToken(token),
    learnerId,
    ownLearnerId: before === undefined ? null : await ownLearnerOf(db, before),
    createdAt: new Date(now),
  })
  return token
}

/** Whom the session's browser is (or was, before it joined) on its own. */
export async function ownLearnerOf(db: Reader, sessionToken: string): Promise<string | null> {
  const [found] = await db
    .select({ learner: learnerSessions.learnerId, own: learnerSessions.ownLearnerId, kind: workshops.kind })
    .from(learnerSessions)
    .innerJoin(seats, eq(seats.learnerId, learnerSessions.learnerId))
    .innerJoin(workshops, eq(workshops.id, seats.workshopId))
    .where(eq(learnerSessions.tokenHash, hashToken(sessionToken)))
  if (!found) return null
  return found.kind === 'own' ? found.learner : found.own
}

/** Seats for those on the list who have none yet. */
export async function addRoster(
  db: Transaction,
  workshop: WorkshopRow,
  rows: readonly (RosterRow & { pinHash: string | null; rejoinToken: string })[],
  now: number,
): Promise<{ id: string; row: RosterRow & { rejoinToken: string } }[]> {
  const known = new Set((await seatsOf(db, workshop.id)).map(({ seat }) => seat.nameKey))
  const fresh = rows.filter(row => !known.has(row.key))
  const taken = await takenSeats(db, workshop.id)
  if (taken + fresh.length > workshop.seats)
    throw new PlatformError('workshop_full', { seats: workshop.seats })
  const made = []
  for (const row of fresh) {
    const id = await newSeat(db, workshop.id, now, {
      name: row.name,
      nameKey: row.key,
      email: row.email,
      group: row.group,
      pinHash: row.pinHash,
      rejoinHash: hashToken(row.rejoinToken),
    })
    await appendEvent(db, {
      at: now,
      workshopId: workshop.id,
      learnerId: id,
      kind: 'listed',
      details: { name: row.name },
    })
    made.push({ id, row })
  }
  return made
}

/** A change of a seat with its event. */
export async function changeSeat(
  db: Transaction,
  seatId: string,
  set: Partial<typeof seats.$inferInsert>,
  event: { at: number; kind: string; chapter?: string; step?: string; details?: Record<string, unknown> },
): Promise<void> {
  if (Object.keys(set).length > 0) await db.update(seats).set(set).where(eq(seats.learnerId, seatId))
  await appendEvent(db, { ...event, learnerId: seatId })
}

/** Somebody on the list is here. */
export async function joinListed(db: Transaction, seat: SeatRow, now: number): Promise<void> {
  await db
    .update(seats)
    .set({ joinedAt: new Date(now) })
    .where(eq(seats.learnerId, seat.learnerId))
  await appendEvent(db, { at: now, learnerId: seat.learnerId, kind: 'joined', details: { name: seat.name } })
}

/** Seats to start ahead: those on the list who are not here yet, then spare ones, made when there are too few. */
export async function warmableSeats(
  db: Transaction,
  workshop: WorkshopRow,
  wanted: number,
  now: number,
): Promise<string[]> {
  const waiting = await db
    .select({ id: seats.learnerId, name: seats.name })
    .from(seats)
    .where(and(eq(seats.workshopId, workshop.id), isNull(seats.joinedAt), isNull(seats.removedAt)))
    .orderBy(sql`${seats.name} = ''`, seats.learnerId)
  const ids = waiting.map(({ id }) => id).slice(0, wanted)
  const free = workshop.seats - (await takenSeats(db, workshop.id))
  const spare = waiting.filter(({ name }) => name === '').length
  for (let more = Math.min(wanted - ids.length, free - spare); more > 0; more--)
    ids.push(await newSeat(db, workshop.id, now))
  return ids
}
