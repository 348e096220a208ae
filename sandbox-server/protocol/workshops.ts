/**
 * Workshops over REST, for an instructor's pages, scripts and learners who join. Everything is JSON under `/api` unless
 * it says otherwise; times are RFC 3339, durations say their unit; errors are `errorResponse` of messages.ts. Another
 * workshop's or learner's identifier is a 404. The live view is in workshop-live.ts, signing in is in accounts.ts, the
 * OpenAPI document at `/api/openapi.json`.
 *
 * For the instructor (cookie of a sign-in, or `Authorization: Bearer TOKEN`):
 *   GET    /api/workshops                               workshopsResponse
 *   POST   /api/workshops                               createWorkshop → workshop
 *   GET    /api/workshops/:workshop                     workshop
 *   PATCH  /api/workshops/:workshop                     changeWorkshop → workshop
 *   DELETE /api/workshops/:workshop                     with everything in it
 *   POST   /api/workshops/:workshop/open | close        now → workshop
 *   POST   /api/workshops/:workshop/prewarm             prewarm → prewarmResponse
 *   GET    /api/workshops/:workshop/qr.svg              the join link as a QR code
 *   GET    /api/workshops/:workshop/seats               seatsResponse
 *   POST   /api/workshops/:workshop/roster              a CSV (text/csv, or {csv}) → rosterResponse
 *   POST   /api/workshops/:workshop/seats/:seat/action  seatAction → done
 *   POST   /api/workshops/:workshop/seats/:seat/link    a new link to come back by (ends the old one) → rejoinLinkResponse
 *   POST   /api/workshops/:workshop/action              classAction (to all) → done
 *   GET    /api/workshops/:workshop/report              report (for charts)
 *   GET    /api/workshops/:workshop/results.json|.csv   results, a row per learner
 *   GET    /api/workshops/:workshop/steps.csv           a row per learner and step
 *   GET    /api/workshops/:workshop/seats/:seat/replay  replay
 *   GET    /api/workshops/:workshop/seats/:seat/recordings/:terminal.cast   asciicast v2
 *   DELETE /api/workshops/:workshop/personal-data       names, PINs, recordings; counts stay → workshop
 *   GET    /api/workshops/:workshop/audit               auditResponse
 *   GET    /api/workshops/:workshop/staff               staffResponse; PUT/DELETE …/staff/:user (changeStaff)
 *   GET    /api/workshops/:workshop/webhooks            webhooksResponse; POST createWebhook, DELETE …/:webhook
 *   GET    /api/workshops/:workshop/webhooks/:webhook/deliveries   deliveriesResponse
 *   GET    /api/capacity                                capacityResponse
 *
 * For the learner (no account):
 *   GET    /api/join/:code                              joinInfo
 *   POST   /api/join                                    joinRequest → joinResponse
 *   POST   /api/join/link                               rejoinByLink → joinResponse (the link is /join/#back=TOKEN)
 *   GET    /api/seat                                    seatResponse
 *   POST   /api/seat/leave                              back to a course of one's own
 */
import { z } from 'zod'
import { localized } from './lesson.ts'
import { language } from './steps.ts'

export * from './accounts.ts'

const minutes = z
  .number()
  .int()
  .min(1)
  .max(60 * 24 * 90)
const time = z.string().datetime({ offset: true })
const chapterList = z.array(z.string().max(100)).min(1).max(100)

/** `scheduled` before it opens, `open`, `closed` by the instructor, `expired` after `closesAt` or without its personal data. */
export const workshopStatus = z.enum(['scheduled', 'open', 'closed', 'expired'])
export type WorkshopStatus = z.infer<typeof workshopStatus>

/** How a learner is known again. `choose`: their own PIN of 4 to 8 digits; `given`: the server makes one; `none`: by link only. */
export const pinPolicy = z.enum(['choose', 'given', 'none'])

const settings = {
  title: z.string().trim().min(1).max(120),
  language,
  /** Ids, in the order in which they are taken. */
  chapters: chapterList,
  /** A step opens when the one before is passed or was skipped by the instructor. */
  gating: z.boolean(),
  seats: z.number().int().min(1).max(1000),
  /** Null: opened by hand. */
  opensAt: time.nullable(),
  /** Null: closed by hand. */
  closesAt: time.nullable(),
  /** From a learner's first use until the sandbox is deleted. */
  sandboxLivesMinutes: minutes,
  /** Unused for so long, a sandbox sleeps; a keystroke wakes it. */
  sandboxSleepsAfterMinutes: minutes,
  pins: pinPolicy,
  /** Only those on the list join. */
  rosterOnly: z.boolean(),
  /** Terminals are recorded for the replay; learners are told when they join. */
  recordings: z.boolean(),
}

