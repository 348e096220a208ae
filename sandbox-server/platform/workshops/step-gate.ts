/** In a workshop whose steps gate each other, a step is open when all before it are passed, or skipped by the instructor. */
import type { ChapterClientMessage } from '../../protocol/messages.ts'
import type { ChapterRun } from '../checks/chapter-run.ts'
import { PlatformError } from '../errors.ts'

export type StepGate = (message: ChapterClientMessage, chapter: ChapterRun) => void

/** Throws `step_locked`. Going back is never refused. */
export const requireOpenStep: StepGate = (message, chapter) => {
  if (!('step' in message)) return
  const steps = chapter.reports('en')
  const index = steps.findIndex(({ id }) => id === message.step)
  const own = steps[index]
  if (!own || own.state === 'passed' || own.state === 'skipped') return
  const before = steps.slice(0, index).find(({ state }) => state !== 'passed' && state !== 'skipped')
  if (before || message.type === 'skip-step') throw new PlatformError('step_locked')
}
