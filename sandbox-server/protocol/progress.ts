/** `GET /api/progress`: what the learner of this browser has done, step by step. Times are RFC 3339. */
import { z } from 'zod'

const time = z.iso.datetime().nullable()

export const stepRecord = z.object({
  step: z.string(),
  /** Skipped steps do not count for a certificate. */
  state: z.enum(['upcoming', 'active', 'passed', 'skipped']),
  startedAt: time,
  passedAt: time,
  solutionShown: z.boolean(),
})
export type StepRecord = z.infer<typeof stepRecord>

/** Every chapter of the course in its order, every step in the chapter's; also those that were never begun. */
export const progressResponse = z.object({
  chapters: z.array(z.object({ chapter: z.string(), steps: z.array(stepRecord) })),
})
export type ProgressResponse = z.infer<typeof progressResponse>
