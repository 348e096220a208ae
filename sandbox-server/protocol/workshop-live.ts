/**
 * A workshop while it runs, over WebSockets. All need a page of this server (Origin); a message that is malformed gets
 * `error`, one that is too large or too many closes with a reason. Reconnecting begins again with the whole state.
 *
 *   /ws/workshop/<workshop>                                   instructor: `liveServerMessage`; `snapshot`, then `delta`s
 *   /ws/workshop/<workshop>/seats/<seat>/terminal/<terminal>  over the learner's shoulder: as /ws/terminal, and
 *                                                             `shadowControl`; input is taken while the learner allows it
 *   /ws/workshop/<workshop>/seats/<seat>/mesh                 the learner's mesh graph, as the learner's own stream
 *   /ws/seat                                                  learner: `seatServerMessage`, `seatClientMessage`
 *   /ws/seat/broadcast                                        learner: the instructor's terminal, as /ws/terminal, read-only
 */
import { z } from 'zod'
import { localized } from './lesson.ts'
import { sandboxState, workshop, workshopStatus } from './workshops.ts'

const time = z.string()
/** A step's column: `chapter/step`. */
const stepKey = z.string()

export const liveStep = z.object({ key: stepKey, chapter: z.string(), step: z.string(), title: localized })
export type LiveStep = z.infer<typeof liveStep>

/** One learner, without the cells. */
export const liveRow = z.object({
  seat: z.string(),
  name: z.string(),
  group: z.string().nullable(),
  online: z.boolean(),
  joinedAt: time.nullable(),
  lastSeenAt: time.nullable(),
  sandbox: z.object({
    state: sandboxState,
    /** Place in the queue, from 1; 0 when not queued. */
    queue: z.number().int(),
  }),
  /** Where they are now; null before the first step and after the last. */
  current: z.object({ key: stepKey, since: time }).nullable(),
  passed: z.number().int(),
  handRaisedAt: time.nullable(),
  /** The step that waits for the instructor's eyes. */
  readyForReview: z.object({ key: stepKey, at: time }).nullable(),
  muted: z.boolean(),
  /** Names of those who look over the shoulder, and whether the learner lets them type. */
  watchers: z.array(z.object({ user: z.string(), name: z.string(), mayType: z.boolean() })),
  expiresAt: time.nullable(),
  /** 0 is fine; sort by it, downwards. The reasons say why: hand, review, failing, slow, solution, idle, sandbox. */
  help: z.object({ score: z.number(), reasons: z.array(z.string()) }),
})
export type LiveRow = z.infer<typeof liveRow>

/** What a learner met in a step; cells that are not sent are `upcoming` and empty. */
export const liveCell = z.object({
  seat: z.string(),
  key: stepKey,
  state: z.enum(['upcoming', 'active', 'passed', 'skipped']),
  startedAt: time.nullable(),
  passedAt: time.nullable(),
  attempts: z.number().int(),
  hints: z.number().int(),
  solution: z.boolean(),
  /** The explanations that are shown to the learner now. */
  failing: z.array(z.object({ check: z.string(), explanation: z.string() })),
})
export type LiveCell = z.infer<typeof liveCell>

/** A step over all learners. */
export const liveStats = z.object({
  key: stepKey,
  /** Are in it and no check says why it fails. */
  waiting: z.number().int(),
  /** Are in it and look at an explanation. */
  failed: z.number().int(),
  passed: z.number().int(),
  skipped: z.number().int(),
  /** Of those who passed. */
  medianMs: z.number().nullable(),
  /** "7 of 24: subset without a DestinationRule"; most frequent first. */
  explanations: z.array(
    z.object({
      check: z.string(),
      explanation: z.string(),
      text: localized,
      /** Learners who look at it now, and who met it ever. */
      now: z.number().int(),
      ever: z.number().int(),
    }),
  ),
})
export type LiveStats = z.infer<typeof liveStats>

export const livePace = z.object({
  joined: z.number().int(),
  online: z.number().int(),
  finished: z.number().int(),
  /** Of steps passed, over those who joined. */
  medianPassed: z.number(),
  /** By all together, over the last ten minutes. */
  passedPerMinute: z.number(),
})
export type LivePace = z.infer<typeof livePace>

