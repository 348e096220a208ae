import { afterEach, describe, expect, it } from 'vitest'
import { PODS, type Pod, REPLICA_SETS, type ReplicaSet } from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'
import { podsToDelete } from './pods-to-delete.ts'

let cluster: TestCluster | undefined
afterEach(() => cluster?.dispose())

async function start(kubelet = true): Promise<TestCluster> {
  cluster = testCluster({ kubelet })
  cluster.create(REPLICA_SETS, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
    },
  })
  await cluster.settle()
  return cluster
}
const status = ({ api }: TestCluster) => api.get<ReplicaSet>(REPLICA_SETS, 'shop', 'web')?.status

describe('a ReplicaSet', () => {
  it('has as many pods as it wants, named after it, each told in an event', async () => {
    const { pods, events } = await start()
    expect(pods().map(pod => pod.metadata.name)).toEqual(
      Array(3).fill(expect.stringMatching(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)),
    )
    expect(events('web').sort()).toEqual(
      pods()
        .map(pod => `SuccessfulCreate: Created pod: ${pod.metadata.name}`)
        .sort(),
    )
  })

  it('replaces a pod that was deleted or has failed', async () => {
    const here = await start()
    const [first, second] = here.pods()
    if (!first || !second) throw new Error('no pods')
    here.api.delete(PODS, 'shop', first.metadata.name, { gracePeriodSeconds: 0 })
    here.api.updateStatus<Pod>(PODS, { ...second, status: { phase: 'Failed' } })
    await here.settle()
    expect(here.pods().filter(pod => pod.status?.phase === 'Running')).toHaveLength(3)
    expect(status(here)).toMatchObject({ replicas: 3, readyReplicas: 3 })
  })

  it('takes in a matching pod without an owner and lets go of one whose labels changed', async () => {
    const here = await start()
    const [first] = here.pods()
    if (!first) throw new Error('no pods')
    here.api.update<Pod>(PODS, { ...first, metadata: { ...first.metadata, labels: { app: 'debug' } } })
    here.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stray', namespace: 'shop', labels: { app: 'web' } },
      spec: { containers: [{ name: 'a', image: 'i' }] },
    })
    await here.settle()
    expect(here.api.get(PODS, 'shop', first.metadata.name)?.metadata.ownerReferences ?? []).toEqual([])
    const owned = here.pods().filter(pod => pod.metadata.ownerReferences?.length)
    expect(owned).toHaveLength(3)
    expect(status(here)?.replicas).toBe(3)
  })

  it('counts pods that are not ready as such', async () => {
    const here = await start(false)
    const [first] = here.pods()
    if (first) here.setReady(first, true)
    await here.settle()
    expect(status(here)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 1,
      availableReplicas: 1,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
  })

  it('that shrinks gives up pods that serve least first', () => {
    const pod = (name: string, phase: string, ready: boolean, extra: Partial<Pod['metadata']> = {}): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        uid: name,
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...extra,
      },
      spec: { nodeName: 'n', containers: [] },
      status: {
        phase,
        conditions: [
          { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
        ],
      },
    })
    const cheap = pod('cheap', 'Running', true, {
      annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' },
    })
    const young = pod('young', 'Running', true, { creationTimestamp: '2026-01-01T09:59:50Z' })
    const all = [
      pod('old', 'Running', true),
      young,
      cheap,
      pod('unready', 'Running', false),
      pod('pending', 'Pending', false),
    ]
    const order = podsToDelete(all, 5, Date.parse('2026-01-01T10:00:00Z')).map(
      ({ metadata }) => metadata.name,
    )
    expect(order).toEqual(['pending', 'unready', 'cheap', 'young', 'old'])
  })
})
