import { afterEach, describe, expect, it } from 'vitest'
import type { GroupResource } from '../apiserver/api.ts'
import {
  CLUSTER_ROLES,
  type ClusterRole,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  LEASES,
  type Lease,
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
} from './kinds.ts'
import { type TestCluster, testCluster } from './test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
  },
})

describe('the controllers together', () => {
  it('end with everything when they are disposed', async () => {
    cluster = testCluster({ nodeName: 'node-1' })
    cluster.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } })
    cluster.create(DEPLOYMENTS, deployment('web', 2))
    await cluster.settle()
    cluster.dispose()
    expect(cluster.clock.pending()).toBe(0)
    const before = cluster.store.revision
    cluster.api.delete(DEPLOYMENTS, 'shop', 'web')
    await cluster.settle()
    expect(cluster.store.revision).toBe(before + 1)
  })

  it('find their work after a restart', async () => {
    cluster = testCluster({ allocatable: { pods: '0' } })
    cluster.create(DEPLOYMENTS, deployment('web', 2))
    await cluster.settle()
    expect(cluster.pods().every(pod => !pod.spec.nodeName)).toBe(true)
    const node = cluster.api.get(NODES, undefined, 'node-1')
    if (node)
      cluster.api.updateStatus(NODES, {
        ...node,
        status: { ...Object(node.status), allocatable: { pods: '10' } },
      })
    await cluster.settle()
    expect(cluster.pods().map(pod => pod.status?.phase)).toEqual(['Running', 'Running'])
  })

  it('renew the lease of their node every ten seconds', async () => {
    cluster = testCluster({ nodeName: 'node-1' })
    cluster.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } })
    await cluster.settle()
    const renewed = () => cluster.api.get<Lease>(LEASES, 'kube-node-lease', 'node-1')?.spec?.renewTime
    expect(renewed()).toBe('2026-01-01T00:00:00.000000Z')
    cluster.clock.advance(10_000)
    await cluster.settle()
    expect(renewed()).toBe('2026-01-01T00:00:10.000000Z')
  })

  it('keep the service by which pods find the API server', async () => {
    cluster = testCluster()
    cluster.namespace('default')
    await cluster.settle()
    const get = (resource: GroupResource) => cluster.api.get(resource, 'default', 'kubernetes')
    expect(get(SERVICES)).toMatchObject({
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] },
    })
    cluster.api.delete(SERVICES, 'default', 'kubernetes')
    await cluster.settle()
    expect([SERVICES, ENDPOINTS, ENDPOINT_SLICES].map(resource => get(resource)?.kind)).toEqual([
      'Service',
      'Endpoints',
      'EndpointSlice',
    ])
    expect(cluster.api.list(ENDPOINT_SLICES, { namespace: 'default' })).toHaveLength(1)
  })

  it('forget events after an hour', async () => {
    cluster = testCluster()
    cluster.create(DEPLOYMENTS, deployment('web', 1))
    await cluster.settle()
    expect(cluster.api.list(EVENTS).length).toBeGreaterThan(2)
    cluster.clock.advance(3_600_000)
    await cluster.settle()
    expect(cluster.api.list(EVENTS)).toEqual([])
    expect(cluster.clock.pending()).toBe(0)
  })

  it('remove a terminating pod that never got a node', async () => {
    cluster = testCluster({ allocatable: { pods: '0' } })
    cluster.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { containers: [{ name: 'a', image: 'i' }] },
    })
    await cluster.settle()
    cluster.api.delete(PODS, 'shop', 'p', { gracePeriodSeconds: 30 })
    await cluster.settle()
    expect(cluster.pods()).toEqual([])
  })

  it('gather the rules of an aggregated ClusterRole', async () => {
    cluster = testCluster()
    const role = (name: string, rest: object, labels?: Record<string, string>) =>
      cluster.create(CLUSTER_ROLES, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name, labels },
        ...rest,
      })
    role('all', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] }, rules: [] })
    role('part', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }, { part: 'yes' })
    await cluster.settle()
    expect(cluster.api.get<ClusterRole>(CLUSTER_ROLES, undefined, 'all')?.rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    ])
  })
})
