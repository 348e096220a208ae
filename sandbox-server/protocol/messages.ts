/**
 * The two WebSockets between a learner's page and the platform.
 *
 * `/ws/chapter/<chapter>?lang=en` carries JSON both ways: sandbox state, steps, wishes.
 * `/ws/terminal/<terminal>?chapter=<chapter>&columns=80&rows=24` carries the terminal: binary frames are bytes of the terminal in both
 * directions; text frames are JSON control messages. On connecting the server first sends the kept scrollback.
 */
import { z } from 'zod'
import { sandboxReport, stepReport } from './steps.ts'

export const chapterServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sandbox'), sandbox: sandboxReport }),
  /** All steps, after connecting. */
  z.object({ type: z.literal('steps'), steps: z.array(stepReport) }),
  /** One step changed. */
  z.object({ type: z.literal('step'), step: stepReport }),
  /** Answer to `show-solution` (also sent on connecting for those shown before). */
  z.object({ type: z.literal('solution'), step: z.string(), commands: z.array(z.string()) }),
  z.object({ type: z.literal('hint'), step: z.string(), index: z.number().int(), text: z.string() }),
  /**
   * `reset-step`, `jump-to-step` or `start-over` is being carried out (`milliseconds` absent), or is done: the cluster
   * is as before that step, unless it `failed`. Steps follow in messages of their own.
   */
  z.object({
    type: z.literal('restored'),
    step: z.string(),
    milliseconds: z.number().optional(),
    failed: z.boolean().optional(),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
])
export type ChapterServerMessage = z.infer<typeof chapterServerMessage>

export const chapterClientMessage = z.discriminatedUnion('type', [
  /** The learner opened this step: evidence counts from now on, unless it has begun. */
  z.object({ type: z.literal('open-step'), step: z.string() }),
  z.object({ type: z.literal('show-solution'), step: z.string() }),
  /** Types the solution into the terminal, as the learner would. */
  z.object({ type: z.literal('run-solution'), step: z.string(), terminal: z.string() }),
  z.object({ type: z.literal('open-hint'), step: z.string() }),
  z.object({ type: z.literal('skip-step'), step: z.string() }),
  /** Chosen options of a question; answering again is allowed until it is right. */
  z.object({
    type: z.literal('answer-question'),
    step: z.string(),
    check: z.string(),
    options: z.array(z.string().max(100)).max(50),
  }),
  /** Brings the cluster back to what it was when the step began, and begins the step anew. */
  z.object({ type: z.literal('reset-step'), step: z.string() }),
  /** Makes the cluster what the solutions of the steps before leave, and begins the step. */
  z.object({ type: z.literal('jump-to-step'), step: z.string() }),
  /** The chapter from its beginning, as if never opened. */
  z.object({ type: z.literal('start-over') }),
  /** A sandbox that failed is tried again. */
  z.object({ type: z.literal('retry-sandbox') }),
])
export type ChapterClientMessage = z.infer<typeof chapterClientMessage>

/** Text frames browser → server on the terminal's socket. Keystrokes are binary frames. */
export const terminalClientControl = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('resize'),
    columns: z.number().int().min(1).max(1000),
    rows: z.number().int().min(1).max(1000),
  }),
  /** Flow control: bytes of output the terminal has drawn since the last one. */
  z.object({ type: z.literal('ack'), bytes: z.number().int().nonnegative() }),
])
export type TerminalClientControl = z.infer<typeof terminalClientControl>

export const terminalServerControl = z.discriminatedUnion('type', [
  /** Sent once after the scrollback was replayed. */
  z.object({ type: z.literal('ready') }),
  /** The shell has ended or the sandbox went away; a new one is coming when `restarting`. */
  z.object({ type: z.literal('ended'), message: z.string(), restarting: z.boolean() }),
  /** Another browser, used last, has this size: show the same lines in the same width. */
  z.object({ type: z.literal('size'), columns: z.number().int(), rows: z.number().int() }),
  /** Closed for good, here or in another browser. */
  z.object({ type: z.literal('closed') }),
])
export type TerminalServerControl = z.infer<typeof terminalServerControl>

/** GET /api/session: who this browser is (made on the first call, kept in an HttpOnly cookie) and how far. */
export const sessionResponse = z.object({
  learner: z.object({ id: z.string() }),
  chapters: z.record(z.string(), z.object({ passed: z.number().int(), total: z.number().int() })),
})
export type SessionResponse = z.infer<typeof sessionResponse>

/** Every REST error body. */
export const errorResponse = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
})
export type ErrorResponse = z.infer<typeof errorResponse>
