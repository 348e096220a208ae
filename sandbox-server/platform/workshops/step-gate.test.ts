import { expect, test } from 'vitest'
import type { ChapterClientMessage } from '../../protocol/messages.ts'
import type { ChapterRun } from '../checks/chapter-run.ts'
import { requireOpenStep } from './step-gate.ts'

const chapter = (...states: string[]) =>
  ({ reports: () => states.map((state, index) => ({ id: `s${index}`, state })) }) as unknown as ChapterRun
const wish = (
  type: 'open-step' | 'skip-step' | 'show-solution' | 'jump-to-step' | 'reset-step',
  step: string,
) => ({ type, step }) as ChapterClientMessage

test('the next step opens when the one before is passed or was skipped, and not before', () => {
  const run = chapter('passed', 'skipped', 'active', 'upcoming')
  expect(() => requireOpenStep(wish('open-step', 's2'), run)).not.toThrow()
  for (const type of ['open-step', 'show-solution', 'jump-to-step', 'reset-step'] as const)
    expect(() => requireOpenStep(wish(type, 's3'), run)).toThrow(/opens when the one before/)
})

test('going back is never refused, skipping is the instructor’s', () => {
  const run = chapter('passed', 'active')
  expect(() => requireOpenStep(wish('reset-step', 's0'), run)).not.toThrow()
  expect(() => requireOpenStep(wish('skip-step', 's1'), run)).toThrow(/opens when/)
  expect(() => requireOpenStep({ type: 'retry-sandbox' }, run)).not.toThrow()
})
