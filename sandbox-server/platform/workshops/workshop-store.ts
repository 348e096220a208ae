/** Workshops in the database: making, finding, changing, counting. */
import { and, count, desc, eq, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { ChangeWorkshop, CreateWorkshop, Workshop } from '../../protocol/workshops.ts'
import type { UserRow } from '../auth/accounts.ts'
import { type Action, actions, roleIn } from '../auth/permissions.ts'
import { newLearnerId } from '../learners/session-token.ts'
import type { Database, Transaction } from '../store/database.ts'
import { appendEvent } from '../store/event-log.ts'
import { seats, workshopStaff, workshops } from '../store/schema.ts'
import { newJoinCode, shownCode } from './join-code.ts'
import { statusOf, type WorkshopRow } from './workshop-status.ts'

export interface FoundWorkshop {
  row: WorkshopRow
  staffRole: 'instructor' | 'assistant' | undefined
}

/** With the role that `userId` has on its staff. A learner's own course is nobody's to find. */
export async function findWorkshop(
  db: Pick<Database, 'select'>,
  id: string,
  userId: string,
): Promise<FoundWorkshop | undefined> {
  const [found] = await withStaff(db, userId).where(and(eq(workshops.id, id), eq(workshops.kind, 'class')))
  return found && { row: found.workshops, staffRole: found.workshop_staff?.role }
}

export async function workshopsOf(db: Pick<Database, 'select'>, user: UserRow): Promise<FoundWorkshop[]> {
  const mine: SQL | undefined =
    user.role === 'admin' ? undefined : or(eq(workshops.ownerId, user.id), isNotNull(workshopStaff.userId))
  const rows = await withStaff(db, user.id)
    .where(and(eq(workshops.kind, 'class'), mine))
    .orderBy(desc(workshops.createdAt))
  return rows.map(found => ({ row: found.workshops, staffRole: found.workshop_staff?.role }))
}

const withStaff = (db: Pick<Database, 'select'>, userId: string) =>
  db
    .select()
    .from(workshops)
    .leftJoin(
      workshopStaff,
      and(eq(workshopStaff.workshopId, workshops.id), eq(workshopStaff.userId, userId)),
    )

export const membershipIn = ({ row, staffRole }: FoundWorkshop, user: UserRow) =>
  roleIn({ account: user, ownerId: row.ownerId, staffRole })

export async function workshopById(
  db: Pick<Database, 'select'>,
  id: string,
): Promise<WorkshopRow | undefined> {
  const [found] = await db.select().from(workshops).where(eq(workshops.id, id))
  return found
}

export async function workshopByCode(
  db: Pick<Database, 'select'>,
  code: string,
): Promise<WorkshopRow | undefined> {
  const [found] = await db.select().from(workshops).where(eq(workshops.code, code))
  return found
}

const toDate = (text: string | null) => (text === null ? null : new Date(text))

export async function createWorkshop(
  db: Transaction,
  wanted: CreateWorkshop,
  ownerId: string,
  now: number,
): Promise<WorkshopRow> {
  const { open, opensAt, closesAt, ...settings } = wanted
  const time = new Date(now)
  const [row] = await db
    .insert(workshops)
    .values({
      ...settings,
      id: `w${newLearnerId()}${newLearnerId()}`,
      kind: 'class',
      opensAt: toDate(opensAt),
      closesAt: toDate(closesAt),
      code: newJoinCode(),
      ownerId,
      createdAt: time,
      openedAt: open ? time : null,
    })
    .returning()
  if (!row) throw new TypeError('an insert returned nothing')
  await appendEvent(db, { at: now, workshopId: row.id, kind: 'workshop-created' })
  return row
}

export async function changeWorkshop(
  db: Transaction,
  id: string,
  change: ChangeWorkshop | { openedAt: Date; closedAt: null; closesAt?: null } | { closedAt: Date },
  event: { kind: string; at: number },
): Promise<WorkshopRow> {
  const set: Partial<typeof workshops.$inferInsert> = { ...withDates(change) }
  const [row] =
    Object.keys(set).length === 0
      ? await db.select().from(workshops).where(eq(workshops.id, id))
      : await db.update(workshops).set(set).where(eq(workshops.id, id)).returning()
  if (!row) throw new TypeError('a workshop that was just found is gone')
  await appendEvent(db, { ...event, workshopId: id })
  return row
}

function withDates(change: Parameters<typeof changeWorkshop>[2]): Partial<typeof workshops.$inferInsert> {
  const { opensAt, closesAt, ...rest }: ChangeWorkshop = 'closedAt' in change ? {} : change
  const times = {
    ...(opensAt === undefined ? {} : { opensAt: toDate(opensAt) }),
    ...(closesAt === undefined ? {} : { closesAt: toDate(closesAt) }),
  }
  return 'closedAt' in change ? change : { ...rest, ...times }
}

/** Seats that somebody has, or that are kept for somebody on the list. */
export async function takenSeats(db: Pick<Database, 'select'>, workshopId: string): Promise<number> {
  const [row] = await db
    .select({ taken: count() })
    .from(seats)
    .where(and(eq(seats.workshopId, workshopId), isNull(seats.removedAt), sql`${seats.name} <> ''`))
  return row?.taken ?? 0
}

export interface ShownFor {
  now: number
  baseUrl: string
  taken: number
  online: number
  may(action: Action): boolean
}

export const workshopOf = (row: WorkshopRow, shown: ShownFor): Workshop => ({
  id: row.id,
  title: row.title,
  language: row.language,
  chapters: row.chapters,
  gating: row.gating,
  seats: row.seats,
  opensAt: row.opensAt?.toISOString() ?? null,
  closesAt: row.closesAt?.toISOString() ?? null,
  sandboxLivesMinutes: row.sandboxLivesMinutes ?? 8 * 60,
  sandboxSleepsAfterMinutes: row.sandboxSleepsAfterMinutes ?? 20,
  pins: row.pins,
  rosterOnly: row.rosterOnly,
  recordings: row.recordings,
  status: statusOf(row, shown.now),
  code: shownCode(row.code ?? ''),
  joinUrl: joinUrl(shown.baseUrl, row),
  taken: shown.taken,
  online: shown.online,
  createdAt: row.createdAt.toISOString(),
  openedAt: row.openedAt?.toISOString() ?? null,
  closedAt: row.closedAt?.toISOString() ?? null,
  anonymisedAt: row.anonymisedAt?.toISOString() ?? null,
  may: actions.filter(shown.may),
})

export const joinUrl = (baseUrl: string, row: WorkshopRow): string =>
  `${baseUrl}/join/#${shownCode(row.code ?? '')}`
/** Behind the hash: a secret that no server log sees. */
export const rejoinUrl = (baseUrl: string, token: string): string => `${baseUrl}/join/#back=${token}`
