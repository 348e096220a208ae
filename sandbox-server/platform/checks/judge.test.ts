import { expect, test } from 'vitest'
import { check as checkSchema } from '../../protocol/lesson.ts'
import { compileCheck, judge, type Observation } from './judge.ts'

const both = (text: string) => ({ en: text, zh: `${text}!` })
const traffic = compileCheck(
  checkSchema.parse({
    id: 'even',
    kind: 'traffic',
    destination: 'reviews',
    atLeast: 3,
    assert: '"v2" in byVersion',
    waiting: both('more'),
    passed: both('{total} seen: {summary}'),
    explanations: [
      { id: 'untouched', when: '!changed', text: both('nothing done') },
      {
        id: 'only-v1',
        when: 'total >= 3 && byVersion["v1"] == total',
        text: both('{total} times v1, {byVersion} {nope}'),
      },
    ],
  }),
)
const seen = (byVersion: Record<string, number>): Observation => {
  const total = Object.values(byVersion).reduce((sum, count) => sum + count, 0)
  const facts = {
    requests: [],
    byVersion,
    byStatus: {},
    share: {},
    total,
    source: '',
    destination: 'reviews',
    summary: 's',
  }
  return { facts, evidence: [], progress: { have: Math.min(total, 3), need: 3 } }
}

test('nothing seen yet is waiting', () =>
  expect(judge(traffic, undefined, true)).toMatchObject({ state: 'waiting', message: { en: 'more' } }))

test('too little is waiting, never failed', () =>
  expect(judge(traffic, seen({ v1: 2 }), true)).toMatchObject({
    state: 'waiting',
    progress: { have: 2, need: 3 },
  }))

test('enough and as asserted is passed, with facts in its text', () =>
  expect(judge(traffic, seen({ v1: 2, v2: 1 }), true)).toMatchObject({
    state: 'passed',
    message: { en: '3 seen: s', zh: '3 seen: s!' },
  }))

test('the first explanation that applies is told; what is no text or number stays as written', () => {
  expect(judge(traffic, seen({ v1: 4 }), true)).toMatchObject({
    state: 'failed',
    message: { en: '4 times v1, {byVersion} {nope}' },
  })
  expect(judge(traffic, seen({ v1: 4 }), false)).toMatchObject({
    state: 'failed',
    message: { en: 'nothing done' },
  })
})

test('unexplained is waiting', () =>
  expect(judge(traffic, seen({ v1: 2, v3: 2 }), true)).toMatchObject({
    state: 'waiting',
    message: { en: 'more' },
  }))

test('a source that broke is an error with a reason for the log, and no blame', () => {
  const outcome = judge(traffic, { broken: 'exec: pod not found' }, true)
  expect(outcome).toMatchObject({ state: 'error', reason: 'exec: pod not found' })
  expect(outcome.message.en).toContain('not your mistake')
})
