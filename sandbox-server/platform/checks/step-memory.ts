/** What is kept of a step's checks in the store: the passed ones with their evidence, and the state they began with. */
import { z } from 'zod'
import { localized } from '../../protocol/lesson.ts'
import { evidence } from '../../protocol/steps.ts'

export const stepMemory = z.object({
  passed: z
    .record(
      z.string(),
      z.object({
        /** Since when it held, milliseconds since the epoch. */
        at: z.number(),
        message: localized,
        evidence: z.array(evidence),
      }),
    )
    .default({}),
  /** The Istio objects when the step began; absent until they were known. */
  baseline: z.string().optional(),
  /** Whether they have changed since. */
  changed: z.boolean().default(false),
  /** Ids of the options chosen last, by question. */
  answers: z.record(z.string(), z.array(z.string())).optional(),
  /** Whether the step's set-up was applied. */
  prepared: z.boolean().optional(),
  /** The learner's objects when the step began, packed by `state/packed-state.ts`; absent until they were read. */
  before: z.string().optional(),
})
export type StepMemory = z.infer<typeof stepMemory>

/** What an older version wrote is read as far as it fits. */
export function readStepMemory(stored: unknown): StepMemory {
  const parsed = stepMemory.safeParse(stored)
  return parsed.success ? parsed.data : { passed: {}, changed: false }
}
