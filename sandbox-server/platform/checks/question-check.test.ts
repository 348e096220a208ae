import { expect, test } from 'vitest'
import { questionCheck } from '../../protocol/lesson.ts'
import { judgeAnswer, rightOptions } from './question-check.ts'

const both = (text: string) => ({ en: text, zh: `${text}！` })
const question = questionCheck.parse({
  id: 'q',
  kind: 'question',
  prompt: both('Which?'),
  passed: both('Right'),
  options: [
    { id: 'a', text: both('A'), right: true },
    { id: 'b', text: both('B'), why: both('B is no.') },
    { id: 'c', text: both('C'), right: true },
    { id: 'd', text: both('D'), why: both('D neither.') },
  ],
})
const verdict = (...chosen: string[]) => {
  const { state, message } = judgeAnswer(question, chosen)
  return `${state}: ${message.en}`
}

test('passes with exactly the right options, in any order', () => {
  expect(verdict('c', 'a')).toBe('passed: Right')
  expect(rightOptions(question)).toEqual(['a', 'c'])
})

test('explains each wrong one that was chosen', () => {
  expect(verdict('b')).toBe('failed: B is no.')
  expect(verdict('a', 'd', 'b')).toBe('failed: B is no. D neither.')
  expect(judgeAnswer(question, ['b', 'd']).message.zh).toBe('B is no.！D neither.！')
})

test('says when something is missing, and waits for an answer', () => {
  expect(verdict('a')).toMatch(/^waiting: So far right/)
  expect(verdict()).toBe('waiting: Answer the question.')
  expect(verdict('zzz')).toBe('waiting: Answer the question.')
})
