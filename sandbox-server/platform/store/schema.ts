/** The tables as drizzle sees them; the SQL files in migrations/ make them. */
import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const learners = pgTable('learners', {
  id: text('id').primaryKey(),
  tokenHash: text('token_hash').notNull().unique(),
  createdAt: time('created_at').notNull(),
  lastSeenAt: time('last_seen_at').notNull(),
})

export const stepProgress = pgTable(
  'step_progress',
  {
    learnerId: text('learner_id').notNull(),
    chapter: text('chapter').notNull(),
    step: text('step').notNull(),
    state: text('state', { enum: ['upcoming', 'active', 'passed', 'skipped'] }).notNull(),
    startedAt: time('started_at'),
    passedAt: time('passed_at'),
    hintsOpened: integer('hints_opened').notNull().default(0),
    solutionShown: boolean('solution_shown').notNull().default(false),
    checks: jsonb('checks').$type<unknown>().notNull(),
  },
  table => [primaryKey({ columns: [table.learnerId, table.chapter, table.step] })],
)

export const events = pgTable('events', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: time('at').notNull(),
  learnerId: text('learner_id').notNull(),
  kind: text('kind').notNull(),
  chapter: text('chapter'),
  step: text('step'),
  details: jsonb('details').$type<Record<string, unknown>>().notNull(),
})
