/** Reads and writes of learners and their progress. A write is acknowledged when the database has it on disk. */
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { EventBell } from './event-bell.ts'
import { appendEvent } from './event-log.ts'
import { learnerSessions, learners, seats, stepProgress, workshops } from './schema.ts'

export interface StepProgress {
  step: string
  state: 'upcoming' | 'active' | 'passed' | 'skipped'
  /** Milliseconds since the epoch. */
  startedAt: number | undefined
  passedAt: number | undefined
  hintsOpened: number
  solutionShown: boolean
  /** What the step remembers of its checks; its shape is the checks' own affair. */
  checks: unknown
}

export interface LearnerEvent {
  kind: string
  chapter?: string
  step?: string
  details?: Record<string, unknown>
}

export interface ProgressStore {
  createLearner(id: string, tokenHash: string, now: number): Promise<void>
  learnerByTokenHash(tokenHash: string, now: number): Promise<string | undefined>
  /** Steps passed or skipped by chapter. */
  doneByChapter(learnerId: string): Promise<ReadonlyMap<string, ReadonlySet<string>>>
  stepsOf(learnerId: string, chapter: string): Promise<readonly StepProgress[]>
  /** The steps and the event that came with them, in one transaction. */
  save(
    learnerId: string,
    chapter: string,
    steps: readonly StepProgress[],
    event?: LearnerEvent,
  ): Promise<void>
}

/** A class that comes at once does not write at every request. */
const SEEN_EVERY_MS = 60_000

const toDate = (ms: number | undefined) => (ms === undefined ? null : new Date(ms))
const toMs = (date: Date | null) => date?.getTime()

/** Without a bell nobody is told of what is written. */
export const createProgressStore = (db: Database, now: () => number, bell?: EventBell): ProgressStore => ({
  async createLearner(id, tokenHash, at) {
    const time = new Date(at)
    // Whoever learns without a workshop has one of their own.
    const workshopId = `own-${id}`
    await db.transaction(async transaction => {
      await transaction.insert(learners).values({ id, createdAt: time, lastSeenAt: time })
      await transaction.insert(learnerSessions).values({ tokenHash, learnerId: id, createdAt: time })
      await transaction.insert(workshops).values({
        id: workshopId,
        kind: 'own',
        title: '',
        language: 'en',
        chapters: [],
        gating: false,
        seats: 1,
        pins: 'none',
        rosterOnly: false,
        recordings: false,
        createdAt: time,
        openedAt: time,
      })
      await transaction
        .insert(seats)
        .values({ learnerId: id, workshopId, name: '', muted: false, joinedAt: time })
    })
  },

  async learnerByTokenHash(tokenHash, at) {
    const [found] = await db
      .select({ id: learners.id, lastSeenAt: learners.lastSeenAt })
      .from(learnerSessions)
      .innerJoin(learners, eq(learners.id, learnerSessions.learnerId))
      .where(eq(learnerSessions.tokenHash, tokenHash))
    if (found && at - found.lastSeenAt.getTime() > SEEN_EVERY_MS)
      await db
        .update(learners)
        .set({ lastSeenAt: new Date(at) })
        .where(eq(learners.id, found.id))
    return found?.id
  },

  async doneByChapter(learnerId) {
    const rows = await db
      .select({ chapter: stepProgress.chapter, step: stepProgress.step })
      .from(stepProgress)
      .where(and(eq(stepProgress.learnerId, learnerId), eq(stepProgress.state, 'passed')))
    const chapters = new Map<string, Set<string>>()
    for (const { chapter, step } of rows)
      chapters.set(chapter, (chapters.get(chapter) ?? new Set<string>()).add(step))
    return chapters
  },

  async stepsOf(learnerId, chapter) {
    const rows = await db
      .select()
      .from(stepProgress)
      .where(and(eq(stepProgress.learnerId, learnerId), eq(stepProgress.chapter, chapter)))
    return rows.map(row => ({
      step: row.step,
      state: row.state,
      startedAt: toMs(row.startedAt),
      passedAt: toMs(row.passedAt),
      hintsOpened: row.hintsOpened,
      solutionShown: row.solutionShown,
      checks: row.checks,
    }))
  },

  async save(learnerId, chapter, steps, event) {
    await db.transaction(async transaction => {
      if (steps.length > 0)
        await transaction
          .insert(stepProgress)
          .values(
            steps.map(step => ({
              learnerId,
              chapter,
              step: step.step,
              state: step.state,
              startedAt: toDate(step.startedAt),
              passedAt: toDate(step.passedAt),
              hintsOpened: step.hintsOpened,
              solutionShown: step.solutionShown,
              checks: step.checks,
            })),
          )
          .onConflictDoUpdate({
            target: [stepProgress.learnerId, stepProgress.chapter, stepProgress.step],
            set: {
              state: sql`excluded.state`,
              startedAt: sql`excluded.started_at`,
              passedAt: sql`excluded.passed_at`,
              hintsOpened: sql`excluded.hints_opened`,
              solutionShown: sql`excluded.solution_shown`,
              checks: sql`excluded.checks`,
            },
          })
      if (event) await appendEvent(transaction, { ...event, at: now(), learnerId, chapter })
    })
    if (event) bell?.ring()
  },
})

/** A store that is still being opened; each call waits for it. */
export const deferredStore = (store: Promise<ProgressStore>): ProgressStore => ({
  createLearner: async (...args) => (await store).createLearner(...args),
  learnerByTokenHash: async (...args) => (await store).learnerByTokenHash(...args),
  doneByChapter: async learnerId => (await store).doneByChapter(learnerId),
  stepsOf: async (...args) => (await store).stepsOf(...args),
  save: async (...args) => (await store).save(...args),
})