export const createWorkshop = z
  .object({
    ...settings,
    language: settings.language.default('en'),
    gating: settings.gating.default(false),
    seats: settings.seats.default(30),
    opensAt: settings.opensAt.default(null),
    closesAt: settings.closesAt.default(null),
    sandboxLivesMinutes: settings.sandboxLivesMinutes.default(8 * 60),
    sandboxSleepsAfterMinutes: settings.sandboxSleepsAfterMinutes.default(20),
    pins: settings.pins.default('choose'),
    rosterOnly: settings.rosterOnly.default(false),
    recordings: settings.recordings.default(true),
    /** Opens at once instead of waiting for `opensAt` or the instructor. */
    open: z.boolean().default(false),
  })
  .strict()
export type CreateWorkshop = z.infer<typeof createWorkshop>
export const changeWorkshop = z.object(settings).partial().strict()
export type ChangeWorkshop = z.infer<typeof changeWorkshop>

export const workshop = z.object({
  id: z.string(),
  ...settings,
  status: workshopStatus,
  /** As it is read out, e.g. `K7PM-3WQD`; case and dash do not matter. */
  code: z.string(),
  /** Absolute, as the browser that asks knows this server. */
  joinUrl: z.string(),
  /** How many have joined (or are on the list), and how many are connected now. */
  taken: z.number().int(),
  online: z.number().int(),
  createdAt: time,
  openedAt: time.nullable(),
  closedAt: time.nullable(),
  /** When the names were deleted. */
  anonymisedAt: time.nullable(),
  /** What the one who asks may do here; pages hide the rest. */
  may: z.array(z.string()),
})
export type Workshop = z.infer<typeof workshop>
export const workshopsResponse = z.object({ workshops: z.array(workshop) })

export const prewarm = z.object({ seats: z.number().int().min(0).max(1000) }).strict()
/** Clusters are started ahead, as many as the machine can hold; the next who join get them. */
export const prewarmResponse = z.object({
  wanted: z.number().int(),
  ready: z.number().int(),
  starting: z.number().int(),
  /** Why there are fewer than wanted, else null. */
  limit: z.string().nullable(),
})
export type PrewarmResponse = z.infer<typeof prewarmResponse>

/** A sandbox as the instructor sees it. `none`: never used; `queued`: waits for room; `asleep`: hibernated. */
export const sandboxState = z.enum(['none', 'queued', 'starting', 'ready', 'asleep', 'failed'])
export type SandboxStateName = z.infer<typeof sandboxState>

export const seat = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  group: z.string().nullable(),
  /** On the list, not here yet. */
  joinedAt: time.nullable(),
  lastSeenAt: time.nullable(),
  online: z.boolean(),
  sandbox: sandboxState,
  /** When the sandbox will be deleted; null before its first use. */
  expiresAt: time.nullable(),
  muted: z.boolean(),
  removed: z.boolean(),
})
export type Seat = z.infer<typeof seat>
export const seatsResponse = z.object({ seats: z.array(seat) })

/**
 * CSV with a header: `name` (or 姓名), and optionally `email`, `group`, `pin`, in any order and language of header.
 * Either all rows are taken or none; `errors` say row (1 is the header) and what to do.
 */
export const rosterUpload = z
  .object({ csv: z.string().max(1_000_000), replace: z.boolean().default(false) })
  .strict()
export const rosterError = z.object({
  row: z.number().int(),
  column: z.string().nullable(),
  message: localized,
})
export type RosterError = z.infer<typeof rosterError>
export const rosterResponse = z.object({
  added: z.number().int(),
  /** On the list already, by name (and e-mail): left as they are. */
  kept: z.number().int(),
  errors: z.array(rosterError),
  /** With links to hand out; shown once. */
  seats: z.array(
    z.object({ id: z.string(), name: z.string(), pin: z.string().nullable(), rejoinUrl: z.string() }),
  ),
})
export type RosterResponse = z.infer<typeof rosterResponse>
export const rejoinLinkResponse = z.object({ rejoinUrl: z.string() })

const messageText = z.string().trim().min(1).max(2000)
/** One command line, shown with a button that types it; it never runs by itself. */
const command = z.string().trim().min(1).max(2000)
const at = { chapter: z.string().max(100), step: z.string().max(100) }

