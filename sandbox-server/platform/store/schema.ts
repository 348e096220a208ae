/** The tables as drizzle sees them; the SQL files in migrations/ make them. */
import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const learners = pgTable('learners', {
  id: text('id').primaryKey(),
  createdAt: time('created_at').notNull(),
  lastSeenAt: time('last_seen_at').notNull(),
})

export const learnerSessions = pgTable('learner_sessions', {
  tokenHash: text('token_hash').primaryKey(),
  learnerId: text('learner_id').notNull(),
  ownLearnerId: text('own_learner_id'),
  createdAt: time('created_at').notNull(),
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
  workshopId: text('workshop_id').notNull(),
  learnerId: text('learner_id'),
  kind: text('kind').notNull(),
  chapter: text('chapter'),
  step: text('step'),
  details: jsonb('details').$type<Record<string, unknown>>().notNull(),
})

export const eventCursors = pgTable('event_cursors', {
  consumer: text('consumer').primaryKey(),
  eventId: bigint('event_id', { mode: 'number' }).notNull(),
})

export const users = pgTable('users', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email'),
  role: text('role', { enum: ['admin', 'instructor', 'assistant'] }).notNull(),
  passwordHash: text('password_hash'),
  oidcIssuer: text('oidc_issuer'),
  oidcSubject: text('oidc_subject'),
  createdAt: time('created_at').notNull(),
  lastSeenAt: time('last_seen_at'),
})

export const userSessions = pgTable('user_sessions', {
  tokenHash: text('token_hash').primaryKey(),
  userId: text('user_id').notNull(),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at').notNull(),
})

export const signInCodes = pgTable('sign_in_codes', {
  codeHash: text('code_hash').primaryKey(),
  userId: text('user_id'),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at').notNull(),
})

export const apiTokens = pgTable('api_tokens', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  tokenHash: text('token_hash').notNull(),
  name: text('name').notNull(),
  scopes: jsonb('scopes').$type<('read' | 'write' | 'admin')[]>().notNull(),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at'),
  lastUsedAt: time('last_used_at'),
})

export const workshops = pgTable('workshops', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['own', 'class'] }).notNull(),
  title: text('title').notNull(),
  language: text('language', { enum: ['en', 'zh'] }).notNull(),
  chapters: jsonb('chapters').$type<string[]>().notNull(),
  gating: boolean('gating').notNull(),
  seats: integer('seats').notNull(),
  opensAt: time('opens_at'),
  closesAt: time('closes_at'),
  sandboxLivesMinutes: integer('sandbox_lives_minutes'),
  sandboxSleepsAfterMinutes: integer('sandbox_sleeps_after_minutes'),
  pins: text('pins', { enum: ['choose', 'given', 'none'] }).notNull(),
  rosterOnly: boolean('roster_only').notNull(),
  recordings: boolean('recordings').notNull(),
  code: text('code'),
  ownerId: text('owner_id'),
  createdAt: time('created_at').notNull(),
  openedAt: time('opened_at'),
  closedAt: time('closed_at'),
  anonymisedAt: time('anonymised_at'),
})

export const workshopStaff = pgTable(
  'workshop_staff',
  {
    workshopId: text('workshop_id').notNull(),
    userId: text('user_id').notNull(),
    role: text('role', { enum: ['instructor', 'assistant'] }).notNull(),
  },
  table => [primaryKey({ columns: [table.workshopId, table.userId] })],
)

export const seats = pgTable('seats', {
  learnerId: text('learner_id').primaryKey(),
  workshopId: text('workshop_id').notNull(),
  name: text('name').notNull(),
  nameKey: text('name_key'),
  email: text('email'),
  group: text('group_name'),
  pinHash: text('pin_hash'),
  rejoinHash: text('rejoin_hash'),
  joinedAt: time('joined_at'),
  expiresAt: time('expires_at'),
  muted: boolean('muted').notNull(),
  handRaisedAt: time('hand_raised_at'),
  reviewChapter: text('review_chapter'),
  reviewStep: text('review_step'),
  reviewAt: time('review_at'),
  finishedAt: time('finished_at'),
  removedAt: time('removed_at'),
})

export const auditLog = pgTable('audit_log', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: time('at').notNull(),
  actor: text('actor').notNull(),
  actorName: text('actor_name'),
  action: text('action').notNull(),
  target: text('target'),
  workshopId: text('workshop_id'),
  allowed: boolean('allowed').notNull(),
  details: jsonb('details').$type<Record<string, unknown>>().notNull(),
})

export const webhooks = pgTable('webhooks', {
  id: text('id').primaryKey(),
  workshopId: text('workshop_id').notNull(),
  url: text('url').notNull(),
  events: jsonb('events').$type<string[]>().notNull(),
  secret: text('secret').notNull(),
  createdAt: time('created_at').notNull(),
})

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: text('id').primaryKey(),
  webhookId: text('webhook_id').notNull(),
  eventId: bigint('event_id', { mode: 'number' }).notNull(),
  event: text('event').notNull(),
  body: jsonb('body').$type<Record<string, unknown>>().notNull(),
  state: text('state', { enum: ['waiting', 'delivered', 'given-up'] }).notNull(),
  attempts: integer('attempts').notNull(),
  answer: text('answer'),
  createdAt: time('created_at').notNull(),
  nextAt: time('next_at'),
})

export const deviceLinks = pgTable('device_links', {
  tokenHash: text('token_hash').primaryKey(),
  learnerId: text('learner_id').notNull(),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at').notNull(),
})

export const guesses = pgTable('guesses', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  lastAt: time('last_at').notNull(),
  lockedUntil: time('locked_until'),
})
