/** What a check says about what was observed. Pure. */
import type { Check, Localized } from '../../protocol/lesson.ts'
import type { CheckState, Evidence } from '../../protocol/steps.ts'
import { type Condition, compileCondition, Double, type Facts } from './expressions.ts'

/** What a source saw, or why it could not look. */
export type Observation =
  | {
      facts: Facts
      evidence: Evidence[]
      progress?: { have: number; need: number }
      /** Since when it is as observed, milliseconds since the epoch; undefined: since it was seen. */
      since?: number
      /** What the source itself says when it does not hold and no explanation applies. */
      message?: Localized
      /** The source has seen what is wrong, explained or not. */
      failed?: boolean
    }
  | { broken: string }
  /** The learner may not look there, or it is not there to look at; said instead of the check's own words. */
  | { blocked: Localized }

export interface Outcome {
  state: CheckState
  message: Localized
  progress?: { have: number; need: number }
  evidence: Evidence[]
  /** For the log, when the state is `error`. */
  reason?: string
}

export interface CompiledCheck {
  check: Check
  holds: Condition
  explanations: readonly { id: string; holds: Condition; text: Localized }[]
}

/** Questions are judged by `question-check.ts`; they have no conditions. */
export function compileCheck(check: Check): CompiledCheck {
  if (check.kind === 'question') return { check, holds: () => ({ holds: false }), explanations: [] }
  const { kind } = check
  return {
    check,
    holds: compileCondition(kind, assertOf(check)),
    explanations: check.explanations.map(({ id, when, text }) => ({
      id,
      holds: compileCondition(kind, when),
      text,
    })),
  }
}

/** A distribution that was asked for is meant to be the case. */
export const assertOf = (check: Exclude<Check, { kind: 'question' }>): string =>
  check.assert ??
  (check.kind === 'traffic' && (check.distribution ?? check.mirrored) !== undefined ? 'fits' : 'true')

/** `changed`: whether the learner changed any Istio object since the step began. */
export function judge(
  compiled: CompiledCheck,
  observation: Observation | undefined,
  changed: boolean,
): Outcome {
  const { check } = compiled
  if (!observation) return { state: 'waiting', message: check.waiting, evidence: [] }
  if ('broken' in observation) return broken(observation.broken)
  if ('blocked' in observation) return { state: 'waiting', message: observation.blocked, evidence: [] }
  const { evidence, progress } = observation
  const facts = { ...observation.facts, changed }
  if (progress && progress.have < progress.need)
    return { state: 'waiting', message: check.waiting, progress, evidence }
  const verdict = compiled.holds(facts)
  if ('broken' in verdict) return broken(verdict.broken)
  if (verdict.holds) return { state: 'passed', message: filled(check.passed, facts), evidence }
  for (const explanation of compiled.explanations) {
    const applies = explanation.holds(facts)
    if ('broken' in applies) return broken(`explanation ${explanation.id}: ${applies.broken}`)
    if (applies.holds) return { state: 'failed', message: filled(explanation.text, facts), evidence }
  }
  const { message, failed } = observation
  return { state: failed ? 'failed' : 'waiting', message: message ?? check.waiting, progress, evidence }
}

const BROKEN_TEXT: Localized = {
  en: 'This check itself has a problem; it is not your mistake. The server log says more.',
  zh: '这项检查本身出了问题，不是你的错误。详情见服务器日志。',
}

const broken = (reason: string): Outcome => ({ state: 'error', message: BROKEN_TEXT, evidence: [], reason })

const filled = (text: Localized, facts: Facts): Localized => ({
  en: fill(text.en, facts),
  zh: fill(text.zh, facts),
})

/** {name} of a fact that is a string or a number; anything else stays as written. */
function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined
    if (value instanceof Double) return String(value.value)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
  })
}
