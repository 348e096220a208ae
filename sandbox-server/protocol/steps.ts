/** What the server tells a browser about the steps of a chapter. Text is already in the learner's language. */
import { z } from 'zod'

export const language = z.enum(['en', 'zh'])
export type Language = z.infer<typeof language>

/** waiting: not there yet, and what is missing; failed: explained from what was observed; error: the check itself broke. */
export const checkState = z.enum(['waiting', 'passed', 'failed', 'error'])
export type CheckState = z.infer<typeof checkState>

/** One request as a sidecar recorded it. */
export const requestRow = z.object({
  /** RFC 3339 with milliseconds. */
  time: z.string(),
  source: z.string(),
  destination: z.string(),
  /** The destination workload's version label, `` if it has none. */
  version: z.string(),
  method: z.string(),
  path: z.string(),
  /** HTTP status; 0 when there was no answer. */
  status: z.number().int(),
  /** Envoy's response flags, `-` for none. */
  flags: z.string(),
  durationMs: z.number(),
  /** A copy that a mirror made of a request, whose answer nobody waits for. */
  mirrored: z.boolean().optional(),
})
export type RequestRow = z.infer<typeof requestRow>

/** One route as a proxy holds it. */
export const routeRow = z.object({
  proxy: z.string(),
  host: z.string(),
  /** In words of the VirtualService, e.g. `end-user: jason`; `` matches everything. */
  match: z.string(),
  destination: z.string(),
  /** Subset, `` when none. */
  subset: z.string(),
  /** 0 to 100. */
  percent: z.number(),
})
export type RouteRow = z.infer<typeof routeRow>

export const objectRow = z.object({ kind: z.string(), name: z.string(), summary: z.string() })
export type ObjectRow = z.infer<typeof objectRow>

export const evidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('requests'), rows: z.array(requestRow), total: z.number().int() }),
  z.object({ kind: z.literal('routes'), rows: z.array(routeRow) }),
  z.object({ kind: z.literal('objects'), rows: z.array(objectRow) }),
  z.object({ kind: z.literal('output'), text: z.string() }),
])
export type Evidence = z.infer<typeof evidence>

export const checkReport = z.object({
  id: z.string(),
  state: checkState,
  /** One line: what holds, is missing, or was observed instead. */
  message: z.string(),
  /** Of waiting checks that count: how far. */
  progress: z.object({ have: z.number(), need: z.number() }).optional(),
  /** Of questions: ids of the options that were chosen last. */
  chosen: z.array(z.string()).optional(),
  evidence: z.array(evidence),
})
export type CheckReport = z.infer<typeof checkReport>

export const stepReport = z.object({
  id: z.string(),
  /** passed latches: later failures of its checks do not take it back. `upcoming`: not begun. */
  state: z.enum(['upcoming', 'active', 'passed', 'skipped']),
  /** RFC 3339; evidence counts from here. */
  startedAt: z.string().optional(),
  passedAt: z.string().optional(),
  checks: z.array(checkReport),
  hintsOpened: z.number().int(),
  solutionShown: z.boolean(),
})
export type StepReport = z.infer<typeof stepReport>

export const sandboxReport = z.object({
  state: z.enum(['starting', 'ready', 'failed']),
  /** 0 to 1. */
  progress: z.number(),
  /** What is being done, or why it failed and what to do, in the learner's language. */
  message: z.string(),
  /** Place in the queue, from 1, while the machine has no room (`starting`); the message says about how long. */
  queue: z.number().int().optional(),
  /** `ready`, but the cluster was let go while nobody did anything: the next keystroke wakes it. */
  asleep: z.boolean().optional(),
  /** `ready`: so long until it sleeps if nothing is done meanwhile; told anew when that moved by a minute. */
  sleepsInMs: z.number().optional(),
})
export type SandboxReport = z.infer<typeof sandboxReport>
