import { afterEach, describe, expect, it } from 'vitest'
import { NODES, type Node, PODS, type Pod } from '../kinds.ts'
import { podCondition } from '../pod-status.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

async function pod(name: string, spec: object = {}): Promise<Pod> {
  cluster.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
  })
  await cluster.settle()
  return get(name)
}
function get(name: string): Pod {
  const found = cluster.api.get<Pod>(PODS, 'shop', name)
  if (!found) throw new Error(`no pod ${name}`)
  return found
}
const asking = (cpu: string) => ({
  containers: [{ name: 'a', image: 'i', resources: { requests: { cpu } } }],
})
const refused = (reason: string, preemption = 'Preemption is not helpful for scheduling') =>
  `0/1 nodes are available: 1 ${reason}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 ${preemption}.`
const why = (name: string): string | undefined => podCondition(get(name), 'PodScheduled')?.message

describe('the scheduler', () => {
  it('binds a pod and says so', async () => {
    cluster = testCluster({ kubelet: false })
    expect((await pod('web')).spec.nodeName).toBe('node-1')
    expect(podCondition(get('web'), 'PodScheduled')?.status).toBe('True')
    expect(cluster.events('web')).toEqual(['Scheduled: Successfully assigned shop/web to node-1'])
  })

  it('tells why no node takes a pod, once', async () => {
    cluster = testCluster({ kubelet: false })
    await pod('big', asking('1000'))
    expect(podCondition(get('big'), 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: refused('Insufficient cpu'),
    })
    expect(cluster.events('big')).toEqual([`FailedScheduling: ${refused('Insufficient cpu')}`])
  })

  it('takes a pod when another one leaves room', async () => {
    cluster = testCluster({ kubelet: false })
    await pod('first', asking('3'))
    await pod('second', asking('2500m'))
    expect(why('second')).toBe(refused('Insufficient cpu', 'No preemption victims found for incoming pod'))
    cluster.api.delete(PODS, 'shop', 'first', { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(get('second').spec.nodeName).toBe('node-1')
  })

  it('obeys cordons, taints and selectors', async () => {
    cluster = testCluster({ kubelet: false })
    const change = async (spec: object) => {
      const node = cluster.api.get<Node>(NODES, undefined, 'node-1')
      if (node) cluster.api.update<Node>(NODES, { ...node, spec })
      await cluster.settle()
    }
    await pod('picky', { nodeSelector: { disk: 'ssd' } })
    expect(why('picky')).toBe(refused("node(s) didn't match Pod's node affinity/selector"))
    await change({ unschedulable: true })
    await pod('cordoned')
    expect(why('cordoned')).toBe(refused('node(s) were unschedulable'))
    await change({ taints: [{ key: 'special', value: 'yes', effect: 'NoSchedule' }] })
    expect(why('cordoned')).toBe(refused('node(s) had untolerated taint(s)'))
    const tolerant = await pod('tolerant', {
      tolerations: [{ key: 'special', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    })
    expect(tolerant.spec.nodeName).toBe('node-1')
    await change({})
    expect(get('cordoned').spec.nodeName).toBe('node-1')
  })

  it('waits for a node to become ready', async () => {
    cluster = testCluster({ kubelet: false })
    const ready = async (status: string) => {
      const node = cluster.api.get<Node>(NODES, undefined, 'node-1')
      if (node)
        cluster.api.updateStatus<Node>(NODES, {
          ...node,
          status: { ...node.status, conditions: [{ type: 'Ready', status }] },
        })
      await cluster.settle()
    }
    await ready('False')
    expect(cluster.api.get<Node>(NODES, undefined, 'node-1')?.spec?.taints).toMatchObject([
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ])
    await pod('early')
    expect(why('early')).toBe(refused('node(s) had untolerated taint(s)'))
    await ready('True')
    expect(get('early').spec.nodeName).toBe('node-1')
  })

  it('leaves pods of other schedulers alone', async () => {
    cluster = testCluster({ kubelet: false })
    expect((await pod('other', { schedulerName: 'mine' })).spec.nodeName).toBeUndefined()
  })
})
