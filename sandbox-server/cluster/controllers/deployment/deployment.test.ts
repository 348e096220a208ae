import { afterEach, describe, expect, it } from 'vitest'
import type { NewObject } from '../../apiserver/api.ts'
import { DEPLOYMENTS, type Deployment, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import { type TestCluster, type TestOptions, testCluster } from '../test-cluster.ts'
import { wantedReplicas } from './limits.ts'
import { podTemplateHash } from './revisions.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
})

function deployment(spec: Partial<Deployment['spec']> = {}): NewObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: template('nginx:1'),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
  }
}

async function start(spec?: Partial<Deployment['spec']>, options?: TestOptions): Promise<void> {
  cluster = testCluster(options)
  cluster.create(DEPLOYMENTS, deployment(spec))
  await cluster.settle()
}

function current(): Deployment {
  const found = cluster.api.get<Deployment>(DEPLOYMENTS, 'shop', 'web')
  if (!found) throw new Error('the Deployment is gone')
  return found
}

const sets = (): readonly ReplicaSet[] => cluster.api.list<ReplicaSet>(REPLICA_SETS)
const byImage = (): Record<string, number> =>
  Object.fromEntries(sets().map(set => [set.spec.template?.spec?.containers[0]?.image, wantedReplicas(set)]))
const conditions = (): string[] =>
  (current().status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`)

async function change(spec: Partial<Deployment['spec']>): Promise<void> {
  cluster.api.update<Deployment>(DEPLOYMENTS, { ...current(), spec: { ...current().spec, ...spec } })
  await cluster.settle()
}

describe('a new Deployment', () => {
  it('becomes available, numbered 1, with a ReplicaSet named by the hash of its template', async () => {
    await start()
    expect(current().status).toMatchObject({
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
    expect(conditions()).toEqual([
      'Available=True MinimumReplicasAvailable',
      'Progressing=True NewReplicaSetAvailable',
    ])
    const [set] = sets()
    expect(set?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{6,10}$/)
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '4',
      'deployment.kubernetes.io/max-replicas': '5',
      'deployment.kubernetes.io/revision': '1',
    })
    expect(set?.spec.selector.matchLabels?.['pod-template-hash']).toBe(
      set?.metadata.labels?.['pod-template-hash'],
    )
    expect(current().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
    expect(cluster.events('web')).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 4`,
    ])
    expect(cluster.failures).toEqual([])
  })

  it('gives equal templates equal hashes, whatever the order of their keys', () => {
    const one = podTemplateHash(
      { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [] } },
      undefined,
    )
    const other = podTemplateHash(
      { spec: { containers: [] }, metadata: { labels: { b: '2', a: '1' } } },
      undefined,
    )
    expect(one).toBe(other)
    expect(podTemplateHash({ metadata: {}, spec: { containers: [] } }, undefined)).not.toBe(one)
  })

  it('adopts a ReplicaSet that has its template and belongs to nobody', async () => {
    await start()
    const [set] = sets()
    cluster.api.delete(DEPLOYMENTS, 'shop', 'web', { propagationPolicy: 'Orphan' })
    await cluster.settle()
    expect(sets().map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined])
    cluster.create(DEPLOYMENTS, deployment())
    await cluster.settle()
    expect(sets().map(({ metadata }) => metadata.uid)).toEqual([set?.metadata.uid])
    expect(sets()[0]?.metadata.ownerReferences?.[0]?.uid).toBe(current().metadata.uid)
  })
})