/** What an instructor does for one learner. */
export const seatAction = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), text: messageText, command: command.optional() }).strict(),
  z.object({ type: z.literal('lower-hand') }).strict(),
  /** Answers "ready for review". */
  z
    .object({ type: z.literal('reviewed'), ...at, accepted: z.boolean(), text: messageText.optional() })
    .strict(),
  /** Puts the step back to its beginning, objects included. */
  z.object({ type: z.literal('reset-step'), ...at }).strict(),
  /** Brings the sandbox to where this step begins, earlier steps solved. */
  z.object({ type: z.literal('jump-to-step'), ...at }).strict(),
  /** Deletes the sandbox; a fresh one starts. */
  z.object({ type: z.literal('reset-sandbox') }).strict(),
  z.object({ type: z.literal('extend'), minutes }).strict(),
  z.object({ type: z.literal('mute'), muted: z.boolean() }).strict(),
  z.object({ type: z.literal('remove') }).strict(),
  /** Gives a new PIN, shown once in the answer. */
  z.object({ type: z.literal('new-pin') }).strict(),
  z.object({ type: z.literal('rename'), name: z.string().max(200) }).strict(),
])
export type SeatAction = z.infer<typeof seatAction>

/** What an instructor does for all. */
export const classAction = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), text: messageText, command: command.optional() }).strict(),
  z.object({ type: z.literal('lower-hands') }).strict(),
  z.object({ type: z.literal('extend'), minutes }).strict(),
  /** Shows the terminal of this browser's own sandbox to everyone; needs a cookie, not a token. */
  z
    .object({ type: z.literal('broadcast'), on: z.boolean(), terminal: z.string().max(32).default('main') })
    .strict(),
])
export type ClassAction = z.infer<typeof classAction>
export const done = z.object({
  done: z.literal(true),
  /** How many learners it reached who are connected now. */
  reached: z.number().int(),
  /** Answer to `new-pin`. */
  pin: z.string().optional(),
})

const durationMs = z.number().nullable()
/** One learner's way through one step. */
export const stepResult = z.object({
  chapter: z.string(),
  step: z.string(),
  state: z.enum(['upcoming', 'active', 'passed', 'skipped']),
  startedAt: time.nullable(),
  passedAt: time.nullable(),
  durationMs,
  attempts: z.number().int(),
  hints: z.number().int(),
  solution: z.boolean(),
  /** How often each explanation was met, by `check/explanation`. */
  explanations: z.record(z.string(), z.number().int()),
})
export const learnerResult = z.object({
  seat: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  group: z.string().nullable(),
  joinedAt: time.nullable(),
  finishedAt: time.nullable(),
  passed: z.number().int(),
  total: z.number().int(),
  /** Spent in steps. */
  durationMs,
  attempts: z.number().int(),
  hints: z.number().int(),
  solutions: z.number().int(),
  steps: z.array(stepResult),
})
export type LearnerResult = z.infer<typeof learnerResult>
export const resultsResponse = z.object({
  workshop: z.object({ id: z.string(), title: z.string() }),
  learners: z.array(learnerResult),
})
export type ResultsResponse = z.infer<typeof resultsResponse>

/** For charts: each step over all learners, and passes over time. */
export const report = z.object({
  workshop: z.object({
    id: z.string(),
    title: z.string(),
    openedAt: time.nullable(),
    closedAt: time.nullable(),
  }),
  learners: z.object({ listed: z.number().int(), joined: z.number().int(), finished: z.number().int() }),
  steps: z.array(
    z.object({
      chapter: z.string(),
      step: z.string(),
      title: localized,
      started: z.number().int(),
      passed: z.number().int(),
      skipped: z.number().int(),
      /** 25th, 50th, 75th and 90th percentile of the time to pass. */
      timeMs: z.object({ p25: durationMs, p50: durationMs, p75: durationMs, p90: durationMs }),
      attempts: z.number().int(),
      hints: z.number().int(),
      solutions: z.number().int(),
      explanations: z.array(
        z.object({ check: z.string(), explanation: z.string(), text: localized, learners: z.number().int() }),
      ),
    }),
  ),
  /** Steps passed by all learners together, cumulative, at each pass (thinned to 500 points). */
  pace: z.array(z.object({ at: time, passed: z.number().int() })),
})
export type Report = z.infer<typeof report>

/** A session on one line: what happened, and the recordings that go with it. */
export const replay = z.object({
  seat: z.object({ id: z.string(), name: z.string() }),
  events: z.array(
    z.object({
      id: z.number().int(),
      at: time,
      kind: z.string(),
      chapter: z.string().nullable(),
      step: z.string().nullable(),
      details: z.record(z.string(), z.unknown()),
    }),
  ),
  recordings: z.array(
    z.object({ terminal: z.string(), url: z.string(), startedAt: time, bytes: z.number().int() }),
  ),
})
export type Replay = z.infer<typeof replay>

export const auditEntry = z.object({
  id: z.number().int(),
  at: time,
  /** `user:ID`, `token:ID`, `seat:ID` or `address:…` of somebody unknown. */
  actor: z.string(),
  actorName: z.string().nullable(),
  action: z.string(),
  target: z.string().nullable(),
  allowed: z.boolean(),
  details: z.record(z.string(), z.unknown()),
})
export type AuditEntry = z.infer<typeof auditEntry>
/** `?before=ID&limit=100`, newest first. GET /api/audit (admin) is of all. */
export const auditResponse = z.object({ entries: z.array(auditEntry) })

