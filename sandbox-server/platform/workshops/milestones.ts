/**
 * What follows from other events: who has finished, who is stuck. Written once each, in the transaction of the reader's
 * mark, whichever server does it and whenever one of them is killed.
 */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Lesson } from '../../protocol/lesson.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import type { Transaction } from '../store/database.ts'
import type { EventBell } from '../store/event-bell.ts'
import { appendEvent, consumeEvents } from '../store/event-log.ts'
import { events, seats, stepProgress, workshops } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { slowAfterMs } from './live/help-score.ts'
import { percentile } from './live/step-stats.ts'

export interface ReaderDeps {
  store: Store
  clock: Clock
  log: Log
}

/** Steps of each workshop that has learners, as `chapter/step`. */
type StepsOf = (chapters: readonly string[]) => readonly string[]

export const stepsOfCourse =
  (lessons: ReadonlyMap<string, Lesson>): StepsOf =>
  chapters =>
    chapters.flatMap(chapter => (lessons.get(chapter)?.steps ?? []).map(step => `${chapter}/${step.id}`))

/** Marks as finished who has passed or skipped the last step of their workshop. Resolves with how many events were read. */
export const readMilestones = (store: Store, stepsOf: StepsOf, now: () => number): Promise<number> =>
  store.read(db =>
    consumeEvents(db, 'milestones', async (transaction, batch) => {
      const done = batch.filter(({ kind }) => kind === 'step-passed' || kind === 'step-skipped')
      const learnerIds = [...new Set(done.flatMap(({ learnerId }) => learnerId ?? []))]
      for (const learnerId of learnerIds) await finish(transaction, learnerId, stepsOf, now())
    }),
  )

async function finish(db: Transaction, learnerId: string, stepsOf: StepsOf, now: number): Promise<void> {
  const [found] = await db
    .select({ chapters: workshops.chapters, finishedAt: seats.finishedAt })
    .from(seats)
    .innerJoin(workshops, eq(workshops.id, seats.workshopId))
    .where(and(eq(seats.learnerId, learnerId), eq(workshops.kind, 'class')))
  if (!found || found.finishedAt) return
  const steps = stepsOf(found.chapters)
  const rows = await db
    .select({ chapter: stepProgress.chapter, step: stepProgress.step })
    .from(stepProgress)
    .where(and(eq(stepProgress.learnerId, learnerId), inArray(stepProgress.state, ['passed', 'skipped'])))
  const done = new Set(rows.map(({ chapter, step }) => `${chapter}/${step}`))
  if (steps.length === 0 || !steps.every(step => done.has(step))) return
  await db
    .update(seats)
    .set({ finishedAt: new Date(now) })
    .where(eq(seats.learnerId, learnerId))
  await appendEvent(db, { at: now, learnerId, kind: 'finished' })
}

/** Says once for each learner and step that somebody has been in it for longer than everybody else. */
export async function tellStuck(store: Store, now: number): Promise<number> {
  return store.change(async db => {
    const active = await db
      .select({
        learnerId: stepProgress.learnerId,
        chapter: stepProgress.chapter,
        step: stepProgress.step,
        startedAt: stepProgress.startedAt,
        workshopId: seats.workshopId,
      })
      .from(stepProgress)
      .innerJoin(seats, eq(seats.learnerId, stepProgress.learnerId))
      .innerJoin(workshops, eq(workshops.id, seats.workshopId))
      .where(
        and(
          eq(stepProgress.state, 'active'),
          eq(workshops.kind, 'class'),
          isNull(seats.removedAt),
          isNull(workshops.closedAt),
          // Nobody is stuck for a day: they have gone home.
          sql`${stepProgress.startedAt} > ${new Date(now - DAY_MS).toISOString()}::timestamptz`,
          sql`not exists (select 1 from ${events} where ${events.learnerId} = ${stepProgress.learnerId}
            and ${events.kind} = 'stuck' and ${events.chapter} = ${stepProgress.chapter}
            and ${events.step} = ${stepProgress.step} and ${events.at} >= ${stepProgress.startedAt})`,
        ),
      )
    let told = 0
    for (const one of active) {
      const spentMs = now - (one.startedAt?.getTime() ?? now)
      // The least that anybody calls slow: without asking for the median of most.
      if (spentMs < slowAfterMs(0) || spentMs < slowAfterMs(await medianOf(db, one))) continue
      const { learnerId, chapter, step } = one
      await appendEvent(db, { at: now, learnerId, kind: 'stuck', chapter, step, details: { spentMs } })
      told++
    }
    return told
  })
}

const DAY_MS = 24 * 3_600_000

async function medianOf(
  db: Transaction,
  { workshopId, chapter, step }: { workshopId: string; chapter: string; step: string },
): Promise<number | null> {
  const rows = await db
    .select({
      ms: sql<string>`extract(epoch from ${stepProgress.passedAt} - ${stepProgress.startedAt}) * 1000`,
    })
    .from(stepProgress)
    .innerJoin(seats, eq(seats.learnerId, stepProgress.learnerId))
    .where(
      and(
        eq(seats.workshopId, workshopId),
        eq(stepProgress.chapter, chapter),
        eq(stepProgress.step, step),
        eq(stepProgress.state, 'passed'),
      ),
    )
  return percentile(
    rows.map(({ ms }) => Number(ms)).sort((a, b) => a - b),
    0.5,
  )
}

/** Works off what there is whenever the bell rings, one run after the other; a failed run is tried again. */
export function followEvents(
  bell: EventBell,
  { clock, log }: ReaderDeps,
  name: string,
  work: () => Promise<number>,
): Disposable {
  let disposed = false
  let wanted = false
  let running = false
  let timer: Disposable | undefined
  const run = async () => {
    wanted = true
    if (running) return
    running = true
    try {
      while (wanted && !disposed) {
        wanted = false
        while (!disposed && (await work()) > 0);
      }
    } catch (error) {
      log.error('events could not be worked off', { reader: name, reason: reasonOf(error) })
      timer = clock.after(RETRY_MS, () => void run())
    } finally {
      running = false
    }
  }
  const listening = bell.onRing(() => void run())
  void run()
  return {
    dispose() {
      disposed = true
      listening.dispose()
      timer?.dispose()
    },
  }
}

const RETRY_MS = 5_000