describe('a rolling update', () => {
  it('never has fewer available or more pods than its limits', async () => {
    await start()
    const seen: { available: number; total: number }[] = []
    cluster.api.watch<ReplicaSet>(REPLICA_SETS, () => {
      const all = sets()
      seen.push({
        available: all.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0),
        total: all.reduce((sum, set) => sum + wantedReplicas(set), 0),
      })
    })
    await change({ template: template('nginx:2') })
    expect(byImage()).toEqual({ 'nginx:1': 0, 'nginx:2': 4 })
    expect(Math.min(...seen.map(({ available }) => available))).toBeGreaterThanOrEqual(3)
    expect(Math.max(...seen.map(({ total }) => total))).toBeLessThanOrEqual(5)
    expect(conditions()).toEqual([
      'Available=True MinimumReplicasAvailable',
      'Progressing=True NewReplicaSetAvailable',
    ])
  })

  it('that goes back takes the old ReplicaSet under a new number', async () => {
    await start()
    await change({ template: template('nginx:2') })
    await change({ template: template('nginx:1') })
    expect(byImage()).toEqual({ 'nginx:1': 4, 'nginx:2': 0 })
    const revisions = sets()
      .map(set => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
      .sort()
    expect(revisions).toEqual(['2', '3'])
    expect(
      sets().flatMap(set => set.metadata.annotations?.['deployment.kubernetes.io/revision-history'] ?? []),
    ).toEqual(['1'])
    expect(current().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
  })

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', async () => {
    await start({ revisionHistoryLimit: 1 })
    for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) await change({ template: template(image) })
    expect(Object.keys(byImage()).sort()).toEqual(['nginx:3', 'nginx:4'])
  })

  it('that never becomes ready stops and misses its deadline', async () => {
    await start({ progressDeadlineSeconds: 60 }, { kubelet: false })
    for (const pod of cluster.pods()) cluster.setReady(pod, true)
    await cluster.settle()
    expect(conditions()).toContain('Progressing=True NewReplicaSetAvailable')
    await change({ template: template('nginx:broken') })
    expect(byImage()).toEqual({ 'nginx:1': 3, 'nginx:broken': 2 })
    expect(conditions()).toContain('Progressing=True ReplicaSetUpdated')
    cluster.clock.advance(62_000)
    await cluster.settle()
    expect(conditions()).toContain('Progressing=False ProgressDeadlineExceeded')
    expect(current().status?.availableReplicas).toBe(3)
    expect(cluster.clock.pending()).toBeLessThanOrEqual(1)
  })

  it('waits minReadySeconds before a pod counts as available', async () => {
    await start({ minReadySeconds: 30 })
    expect(current().status).toMatchObject({ readyReplicas: 4, unavailableReplicas: 4 })
    cluster.clock.advance(31_000)
    await cluster.settle()
    expect(current().status?.availableReplicas).toBe(4)
  })
})

describe('other changes', () => {
  it('Recreate removes all old pods before it makes new ones', async () => {
    await start({ strategy: { type: 'Recreate' } })
    let together = false
    cluster.api.watch<ReplicaSet>(REPLICA_SETS, () => {
      const images = new Set(cluster.pods().map(pod => pod.spec.containers[0]?.image))
      together ||= images.size > 1
    })
    await change({ strategy: { type: 'Recreate' }, template: template('nginx:2') })
    expect(byImage()).toEqual({ 'nginx:1': 0, 'nginx:2': 4 })
    expect(together).toBe(false)
  })

  it('scaling moves the one ReplicaSet and says so', async () => {
    await start()
    await change({ replicas: 1 })
    expect(current().status).toMatchObject({ replicas: 1, availableReplicas: 1 })
    const name = sets()[0]?.metadata.name
    expect(cluster.events('web')).toContain(`ScalingReplicaSet: Scaled down replica set ${name} from 4 to 1`)
    await change({ replicas: 0 })
    expect(current().status?.replicas).toBeUndefined()
    expect(cluster.pods()).toEqual([])
  })

  it('scaling in the middle of a rollout is spread over both ReplicaSets', async () => {
    await start({ replicas: 8 }, { kubelet: false })
    for (const pod of cluster.pods()) cluster.setReady(pod, true)
    await cluster.settle()
    await change({ template: template('nginx:broken') })
    expect(byImage()).toEqual({ 'nginx:1': 6, 'nginx:broken': 4 })
    await change({ replicas: 16 })
    expect(byImage()).toEqual({ 'nginx:1': 12, 'nginx:broken': 8 })
  })

  it('paused it changes nothing but its size, resumed it rolls out', async () => {
    await start()
    await change({ paused: true })
    await change({ template: template('nginx:2') })
    expect(Object.keys(byImage())).toEqual(['nginx:1'])
    expect(conditions()).toEqual([
      'Available=True MinimumReplicasAvailable',
      'Progressing=Unknown DeploymentPaused',
    ])
    await change({ replicas: 5 })
    expect(byImage()).toEqual({ 'nginx:1': 5 })
    await change({ paused: false })
    expect(byImage()).toEqual({ 'nginx:1': 0, 'nginx:2': 5 })
    expect(conditions()).toContain('Progressing=True NewReplicaSetAvailable')
  })

  it('at rest leaves no timer and writes nothing', async () => {
    await start()
    const before = cluster.store.revision
    cluster.clock.advance(50_000)
    await cluster.settle()
    expect(cluster.store.revision).toBe(before)
  })
})
