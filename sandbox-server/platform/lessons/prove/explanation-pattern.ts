/** Recognises an explanation in what a check says: its text, with anything in the place of `{name}`. */
import type { Check } from '../../../protocol/lesson.ts'

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** In English; throws when the check has no such explanation, which the lesson's validation excludes. */
export function explanationPattern(check: Check, explanation: string): RegExp {
  if (check.kind === 'question') {
    const option = check.options.find(each => each.id === explanation)
    return new RegExp(`^${escaped((option?.why ?? option?.text)?.en ?? '')}$`)
  }
  const found = check.explanations.find(each => each.id === explanation)
  if (!found) throw new Error(`check ${check.id} has no explanation ${explanation}`)
  const parts = found.text.en.split(/\{\w+\}/).map(escaped)
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
