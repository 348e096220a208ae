import { describe, expect, it } from 'vitest'
import { check } from '../../../protocol/lesson.ts'
import { explanationPattern } from './explanation-pattern.ts'

const localized = (en: string) => ({ en, zh: 'x' })
const counted = check.parse({
  id: 'counted',
  kind: 'traffic',
  destination: 'reviews',
  atLeast: 1,
  waiting: localized('w'),
  passed: localized('p'),
  explanations: [
    { id: 'one-version', when: 'true', text: localized('{total} requests (all of them) by v1.') },
    { id: 'other', when: 'true', text: localized('3 requests (all of them) by v1. Look again.') },
  ],
})

describe('explanationPattern', () => {
  it('takes anything for a fact and the rest to the letter', () => {
    const pattern = explanationPattern(counted, 'one-version')
    expect(pattern.test('12 requests (all of them) by v1.')).toBe(true)
    expect(pattern.test('12 requests (all of them) by v1!')).toBe(false)
  })

  it('does not take one explanation for another that begins alike', () => {
    expect(
      explanationPattern(counted, 'one-version').test('3 requests (all of them) by v1. Look again.'),
    ).toBe(false)
  })
})
