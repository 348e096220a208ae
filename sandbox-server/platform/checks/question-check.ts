/** question: the learner's answer, judged when it comes. Pure. */
import type { Check, Localized } from '../../protocol/lesson.ts'
import type { Outcome } from './judge.ts'

export type QuestionCheck = Extract<Check, { kind: 'question' }>

export const rightOptions = (check: QuestionCheck): string[] =>
  check.options.filter(({ right }) => right).map(({ id }) => id)

/** `chosen` are ids of options; unknown ones count for nothing. None chosen: waiting. */
export function judgeAnswer(check: QuestionCheck, chosen: readonly string[]): Outcome {
  const picked = check.options.filter(({ id }) => chosen.includes(id))
  if (picked.length === 0) return { state: 'waiting', message: check.waiting, evidence: [] }
  const wrong = picked.filter(({ right }) => !right)
  if (wrong.length > 0)
    return { state: 'failed', message: joined(wrong.map(({ why, text }) => why ?? text)), evidence: [] }
  if (check.options.some(({ id, right }) => right && !chosen.includes(id)))
    return { state: 'waiting', message: check.incomplete, evidence: [] }
  return { state: 'passed', message: check.passed, evidence: [] }
}

/** Chinese sets no space between sentences. */
const joined = (texts: readonly Localized[]): Localized => ({
  en: texts.map(({ en }) => en).join(' '),
  zh: texts.map(({ zh }) => zh).join(''),
})
