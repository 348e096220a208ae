/**
 * Which explanation a learner looks at, as events: what the steps report is compared with the lesson's own texts, so
 * that the class sees what the learner sees, word for word.
 */
import type { Check } from '../../protocol/lesson.ts'
import type { CheckReport } from '../../protocol/steps.ts'
import type { ChapterRun } from '../checks/chapter-run.ts'
import type { Disposable } from '../lifecycle.ts'

export interface ExplanationEvent {
  kind: 'check-failed' | 'check-cleared'
  chapter: string
  step: string
  check: string
  /** Of `check-failed`. */
  explanation: string | undefined
}

/** Tells each change from now on. */
export function watchExplanations(run: ChapterRun, tell: (event: ExplanationEvent) => void): Disposable {
  const { lesson } = run
  const patterns = new Map<string, Patterns>(
    lesson.steps.flatMap(step =>
      step.checks.map(check => [`${step.id}/${check.id}`, explanationsOf(check)] as const),
    ),
  )
  const shown = new Map<string, string>()
  return run.listen({
    onStep(step) {
      for (const report of run.report(step, 'en').checks) {
        const key = `${step}/${report.id}`
        const explanation = explanationIn(report, patterns.get(key) ?? [])
        if (shown.get(key) === explanation) continue
        const event = { chapter: lesson.id, step, check: report.id }
        if (explanation !== undefined) {
          shown.set(key, explanation)
          tell({ ...event, kind: 'check-failed', explanation })
        } else {
          shown.delete(key)
          // A step that is passed says so itself.
          if (report.state !== 'passed') tell({ ...event, kind: 'check-cleared', explanation: undefined })
        }
      }
    },
  })
}

type Patterns = readonly { id: string; pattern: RegExp }[]

function explanationsOf(check: Check): Patterns {
  if (check.kind === 'question')
    return check.options
      .filter(({ right }) => !right)
      .map(({ id, why, text }) => ({ id, pattern: asPattern((why ?? text).en) }))
  return check.explanations.map(({ id, text }) => ({ id, pattern: asPattern(text.en) }))
}

/** The text with anything in the place of `{name}`. */
function asPattern(text: string): RegExp {
  const parts = text.split(/\{\w+\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

const explanationIn = ({ state, message }: CheckReport, patterns: Patterns): string | undefined =>
  state === 'failed' ? patterns.find(({ pattern }) => pattern.test(message))?.id : undefined
