import { afterEach, describe, expect, it } from 'vitest'
import { PODS, RESOURCE_QUOTAS, type ResourceQuota, SERVICES } from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

describe('a ResourceQuota', () => {
  it('shows what its namespace uses, also after objects went', async () => {
    cluster = testCluster({ kubelet: false })
    const hard = {
      pods: '3',
      'requests.cpu': '2',
      'limits.memory': '1Gi',
      'count/services': '5',
      services: '5',
      'services.nodeports': '5',
      secrets: '3',
      'unknown/thing': '1',
    }
    cluster.create(RESOURCE_QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'shop' },
      spec: { hard },
    })
    const used = (): Record<string, string> | undefined =>
      cluster.api.get<ResourceQuota>(RESOURCE_QUOTAS, 'shop', 'q')?.status?.used
    await cluster.settle()
    expect(used()).toEqual({
      pods: '0',
      'requests.cpu': '0',
      'limits.memory': '0',
      'count/services': '0',
      services: '0',
      'services.nodeports': '0',
      secrets: '0',
    })
    const resources = { requests: { cpu: '600m' }, limits: { memory: '64Mi' } }
    for (const name of ['a', 'b']) {
      cluster.create(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'shop' },
        spec: { containers: [{ name: 'a', image: 'i', resources }] },
      })
    }
    cluster.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'shop' },
      spec: { type: 'NodePort', ports: [{ port: 1 }] },
    })
    await cluster.settle()
    expect(used()).toMatchObject({
      pods: '2',
      'requests.cpu': '1200m',
      'limits.memory': '128Mi',
      'count/services': '1',
      services: '1',
      'services.nodeports': '1',
    })
    cluster.api.delete(PODS, 'shop', 'a', { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(used()).toMatchObject({ pods: '1', 'requests.cpu': '600m' })
  })
})
