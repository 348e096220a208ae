import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lesson as lessonSchema } from '../../protocol/lesson.ts'
import { systemClock } from '../lifecycle.ts'
import { silentLog } from '../log.ts'
import type { Cluster } from '../provisioning/cluster-provider.ts'
import type { ProgressStore, StepProgress } from '../store/progress-store.ts'
import { BASHRC } from '../terminals/shell-integration.ts'
import { eventually } from '../testing/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { Sandbox } from './sandbox.ts'

const both = (text: string) => ({ en: text, zh: text })
const lesson = lessonSchema.parse({
  id: 'routing',
  title: both('t'),
  summary: both('s'),
  minutes: 5,
  deploy: ['app.yaml'],
  steps: [
    {
      id: 'apply',
      title: both('t'),
      solution: ['echo one', 'echo two'],
      checks: [
        {
          id: 'rule',
          kind: 'resource',
          resource: 'virtualservices.networking.istio.io',
          assert: 'objects.exists(o, o.spec.hosts[0] == "reviews")',
          waiting: both('nothing yet'),
          passed: both('there it is'),
          explanations: [
            { id: 'wrong-host', when: 'changed && count > 0', text: both('another host, {count} rules') },
          ],
        },
      ],
    },
    {
      id: 'load',
      title: both('t'),
      solution: ['true'],
      checks: [
        {
          id: 'requests',
          kind: 'traffic',
          source: 'client',
          destination: 'reviews',
          atLeast: 2,
          assert: 'requests.all(r, r.version == "v1")',
          waiting: both('load it'),
          passed: both('{total} requests'),
        },
        {
          id: 'said',
          kind: 'output',
          command: '^echo',
          assert: 'output.contains("hello")',
          waiting: both('say hello'),
          passed: both('said'),
        },
      ],
    },
  ],
})

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: reviews-v1 }
spec: { replicas: 1 }
`

const pod = (name: string, app: string, ip: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'learner-abc', labels: { app, version: 'v1' } },
  spec: { containers: [{ name: app }, { name: 'istio-proxy' }] },
  status: {
    podIP: ip,
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'istio-proxy', state: { running: {} } }],
  },
})

const namespace = '/api/v1/namespaces/learner-abc'
const rule = (host: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'learner-abc' },
  spec: { hosts: [host] },
})
const rulePath = '/apis/networking.istio.io/v1/namespaces/learner-abc/virtualservices/reviews'

const requestLine = (at: number) =>
  `[${new Date(at).toISOString()}] "GET /reviews/0 HTTP/1.1" 200 - via_upstream - "-" 0 295 3 2 "-" "curl/8" "id" "reviews:9080" "10.0.0.2:9080" outbound|9080|v1|reviews.learner-abc.svc.cluster.local 10.0.0.1:40000 10.96.0.5:9080 10.0.0.1:40001 - -`

function memoryStore(): ProgressStore & { steps: Map<string, StepProgress> } {
  const steps = new Map<string, StepProgress>()
  return {
    steps,
    createLearner: async () => undefined,
    learnerByTokenHash: async () => undefined,
    doneByChapter: async () => new Map(),
    stepsOf: async () => [...steps.values()],
    save: async (_learner, _chapter, changed) => {
      for (const step of changed) steps.set(step.step, step)
    },
  }
}

let api: FakeApiServer
let directory: string
let sandbox: Sandbox | undefined
const store = { current: memoryStore() }
let loseCluster: () => void
let acquired: number

beforeEach(async () => {
  api = await startFakeApiServer()
  directory = mkdtempSync(join(tmpdir(), 'sandbox-test-'))
  api.home = directory
  writeFileSync(join(directory, '.toolbox-ready'), '')
  writeFileSync(join(directory, 'bashrc'), BASHRC)
  store.current = memoryStore()
  acquired = 0
})
afterEach(async () => {
  await sandbox?.dispose()
  sandbox = undefined
  await api.close()
  rmSync(directory, { recursive: true, force: true })
})

function start(): Sandbox {
  sandbox = new Sandbox({
    learnerId: 'abc',
    clusters: {
      async acquire(): Promise<Cluster> {
        acquired++
        const lost = Promise.withResolvers<void>()
        loseCluster = lost.resolve
        return { kubeconfig: api.kubeconfig, lost: lost.promise, release: async () => undefined }
      },
    },
    store: store.current,
    samples: [{ path: 'app.yaml', text: deployment }],
    sampleVolumes: [],
    toolboxImage: 'meshdojo/toolbox',
    directory: join(directory, 'terminals'),
    clock: systemClock,
    log: silentLog,
  })
  return sandbox
}

function screen(of: Sandbox, name = 'main') {
  let text = ''
  const control: string[] = []
  const attachment = of.terminals.get(name).attach({
    output: data => {
      text += data.toString('utf8')
    },
    control: message => control.push(message.type),
  })
  return { attachment, control, text: () => text }
}

test('provisions the namespace, deploys the chapter and becomes ready', async () => {
  const made = start()
  await made.chapter(lesson)
  await eventually(() => made.state.state === 'ready')
  expect(api.object(namespace)?.metadata.labels).toMatchObject({ 'istio-injection': 'enabled' })
  for (const path of [
    'serviceaccounts/learner',
    'resourcequotas/learner',
    'limitranges/learner',
    'pods/toolbox',
  ])
    expect(api.object(`${namespace}/${path}`), path).toBeDefined()
  expect(
    api.object('/apis/rbac.authorization.k8s.io/v1/namespaces/learner-abc/rolebindings/learner'),
  ).toBeDefined()
  expect(
    api.object('/apis/telemetry.istio.io/v1/namespaces/learner-abc/telemetries/access-log'),
  ).toBeDefined()
  expect(api.object('/apis/apps/v1/namespaces/learner-abc/deployments/reviews-v1')).toBeDefined()
})

test('starts again what another chapter took away, when its page is opened', async () => {
  const path = '/apis/apps/v1/namespaces/learner-abc/deployments/reviews-v1'
  const made = start()
  await made.enter(lesson)
  await eventually(() => made.state.state === 'ready')
  await eventually(
    () => api.object(namespace)?.metadata.annotations?.['meshdojo.dev/opened-chapter'] === 'routing',
  )
  api.remove(path)
  await made.enter(lesson)
  await made.enter({ ...lesson, id: 'other', deploy: [] })
  await eventually(
    () => api.object(namespace)?.metadata.annotations?.['meshdojo.dev/opened-chapter'] === 'other',
  )
  expect(api.object(path)).toBeUndefined()
  await made.enter(lesson)
  await eventually(() => api.object(path))
  await eventually(() => made.state.state === 'ready')
})

test('goes on with a chapter that was written anew', async () => {
  const made = start()
  const run = await made.chapter(lesson)
  await eventually(() => run.report('apply', 'en').state === 'active')
  run.skipStep('apply')
  await eventually(() => run.report('load', 'en').state === 'active')
  let retired = false
  run.listen({ onStep: () => undefined, onRetired: () => (retired = true) })
  const written = { ...lesson, steps: lesson.steps.map(step => ({ ...step, title: both('anew') })) }
  await made.replaceChapter(written)
  expect(retired).toBe(true)
  const next = await made.chapter(written)
  expect(next).not.toBe(run)
  expect(next.lesson.steps[0]?.title.en).toBe('anew')
  await eventually(() => next.report('load', 'en').state === 'active')
  expect(next.report('apply', 'en').state).toBe('skipped')
})

test('writes nothing when the namespace is as it should be', async () => {
  const first = start()
  await first.chapter(lesson)
  await eventually(() => first.state.state === 'ready')
  await first.dispose()
  api.requests.length = 0
  const second = start()
  await second.chapter(lesson)
  await eventually(() => second.state.state === 'ready')
  expect(api.requests.filter(request => /^(PATCH|POST|PUT|DELETE)/.test(request))).toEqual([])
})

test('explains a wrong object, passes with the right one, and begins the next step', async () => {
  const made = start()
  const run = await made.chapter(lesson)
  await eventually(() => run.report('apply', 'en').state === 'active', 'the first step begins')
  await eventually(() => store.current.steps.get('apply')?.state === 'active', 'the store knows')
  expect(run.report('apply', 'en').checks[0]).toMatchObject({ state: 'waiting', message: 'nothing yet' })
  api.put(rulePath, rule('details'))
  await eventually(() => run.report('apply', 'en').checks[0]?.state === 'failed', 'the explanation')
  expect(run.report('apply', 'en').checks[0]?.message).toBe('another host, 1 rules')
  api.put(rulePath, rule('reviews'))
  await eventually(() => run.report('apply', 'en').state === 'passed', 'the first step passes')
  await eventually(() => run.report('load', 'en').state === 'active', 'the next step begins')
  api.remove(rulePath)
  await run.settled()
  expect(run.report('apply', 'en').checks[0]).toMatchObject({ state: 'passed', message: 'there it is' })
  expect(store.current.steps.get('apply')?.state).toBe('passed')
})

test('counts the requests that the sidecars log and reads what the learner ran', async () => {
  const made = start()
  const run = await made.chapter(lesson)
  api.put(`${namespace}/pods/client`, pod('client', 'client', '10.0.0.1'))
  api.put(`${namespace}/pods/reviews`, pod('reviews', 'reviews', '10.0.0.2'))
  api.put(rulePath, rule('reviews'))
  await eventually(() => run.report('load', 'en').state === 'active')
  api.log('client', requestLine(Date.now() - 60_000))
  api.log('client', requestLine(Date.now()))
  const progress = () => run.report('load', 'en').checks[0]
  await eventually(() => progress()?.progress?.have === 1, 'one request that counts')
  expect(progress()).toMatchObject({ state: 'waiting', message: 'load it', progress: { have: 1, need: 2 } })
  api.log('client', requestLine(Date.now()))
  await eventually(() => progress()?.state === 'passed')
  expect(progress()?.message).toBe('2 requests')
  const { attachment, text } = screen(made)
  attachment.input(Buffer.from('echo hello\r'))
  await eventually(
    () => run.report('load', 'en').state === 'passed',
    `step; terminal showed ${JSON.stringify(text())}`,
  )
})

test('a restarted server knows what was done, and counts the requests since the step began, once', async () => {
  const first = start()
  const before = await first.chapter(lesson)
  api.put(`${namespace}/pods/client`, pod('client', 'client', '10.0.0.1'))
  api.put(`${namespace}/pods/reviews`, pod('reviews', 'reviews', '10.0.0.2'))
  api.put(rulePath, rule('reviews'))
  await eventually(() => before.report('load', 'en').state === 'active')
  api.log('client', requestLine(Date.now()))
  await eventually(() => before.report('load', 'en').checks[0]?.progress?.have === 1)
  await first.dispose()
  const run = await start().chapter(lesson)
  expect(run.report('apply', 'en')).toMatchObject({
    state: 'passed',
    checks: [{ state: 'passed', message: 'there it is' }],
  })
  await eventually(() => run.report('load', 'en').checks[0]?.progress?.have === 1)
  api.log('client', requestLine(Date.now()))
  await eventually(() => run.report('load', 'en').checks[0]?.state === 'passed')
  expect(run.report('load', 'en').checks[0]?.message).toBe('2 requests')
})

test('shows the same terminal to every browser and types a solution one command after the other', async () => {
  const made = start()
  await made.chapter(lesson)
  const one = screen(made)
  await made.terminals.get('main').typeCommands(['echo $((40+2))', 'false', 'echo status $?'])
  await eventually(() => one.text().includes('42\r\n') && one.text().includes('status 1\r\n'))
  const two = screen(made)
  expect(two.text()).toContain('42\r\n')
  expect(two.control).toEqual(['size', 'ready'])
})

test('a flood of output waits for the browser, and all of it arrives', async () => {
  const made = start()
  await made.chapter(lesson)
  let bytes = 0
  const attachment = made.terminals.get('main').attach({
    output: data => {
      bytes += data.length
    },
    control: () => undefined,
  })
  await made.terminals.get('main').typeCommands(['true'])
  attachment.input(Buffer.from("head -c 6000000 /dev/zero | tr '\\0' x; echo; echo END\r"))
  let before = -1
  await eventually(() => {
    const still = bytes === before && bytes > 500_000
    before = bytes
    return still
  }, 'a halt')
  expect(bytes).toBeLessThan(3_000_000)
  let acknowledged = 0
  await eventually(() => {
    attachment.acknowledge(bytes - acknowledged)
    acknowledged = bytes
    return bytes > 6_000_000
  }, 'the rest')
})

test('comes back after its cluster is lost, with steps, terminal and a line that says so', async () => {
  const made = start()
  const run = await made.chapter(lesson)
  const { text, control } = screen(made)
  await made.terminals.get('main').typeCommands(['echo before'])
  await eventually(() => made.state.state === 'ready')
  loseCluster()
  await eventually(() => acquired === 2 && made.state.state === 'ready')
  await eventually(() => control.includes('ended'))
  expect(text()).toContain('connection to the shell was lost')
  await eventually(() => text().split('toolbox').length > 3, 'a new prompt')
  api.put(rulePath, rule('reviews'))
  await eventually(() => run.report('apply', 'en').state === 'passed')
})

test('sleeps, says so, and wakes with what is typed next', async () => {
  const made = start()
  await made.chapter(lesson)
  const { text, attachment } = screen(made)
  await made.terminals.get('main').typeCommands(['echo before'])
  await eventually(() => made.state.state === 'ready')
  made.sleep()
  await eventually(() => made.state.state === 'asleep')
  expect(made.state.report('en')).toMatchObject({ state: 'ready', asleep: true })
  await eventually(() => text().includes('press a key to wake it'))
  attachment.input(Buffer.from('echo wo""ken\r'))
  await eventually(() => made.state.state === 'ready')
  await eventually(() => text().includes('woken'), 'what was typed runs')
})

test('makes the toolbox again when the learner deletes it', async () => {
  const made = start()
  await made.chapter(lesson)
  await eventually(() => made.state.state === 'ready')
  const before = api.object(`${namespace}/pods/toolbox`)?.metadata.uid
  api.put(`${namespace}/pods/toolbox`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'toolbox' },
    status: { phase: 'Failed' },
  })
  await made.dispose()
  const again = start()
  await again.chapter(lesson)
  await eventually(() => again.state.state === 'ready')
  expect(api.object(`${namespace}/pods/toolbox`)?.metadata.uid).not.toBe(before)
})

test('says why it failed and tries again when asked', async () => {
  sandbox = new Sandbox({
    learnerId: 'abc',
    clusters: {
      async acquire() {
        acquired++
        if (acquired === 1) throw new Error('this kernel forbids user namespaces')
        return { kubeconfig: api.kubeconfig, release: async () => undefined }
      },
    },
    store: store.current,
    samples: [],
    sampleVolumes: [],
    toolboxImage: 'x',
    directory,
    clock: systemClock,
    log: silentLog,
  })
  const made = sandbox
  await eventually(() => made.state.state === 'failed')
  expect(made.state.report('en').message).toContain('this kernel forbids user namespaces')
  expect(made.state.report('zh').message).toMatch(/沙箱无法启动/)
  made.retry()
  await eventually(() => made.state.state === 'ready')
})

test('leaves no watch behind', async () => {
  const made = start()
  await made.chapter(lesson)
  await eventually(() => made.state.state === 'ready')
  expect(api.watching).toBeGreaterThan(0)
  await made.dispose()
  await eventually(() => api.watching === 0)
})