export const staffRole = z.enum(['instructor', 'assistant'])
export const changeStaff = z.object({ role: staffRole }).strict()
export const staffResponse = z.object({
  staff: z.array(
    z.object({ user: z.string(), name: z.string(), email: z.string().nullable(), role: staffRole }),
  ),
})

export const webhookEvent = z.enum(['joined', 'step-passed', 'finished', 'stuck'])
export type WebhookEvent = z.infer<typeof webhookEvent>
/**
 * Deliveries are POSTs of webhookBody with `Meshdojo-Delivery: ID` (the same at each retry), `Meshdojo-Timestamp:
 * SECONDS` and `Meshdojo-Signature: sha256=HEX`, an HMAC with the secret over `TIMESTAMP.BODY`.
 */
export const createWebhook = z
  .object({
    url: z.string().url().max(2000),
    events: z.array(webhookEvent).min(1),
    secret: z.string().min(16).max(200).optional(),
  })
  .strict()
export const webhook = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(webhookEvent),
  createdAt: time,
})
export const webhooksResponse = z.object({ webhooks: z.array(webhook) })
/** The only time that `secret` is shown. */
export const createWebhookResponse = z.object({ webhook, secret: z.string() })
export const delivery = z.object({
  id: z.string(),
  event: webhookEvent,
  state: z.enum(['waiting', 'delivered', 'given-up']),
  attempts: z.number().int(),
  /** Of the last attempt: the HTTP status, or why there was none. */
  answer: z.string().nullable(),
  createdAt: time,
  nextAt: time.nullable(),
})
export const deliveriesResponse = z.object({ deliveries: z.array(delivery) })
export const webhookBody = z.object({
  id: z.string(),
  event: webhookEvent,
  at: time,
  workshop: z.object({ id: z.string(), title: z.string() }),
  learner: z.object({ id: z.string(), name: z.string() }),
  chapter: z.string().nullable(),
  step: z.string().nullable(),
})
export type WebhookBody = z.infer<typeof webhookBody>

/** What the machine holds, measured and by configuration. */
export const capacityResponse = z.object({
  sandboxes: z.object({ running: z.number().int(), asleep: z.number().int(), queued: z.number().int() }),
  /** How many more would start now. */
  free: z.number().int(),
  memory: z.object({ perSandboxMb: z.number(), availableMb: z.number(), keptFreeMb: z.number() }),
  processor: z.object({ cores: z.number(), perSandbox: z.number(), startsAtOnce: z.number().int() }),
})
export type CapacityResponse = z.infer<typeof capacityResponse>

/** Why one can (not) join now. */
export const joinState = z.enum(['open', 'full', 'scheduled', 'closed', 'expired'])
/** GET /api/join/:code; 404 `unknown_code` for what is no code. */
export const joinInfo = z.object({
  title: z.string(),
  language,
  state: joinState,
  /** Said plainly, in both languages: what is the matter and what to do. */
  message: localized,
  opensAt: time.nullable(),
  closesAt: time.nullable(),
  pins: pinPolicy,
  rosterOnly: z.boolean(),
  recordings: z.boolean(),
})
export type JoinInfo = z.infer<typeof joinInfo>

/**
 * POST /api/join. A name that is here already comes back with its PIN: without one the answer is 409 `name_taken`, with
 * a wrong one 403 `wrong_pin`. Guessing is slowed and locked: 429 `locked_out` with `retry-after`.
 */
export const joinRequest = z
  .object({
    code: z.string().max(40),
    name: z.string().max(200),
    pin: z.string().max(20).optional(),
  })
  .strict()
export const rejoinByLink = z.object({ token: z.string().max(100) }).strict()

/** Who this browser is in which workshop. */
export const seatInfo = z.object({
  id: z.string(),
  name: z.string(),
  workshop: z.object({
    id: z.string(),
    title: z.string(),
    language,
    chapters: z.array(z.string()),
    gating: z.boolean(),
    status: workshopStatus,
    closesAt: time.nullable(),
    recordings: z.boolean(),
  }),
  expiresAt: time.nullable(),
  muted: z.boolean(),
})
export type SeatInfo = z.infer<typeof seatInfo>
/** GET /api/seat: null for a learner on their own. */
export const seatResponse = z.object({ seat: seatInfo.nullable() })
export const joinResponse = z.object({
  seat: seatInfo,
  /** First time only: the PIN that was given (or chosen), and the link to come back by. */
  pin: z.string().nullable(),
  rejoinUrl: z.string().nullable(),
  returning: z.boolean(),
})
export type JoinResponse = z.infer<typeof joinResponse>