export const liveMessage = z.object({
  id: z.string(),
  at: time,
  /** Null: from staff to all or to `seat`. */
  from: z.object({ seat: z.string(), name: z.string() }).nullable(),
  /** Null: to all. */
  seat: z.string().nullable(),
  by: z.string().nullable(),
  text: z.string(),
  command: z.string().nullable(),
})
export type LiveMessage = z.infer<typeof liveMessage>

export const liveServerMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    /** The server's clock: durations are counted from it. */
    now: time,
    workshop,
    steps: z.array(liveStep),
    rows: z.array(liveRow),
    cells: z.array(liveCell),
    stats: z.array(liveStats),
    pace: livePace,
    messages: z.array(liveMessage),
    broadcast: z.object({ on: z.boolean(), by: z.string().nullable() }),
  }),
  /** What changed since; whole rows and whole cells, by `seat` and `key`. Several changes come together. */
  z.object({
    type: z.literal('delta'),
    now: time,
    rows: z.array(liveRow),
    removed: z.array(z.string()),
    cells: z.array(liveCell),
    stats: z.array(liveStats),
    pace: livePace.optional(),
  }),
  z.object({ type: z.literal('workshop'), workshop }),
  z.object({ type: z.literal('message'), message: liveMessage }),
  z.object({ type: z.literal('broadcast'), on: z.boolean(), by: z.string().nullable() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type LiveServerMessage = z.infer<typeof liveServerMessage>

/** The instructor acts by REST (seatAction, classAction); the socket only listens. */
export const liveClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping') }).strict(),
])

/** Text frames to an instructor who looks over a shoulder, beside the terminal's own. */
export const shadowControl = z.discriminatedUnion('type', [
  z.object({ type: z.literal('typing'), allowed: z.boolean() }),
  /** The learner has no such terminal (any more). */
  z.object({ type: z.literal('gone') }),
])
export type ShadowControl = z.infer<typeof shadowControl>

/** What the learner's page says. */
export const seatClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('raise-hand') }).strict(),
  z.object({ type: z.literal('lower-hand') }).strict(),
  z
    .object({ type: z.literal('ready-for-review'), chapter: z.string().max(100), step: z.string().max(100) })
    .strict(),
  z.object({ type: z.literal('not-ready') }).strict(),
  /** To the staff. */
  z.object({ type: z.literal('say'), text: z.string().trim().min(1).max(2000) }).strict(),
  /** Lets one who watches type along, or no more. */
  z.object({ type: z.literal('allow-typing'), watcher: z.string().max(60), allow: z.boolean() }).strict(),
])
export type SeatClientMessage = z.infer<typeof seatClientMessage>

export const seatServerMessage = z.discriminatedUnion('type', [
  /** First, and whenever one of it changes. */
  z.object({
    type: z.literal('seat'),
    name: z.string(),
    status: workshopStatus,
    handRaised: z.boolean(),
    readyForReview: z.object({ chapter: z.string(), step: z.string() }).nullable(),
    muted: z.boolean(),
    expiresAt: time.nullable(),
    closesAt: time.nullable(),
  }),
  /** Who looks over the learner's shoulder; empty: nobody. */
  z.object({
    type: z.literal('watched'),
    watchers: z.array(z.object({ id: z.string(), name: z.string(), mayType: z.boolean() })),
  }),
  z.object({ type: z.literal('message'), message: liveMessage }),
  /** The instructor's answer to "ready for review". */
  z.object({
    type: z.literal('reviewed'),
    chapter: z.string(),
    step: z.string(),
    accepted: z.boolean(),
    text: z.string().nullable(),
  }),
  /** The instructor put the learner there: follow. */
  z.object({
    type: z.literal('moved'),
    chapter: z.string(),
    step: z.string(),
    how: z.enum(['reset-step', 'jump-to-step']),
  }),
  z.object({ type: z.literal('broadcast'), on: z.boolean(), by: z.string().nullable() }),
  /** The socket closes after it. */
  z.object({ type: z.literal('removed') }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type SeatServerMessage = z.infer<typeof seatServerMessage>
