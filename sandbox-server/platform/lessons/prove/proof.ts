/** What a proof of a chapter says: one line per thing that was tried on a running cluster. */
import type { Lesson, Step } from '../../../protocol/lesson.ts'
import type { StepReport } from '../../../protocol/steps.ts'

/**
 * `before`: nothing was done, so no check may pass. `mistake`: it brings its explanation and does not pass the step.
 * `solution`: it passes every check. `reset`: after the solution, resetting the step brings back what it began with.
 * `snapshot`: what was recorded for the step is what the solutions before leave, and a jump brings it about.
 * `clean-up`: after the last step the cluster is as the chapter found it.
 */
export type ProofSubject = 'before' | 'mistake' | 'solution' | 'reset' | 'snapshot' | 'clean-up'

export interface Proof {
  chapter: string
  /** `` for what concerns the whole chapter. */
  step: string
  subject: ProofSubject
  /** The mistake's id, else ``. */
  mistake: string
  holds: boolean
  milliseconds: number
  /** When it does not hold: what was observed instead. */
  observed: string
}

/** A proof that does not hold; the message is what was observed. */
export class NotProven extends Error {
  override name = 'NotProven'
}

export type ProvenStep = { chapter: Lesson; step: Step }

/** Every check of a step as a learner would read it, with what the terminal showed last. */
export function observedIn(report: StepReport, terminalText: string): string {
  const checks = report.checks.map(({ id, state, message, progress, evidence }) => {
    const counted = progress ? ` (${progress.have} of ${progress.need})` : ''
    const seen = evidence.length === 0 ? '' : `\n      ${JSON.stringify(evidence).slice(0, 1500)}`
    return `  ${id}: ${state}${counted}: ${message}${seen}`
  })
  const shown = terminalText.trimEnd().split('\n').slice(-12).join('\n    ')
  return `step ${report.state}\n${checks.join('\n')}\n  terminal:\n    ${shown}`
}
