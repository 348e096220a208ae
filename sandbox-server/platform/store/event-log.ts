/**
 * The order of everything that happened. A change writes its event in its own transaction; readers follow by number and
 * keep how far they came in the transaction of what they made of it, so that nothing is lost or done twice.
 */
import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Database, Transaction } from './database.ts'
import { eventCursors, events } from './schema.ts'

export interface StoredEvent {
  /** Grows in the order in which events became visible. */
  id: number
  at: Date
  workshopId: string
  learnerId: string | null
  kind: string
  chapter: string | null
  step: string | null
  details: Record<string, unknown>
}

export interface NewEvent {
  at: number
  /** Left out: the workshop of the learner's seat. */
  workshopId?: string
  learnerId?: string
  kind: string
  chapter?: string
  step?: string
  details?: Record<string, unknown>
}

/** Any number that no other program on the database uses; held until the transaction ends. */
const ORDER_LOCK = 7_304_512

/**
 * Numbers are given under a lock that lasts until the commit: otherwise a smaller number could become visible after a
 * larger one, behind a reader's back.
 */
export async function appendEvent(transaction: Transaction, event: NewEvent): Promise<void> {
  const workshop: SQL = event.workshopId
    ? sql`${event.workshopId}::text`
    : sql`(select workshop_id from seats where learner_id = ${event.learnerId ?? ''})`
  await transaction.execute(sql`
    with locked as materialized (select pg_advisory_xact_lock(${ORDER_LOCK}::bigint)::text as held)
    insert into events (at, workshop_id, learner_id, kind, chapter, step, details)
    select ${new Date(event.at).toISOString()}::timestamptz, ${workshop}, ${event.learnerId ?? null}::text,
      ${event.kind}::text, ${event.chapter ?? null}::text, ${event.step ?? null}::text,
      ${JSON.stringify(event.details ?? {})}::text::jsonb
    from locked`)
}

const BATCH = 500

/** Events after `after`, oldest first, at most a batch of them. */
export function readEvents(
  db: Pick<Database, 'select'>,
  { after, workshopId }: { after: number; workshopId?: string },
): Promise<StoredEvent[]> {
  const ofWorkshop = workshopId === undefined ? undefined : eq(events.workshopId, workshopId)
  return db
    .select()
    .from(events)
    .where(and(gt(events.id, after), ofWorkshop))
    .orderBy(asc(events.id))
    .limit(BATCH)
}

export async function newestEventId(db: Pick<Database, 'execute' | 'select'>): Promise<number> {
  const [row] = await db.select({ id: sql<string | null>`max(${events.id})` }).from(events)
  return Number(row?.id ?? 0)
}

/**
 * Hands the next events to `consume` within one transaction with the reader's mark. Resolves with how many there were;
 * rejects, with nothing done, when `consume` does.
 */
export function consumeEvents(
  db: Database,
  consumer: string,
  consume: (transaction: Transaction, batch: readonly StoredEvent[]) => Promise<void>,
): Promise<number> {
  return db.transaction(async transaction => {
    // Locked: of several servers one reads at a time.
    const [cursor] = await transaction
      .select()
      .from(eventCursors)
      .where(eq(eventCursors.consumer, consumer))
      .for('update')
    const batch = await readEvents(transaction, { after: cursor?.eventId ?? 0 })
    const last = batch.at(-1)
    if (!last) return 0
    await consume(transaction, batch)
    await transaction
      .insert(eventCursors)
      .values({ consumer, eventId: last.id })
      .onConflictDoUpdate({ target: eventCursors.consumer, set: { eventId: last.id } })
    return batch.length
  })
}
