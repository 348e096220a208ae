import { expect, test } from 'vitest'
import { type Check, check as checkSchema } from '../../protocol/lesson.ts'
import { silentLog } from '../log.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import type { ClusterView } from './cluster-view.ts'
import { compileCheck, type Observation, type Outcome } from './judge.ts'
import type { StepMemory } from './step-memory.ts'
import { watchStep } from './step-watch.ts'

const both = (text: string) => ({ en: text, zh: text })
const base = { waiting: both('w'), passed: both('p') }
const checks = [
  { ...base, id: 'rule', kind: 'resource', resource: 'x', assert: 'count == 1' },
  { ...base, id: 'load', kind: 'traffic', destination: 'd', atLeast: 1, after: ['rule'] },
].map(check => compileCheck(checkSchema.parse(check)))

const rule = (count: number): Observation => ({
  facts: { objects: [], object: null, count, name: '', ownNamespace: '' },
  evidence: [],
})

function setup(memory: StepMemory = { passed: {}, changed: false }) {
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
  }
  const watch = watchStep({
    step: 's',
    checks,
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
  return { clock, contexts, live, afterChanges, outcomes, passed, observe, change, watch, memory }
}

test('passing latches, and the rule is still watched for what counts after it', () => {
  const { observe, passed, live, clock, afterChanges } = setup()
  observe('rule', rule(1))
  expect(passed).toEqual(['rule'])
  expect(live).toContain('rule')
  clock.advance(500)
  observe('rule', rule(0))
  clock.advance(500)
  observe('rule', rule(1))
  expect(passed).toEqual(['rule'])
  expect(afterChanges).toEqual([1000, undefined, 2000])
})

test('what follows a rule counts from when the proxy took it over, not from when it was seen', () => {
  const { observe, contexts, memory } = setup()
  observe('rule', { ...rule(1), since: 700 })
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
  expect(outcomes).toEqual([['rule', 'waiting']])
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
