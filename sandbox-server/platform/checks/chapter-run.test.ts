import { expect, test } from 'vitest'
import { lesson as lessonSchema } from '../../protocol/lesson.ts'
import { silentLog } from '../log.ts'
import type { ProgressStore, StepProgress } from '../store/progress-store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { ChapterRun } from './chapter-run.ts'
import type { ClusterView } from './cluster-view.ts'
import type { StepGround } from './step-ground.ts'

const both = (text: string) => ({ en: text, zh: text })
const base = { kind: 'resource', resource: 'x', waiting: both('w'), passed: both('p') }
const option = (id: string, right: boolean) => ({ id, text: both(id), right, why: both(`${id}?`) })
const question = {
  id: 'why',
  kind: 'question',
  prompt: both('?'),
  options: [option('yes', true), option('no', false)],
  passed: both('p'),
}
const lesson = lessonSchema.parse({
  id: 'l',
  title: both('t'),
  summary: both('s'),
  minutes: 1,
  steps: [
    { id: 'one', title: both('1'), checks: [question], solution: [] },
    {
      id: 'two',
      title: both('2'),
      setup: { apply: ['samples/x.yaml'] },
      checks: [{ ...base, id: 'far', namespace: 'far-away', assert: 'count == 9' }],
      solution: ['true'],
      hints: [both('h')],
    },
  ],
})

/** A ground that notes what it is asked for. */
function ground() {
  const asked: string[] = []
  const made: StepGround = {
    prepare: async () => void asked.push('prepare'),
    read: async () => 'as it was',
    restore: async state => void asked.push(`restore ${state}`),
    jump: async (_folder, step) => void asked.push(`jump ${step}`),
  }
  return { asked, made }
}

function view() {
  const opening = Promise.withResolvers<void>()
  const looked: string[] = []
  const istio = { fingerprint: () => 'x', onChange: () => ({ dispose: () => undefined }) }
  const made = {
    istio,
    caughtUp: async () => void looked.push('caught up'),
    async into(namespace: string) {
      looked.push(namespace)
      await opening.promise
      return { istio }
    },
  }
  return { made: made as unknown as ClusterView, opened: opening.resolve, looked }
}

async function chapter() {
  const saved: StepProgress[] = []
  const store: ProgressStore = {
    createLearner: async () => undefined,
    learnerByTokenHash: async () => undefined,
    doneByChapter: async () => new Map(),
    stepsOf: async () => [],
    save: async (_learner, _chapter, steps) => void saved.push(...steps),
  }
  const start = () => ({ afterChanged: () => undefined, dispose: () => undefined })
  const clock = manualClock(1000)
  return {
    run: await ChapterRun.load({ learnerId: 'a', lesson, store, clock, log: silentLog, start }),
    saved,
  }
}

const states = (run: ChapterRun) => run.reports('en').map(({ state }) => state)

async function begun() {
  const { run, saved } = await chapter()
  const seen = view()
  seen.opened()
  const { made, asked } = ground()
  await run.attach(seen.made, made)
  return { run, saved, asked, seen }
}

test('begins no step before every namespace that the chapter looks into is watched', async () => {
  const { run } = await chapter()
  const seen = view()
  const attached = run.attach(seen.made)
  expect([states(run), seen.looked]).toEqual([['upcoming', 'upcoming'], ['far-away']])
  seen.opened()
  await attached
  expect(states(run)).toEqual(['active', 'upcoming'])
})

test('does not begin on a cluster that was lost meanwhile', async () => {
  const { run } = await chapter()
  const seen = view()
  const attached = run.attach(seen.made)
  run.detach()
  seen.opened()
  await attached
  expect(states(run)).toEqual(['upcoming', 'upcoming'])
})

test('sets a step up before it is watched, and looks again at what the set-up made', async () => {
  const { run, asked, seen } = await begun()
  run.answer('one', 'why', ['yes'])
  await expect.poll(() => [asked, seen.looked]).toEqual([['prepare'], ['far-away', 'caught up', 'far-away']])
  await expect.poll(() => states(run)).toEqual(['passed', 'active'])
})

test('explains a wrong answer, and takes another', async () => {
  const { run } = await begun()
  const check = () => run.report('one', 'en').checks[0]
  run.answer('one', 'why', ['no'])
  expect(check()).toMatchObject({ state: 'failed', message: 'no?', chosen: ['no'] })
  run.answer('one', 'why', ['yes'])
  expect(check()).toMatchObject({ state: 'passed', chosen: ['yes'] })
  expect(() => run.answer('two', 'far', ['yes'])).toThrow('question')
})

test('a reset brings back what the step began with, and forgets what was answered', async () => {
  const { run, asked, saved } = await begun()
  await expect.poll(() => saved.some(({ checks }) => JSON.stringify(checks).includes('as it was'))).toBe(true)
  run.answer('one', 'why', ['no'])
  await run.resetStep('one')
  expect(asked).toEqual(['restore as it was'])
  expect(run.report('one', 'en')).toMatchObject({ state: 'active', checks: [{ state: 'waiting' }] })
  expect(run.report('one', 'en').checks[0]?.chosen).toBeUndefined()
})

test('says when it is known what a step began with', async () => {
  const { run } = await chapter()
  const reading = Promise.withResolvers<string>()
  const seen = view()
  seen.opened()
  await run.attach(seen.made, { ...ground().made, read: () => reading.promise })
  let known = false
  const remembered = run.remembered().then(() => (known = true))
  await Promise.resolve()
  expect(known).toBe(false)
  reading.resolve('x')
  await remembered
})

test('a jump counts what lies before as skipped, and sets the step up', async () => {
  const { run, asked } = await begun()
  await run.jumpToStep('two')
  await expect.poll(() => asked).toEqual(['jump two', 'prepare'])
  expect(states(run)).toEqual(['skipped', 'active'])
})

test('starting over forgets everything, and says how long it took', async () => {
  const { run, asked } = await begun()
  const told: unknown[] = []
  run.listen({ onStep: () => undefined, onRestored: (_step, outcome) => void told.push(outcome) })
  run.skipStep('one')
  await run.openHint('two')
  await run.startOver()
  expect(asked).toContain('jump one')
  expect(states(run)).toEqual(['active', 'upcoming'])
  expect(run.report('two', 'en').hintsOpened).toBe(0)
  expect(told).toEqual([undefined, { milliseconds: 0, failed: false }])
})
