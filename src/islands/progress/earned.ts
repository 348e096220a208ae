/** Which certificates a learner has earned. */
import type { ProgressResponse, StepRecord } from '../../../sandbox-server/protocol/progress.ts'

export interface Earned {
  /** A chapter's id; undefined for the whole course. */
  chapter: string | undefined
  steps: number
  /** When the last step passed, in milliseconds since the epoch. */
  at: number
  /** Sum of the steps' times from beginning to pass. */
  tookMs: number
}

/** From its beginning until it passed; undefined when one of the two is not known. */
export const tookMs = ({ startedAt, passedAt }: StepRecord): number | undefined =>
  startedAt === null || passedAt === null
    ? undefined
    : Math.max(0, Date.parse(passedAt) - Date.parse(startedAt))

/** The course first, then the chapters in order. A skipped step earns nothing, nor does a chapter without steps. */
export function earned({ chapters }: ProgressResponse): Earned[] {
  const taught = chapters.filter(({ steps }) => steps.length > 0)
  const single = taught.flatMap(({ chapter, steps }) => certificateFor(chapter, steps))
  const course = certificateFor(
    undefined,
    taught.flatMap(({ steps }) => steps),
  )
  return [...course, ...single]
}

function certificateFor(chapter: string | undefined, steps: readonly StepRecord[]): Earned[] {
  const times = steps.flatMap(({ state, passedAt }) =>
    state === 'passed' && passedAt !== null ? [Date.parse(passedAt)] : [],
  )
  if (steps.length === 0 || times.length < steps.length) return []
  const took = steps.reduce((sum, step) => sum + (tookMs(step) ?? 0), 0)
  return [{ chapter, steps: steps.length, at: Math.max(...times), tookMs: took }]
}
