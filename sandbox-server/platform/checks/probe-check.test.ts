import { expect, test } from 'vitest'
import { probeCheck } from '../../protocol/lesson.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { ClusterView } from './cluster-view.ts'
import type { Observation } from './judge.ts'
import { splitStatus, watchProbe } from './probe-check.ts'

const both = (text: string) => ({ en: text, zh: text })
const check = probeCheck.parse({
  id: 'p',
  kind: 'probe',
  from: 'app=client',
  command: 'true',
  assert: 'exitCode == 0',
  waiting: both('w'),
  passed: both('p'),
})
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client', labels: { app: 'client' } },
  spec: { containers: [{ name: 'client' }] },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

function setup() {
  const clock = manualClock()
  const answers: ((stdout: string) => void)[] = []
  const observed: Observation[] = []
  let routingChanged = () => {}
  const view = {
    clock,
    namespace: 'own',
    pods: { all: () => [pod] },
    client: {
      run: () => new Promise(resolve => answers.push(stdout => resolve({ stdout, stderr: '', exitCode: 0 }))),
    },
    onRoutingChange(listener: () => void) {
      routingChanged = listener
      return { dispose: () => undefined }
    },
  } as unknown as ClusterView
  const source = watchProbe({
    check,
    view,
    startedAt: 0,
    after: () => 0,
    observe: observation => observation && observed.push(observation),
  })
  const answer = async (stdout: string) => {
    answers.shift()?.(stdout)
    await new Promise(resolve => setImmediate(resolve))
  }
  return { clock, observed, source, answer, change: () => routingChanged(), waiting: () => answers.length }
}

test('judges what a probe answers', async () => {
  const { clock, observed, answer } = setup()
  clock.advance(60)
  await answer('hello\n200')
  expect(observed).toMatchObject([{ facts: { status: 200, body: 'hello', exitCode: 0 } }])
})

test('what was under way while routing changed is not judged, but sent again', async () => {
  const { clock, observed, answer, change, waiting } = setup()
  clock.advance(60)
  change()
  await answer('half of it\n200')
  expect(observed).toEqual([])
  clock.advance(60)
  expect(waiting()).toBe(1)
  await answer('all of it\n200')
  expect(observed).toMatchObject([{ facts: { body: 'all of it' } }])
})

test('a status is the last line, when it is one', () => {
  expect(splitStatus('a\nb\n503\n')).toEqual({ status: 503, body: 'a\nb' })
  expect(splitStatus('12 reviews')).toEqual({ status: 0, body: '12 reviews' })
})
