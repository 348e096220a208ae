import { afterEach, describe, expect, it } from 'vitest'
import { rfc3339 } from '../../lifecycle.ts'
import { JOBS, type Job, PODS, type Pod } from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'
import { addIndexes } from './indexes.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

async function start(spec: object, kubelet = true): Promise<void> {
  cluster = testCluster({ kubelet })
  cluster.create(JOBS, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'hello', namespace: 'shop' },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      manualSelector: true,
      selector: { matchLabels: { 'job-name': 'hello' } },
      template: {
        metadata: { labels: { 'job-name': 'hello' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] },
      },
      ...spec,
    },
  })
  await cluster.settle()
}
const job = (): Job | undefined => cluster.api.get<Job>(JOBS, 'shop', 'hello')
const conditions = (): string[] =>
  (job()?.status?.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`)
const running = (): Pod[] =>
  cluster.pods().filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded')

async function end(phase: 'Failed' | 'Succeeded'): Promise<void> {
  for (const pod of running()) {
    const finishedAt = rfc3339(cluster.clock.now())
    cluster.api.updateStatus<Pod>(PODS, {
      ...pod,
      status: {
        phase,
        containerStatuses: [
          {
            name: 'a',
            image: 'i',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode: 1, finishedAt } },
          },
        ],
      },
    })
  }
  await cluster.settle()
}

describe('a Job', () => {
  it('completes, counted, with both conditions and the story in events', async () => {
    await start({})
    const [pod] = cluster.pods()
    expect(job()?.status).toMatchObject({
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      completionTime: '2026-01-01T00:00:00Z',
    })
    expect(conditions()).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
    expect(pod?.metadata.finalizers ?? []).toEqual([])
    expect(cluster.events('hello')).toEqual([
      `SuccessfulCreate: Created pod: ${pod?.metadata.name}`,
      'Completed: Job completed',
    ])
    expect(cluster.failures).toEqual([])
  })

  it('runs as many at a time as parallelism says, until completions are reached', async () => {
    await start({ completions: 5, parallelism: 2 }, false)
    expect(running()).toHaveLength(2)
    await end('Succeeded')
    expect(running()).toHaveLength(2)
    await end('Succeeded')
    expect(running()).toHaveLength(1)
    await end('Succeeded')
    expect(job()?.status?.succeeded).toBe(5)
    expect(conditions()).toContain('Complete CompletionsReached')
  })

  it('waits longer after each failure and fails beyond backoffLimit', async () => {
    await start({ backoffLimit: 1 }, false)
    await end('Failed')
    expect(running()).toHaveLength(0)
    cluster.clock.advance(9_000)
    await cluster.settle()
    expect(running()).toHaveLength(0)
    cluster.clock.advance(1_000)
    await cluster.settle()
    expect(running()).toHaveLength(1)
    await end('Failed')
    expect(job()?.status).toMatchObject({ failed: 2 })
    expect(conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
    expect(cluster.events('hello')).toContain(
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    )
  })

  it('counts a pod that was deleted by hand as failed and starts another', async () => {
    await start({}, false)
    const [pod] = running()
    if (pod) cluster.api.delete(PODS, 'shop', pod.metadata.name)
    await cluster.settle()
    expect(job()?.status?.failed).toBe(1)
    expect(running().filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(1)
  })

  it('ends at its deadline', async () => {
    await start({ activeDeadlineSeconds: 20 }, false)
    cluster.clock.advance(21_000)
    await cluster.settle()
    expect(conditions()[0]).toBe('FailureTarget DeadlineExceeded')
  })

  it('suspended has no pods until it is resumed', async () => {
    await start({ suspend: true })
    expect(cluster.pods()).toEqual([])
    expect(conditions()).toEqual(['Suspended JobSuspended'])
    const present = job()
    if (present) cluster.api.update<Job>(JOBS, { ...present, spec: { ...present.spec, suspend: false } })
    await cluster.settle()
    expect(conditions()).toContain('Complete CompletionsReached')
  })

  it('goes ttlSecondsAfterFinished after its end', async () => {
    await start({ ttlSecondsAfterFinished: 100 })
    cluster.clock.advance(99_000)
    await cluster.settle()
    expect(job()).toBeDefined()
    cluster.clock.advance(1_000)
    await cluster.settle()
    expect(job()).toBeUndefined()
    expect(cluster.pods()).toEqual([])
  })

  it('Indexed gives each pod its number', async () => {
    await start({ completions: 3, parallelism: 3, completionMode: 'Indexed' })
    const indexes = cluster
      .pods()
      .map(pod => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'])
    expect(indexes.sort()).toEqual(['0', '1', '2'])
    expect(job()?.status?.completedIndexes).toBe('0-2')
  })

  it('deleted leaves no pod behind', async () => {
    await start({}, false)
    cluster.api.delete(JOBS, 'shop', 'hello')
    await cluster.settle()
    for (const pod of cluster.pods())
      cluster.api.delete(PODS, 'shop', pod.metadata.name, { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(cluster.pods()).toEqual([])
  })
})

describe('completed indexes', () => {
  it('are written as ranges', () => {
    expect(addIndexes('0,2-4', [1])).toBe('0-4')
    expect(addIndexes(undefined, [5, 1, 2])).toBe('1,2,5')
    expect(addIndexes(undefined, [])).toBeUndefined()
  })
})
