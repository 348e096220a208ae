import { expect, test } from 'vitest'
import { type Check, check as checkSchema } from '../../protocol/lesson.ts'
import { silentLog } from '../log.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import type { ClusterView } from './cluster-view.ts'
import { compileCheck, type Observation, type Outcome } from './judge.ts'
import type { StepMemory } from './step-memory.ts'
import { SETTLE_MS, watchStep } from './step-watch.ts'

const both = (text: string) => ({ en: text, zh: text })
const base = { waiting: both('w'), passed: both('p') }
const checks = [
  { ...base, id: 'rule', kind: 'resource', resource: 'x', assert: 'count == 1' },
  { ...base, id: 'load', kind: 'traffic', destination: 'd', atLeast: 1, after: ['rule'] },
  {
    ...base,
    id: 'why',
    kind: 'question',
    prompt: both('?'),
    options: [
      { id: 'yes', text: both('yes'), right: true },
      { id: 'no', text: both('no'), why: both('not so') },
    ],
  },
].map(check => compileCheck(checkSchema.parse(check)))

const rule = (count: number): Observation => ({
  facts: { objects: [], object: null, count, name: '', ownNamespace: '' },
  evidence: [],
})

const elsewhere = (namespace: string) =>
  compileCheck(
    checkSchema.parse({ ...base, id: 'far', kind: 'resource', resource: 'x', assert: 'true', namespace }),
  )

function setup(memory: StepMemory = { passed: {}, changed: false }, namespaces: string[] = []) {
  const clock = manualClock(1000)
  const contexts = new Map<string, SourceContext<Check>>()
  const live = new Set<string>()
  const afterChanges: (number | undefined)[] = []
  const outcomes: [string, Outcome['state']][] = []
  const passed: string[] = []
  let fingerprint: string | undefined = 'a'
  let istioChanged = () => {}
  const view = {
    istio: {
      fingerprint: () => fingerprint,
      onChange: (listener: () => void) => {
        istioChanged = listener
        return { dispose: () => undefined }
      },
    },
    into: async () => ({
      istio: { fingerprint: () => 'there', onChange: () => ({ dispose: () => undefined }) },
    }),
  }
  const watch = watchStep({
    step: 's',
    checks: [...checks, ...namespaces.map(elsewhere)],
    memory,
    startedAt: 0,
    view: view as unknown as ClusterView,
    clock,
    log: silentLog,
    start(context): CheckSource {
      contexts.set(context.check.id, context)
      live.add(context.check.id)
      return {
        afterChanged: () => afterChanges.push(context.after()),
        dispose: () => live.delete(context.check.id),
      }
    },
    onOutcome: (id, outcome) => outcomes.push([id, outcome.state]),
    onPassed: id => passed.push(id),
    onMemory: () => undefined,
  })
  const observe = (id: string, observation: Observation | undefined) => contexts.get(id)?.observe(observation)
  const change = (to: string) => {
    fingerprint = to
    istioChanged()
  }
  const settled = () => new Promise<void>(resolve => setImmediate(resolve))
  return { settled, clock, contexts, live, afterChanges, outcomes, passed, observe, change, watch, memory }
}

test('passing latches, and the rule is still watched for what counts after it', () => {
  const { observe, passed, live, clock, afterChanges } = setup()
  observe('rule', rule(1))
  clock.advance(500)
  expect(passed).toEqual(['rule'])
  expect(live).toContain('rule')
  observe('rule', rule(0))
  clock.advance(500)
  observe('rule', rule(1))
  expect(passed).toEqual(['rule'])
  expect(afterChanges).toEqual([1000, undefined, 2000])
})

test('what holds for a moment only does not pass', () => {
  const { observe, passed, clock } = setup()
  observe('rule', rule(1))
  clock.advance(SETTLE_MS - 1)
  observe('rule', rule(2))
  clock.advance(SETTLE_MS)
  expect(passed).toEqual([])
})

test('what holds while configuration still changes passes when the last change has settled', () => {
  const { observe, change, passed, clock } = setup()
  observe('rule', rule(1))
  clock.advance(SETTLE_MS - 1)
  change('b')
  clock.advance(SETTLE_MS - 1)
  change('c')
  clock.advance(SETTLE_MS - 1)
  expect(passed).toEqual([])
  clock.advance(1)
  expect(passed).toEqual(['rule'])
})

test('a change of configuration in another namespace that the step looks into counts as one', async () => {
  const { change, memory, settled } = setup({ passed: {}, changed: false }, ['elsewhere'])
  expect(memory.baseline).toBeUndefined()
  await settled()
  expect(memory).toMatchObject({ changed: false })
  expect(memory.baseline).toBeDefined()
  change('b')
  expect(memory.changed).toBe(true)
})

test('an answer is judged when it comes and kept; what is right cannot be taken back', () => {
  const { watch, passed, outcomes, memory } = setup({ passed: {}, changed: false })
  watch.answer('why', ['no'])
  expect(outcomes.at(-1)).toEqual(['why', 'failed'])
  watch.answer('why', ['yes'])
  expect(passed).toEqual(['why'])
  watch.answer('why', ['no'])
  expect(memory.answers).toEqual({ why: ['yes'] })
})

test('what follows a rule counts from when the proxy took it over, not from when it was seen', () => {
  const { observe, contexts, memory, clock } = setup()
  observe('rule', { ...rule(1), since: 700 })
  clock.advance(SETTLE_MS)
  expect(contexts.get('load')?.after()).toBe(700)
  expect(memory.passed.rule?.at).toBe(700)
})

test('before the rule holds, nothing counts', () => {
  const { contexts } = setup()
  expect(contexts.get('load')?.after()).toBeUndefined()
})

test('a passed check that nothing counts from is not watched any more', () => {
  const { observe, live } = setup()
  observe('load', {
    facts: {
      requests: [],
      total: 1,
      byVersion: {},
      byStatus: {},
      share: {},
      source: '',
      destination: '',
      summary: '',
    },
    evidence: [],
  })
  expect(live).not.toContain('load')
})

test('tells an unchanged outcome once', () => {
  const { observe, outcomes } = setup()
  observe('rule', rule(2))
  observe('rule', rule(2))
  expect(outcomes.filter(([id]) => id === 'rule')).toEqual([['rule', 'waiting']])
})

test('remembers that Istio objects changed since the step began, over a restart', () => {
  const first = setup()
  expect(first.memory).toMatchObject({ baseline: 'a', changed: false })
  first.watch.dispose()
  const second = setup({ passed: {}, baseline: 'before', changed: false })
  expect(second.memory.changed).toBe(true)
  first.change('b')
  expect(setup({ passed: {}, baseline: 'a', changed: false }).memory.changed).toBe(false)
})

test('leaves no source when disposed', () => {
  const { watch, live } = setup()
  watch.dispose()
  expect(live.size).toBe(0)
})
