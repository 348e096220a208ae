import { afterEach, describe, expect, it } from 'vitest'
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, type Namespace, PODS, SERVICE_ACCOUNTS } from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'
import { conditionsOf } from './conditions.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

const get = (): Namespace | undefined => cluster.api.get<Namespace>(NAMESPACES, undefined, 'shop')
const conditions = (): string[] =>
  (get()?.status?.conditions ?? []).map(({ type, status, message }) => `${type}=${status} ${message}`)

describe('a namespace', () => {
  it('is born with a ServiceAccount and the certificates, which come back when removed', async () => {
    cluster = testCluster({ rootCaPem: 'ROOT', istioRootCaPem: 'MESH' })
    await cluster.settle()
    const names = (): string[] =>
      cluster.api.list(CONFIG_MAPS, { namespace: 'shop' }).map(({ metadata }) => metadata.name)
    expect(names()).toEqual(['istio-ca-root-cert', 'kube-root-ca.crt'])
    cluster.api.delete(SERVICE_ACCOUNTS, 'shop', 'default')
    cluster.api.delete(CONFIG_MAPS, 'shop', 'kube-root-ca.crt')
    await cluster.settle()
    expect(cluster.api.get(SERVICE_ACCOUNTS, 'shop', 'default')).toBeDefined()
    expect(names()).toEqual(['istio-ca-root-cert', 'kube-root-ca.crt'])
  })

  it('that is deleted is emptied, says what holds it, and goes when that is gone', async () => {
    cluster = testCluster({ rootCaPem: 'ROOT' })
    cluster.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'anchor', namespace: 'shop', finalizers: ['example.com/hold'] },
    })
    cluster.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
      },
    })
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(2)
    cluster.api.delete(NAMESPACES, undefined, 'shop')
    await cluster.settle()
    expect(cluster.pods()).toEqual([])
    expect(cluster.api.list(DEPLOYMENTS)).toEqual([])
    expect(get()?.status?.phase).toBe('Terminating')
    expect(conditions()).toEqual([
      'NamespaceDeletionDiscoveryFailure=False All resources successfully discovered',
      'NamespaceDeletionGroupVersionParsingFailure=False All legacy kube types successfully parsed',
      'NamespaceDeletionContentFailure=False All content successfully deleted, may be waiting on finalization',
      'NamespaceContentRemaining=True Some resources are remaining: configmaps. has 1 resource instances',
      'NamespaceFinalizersRemaining=True Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ])
    const anchor = cluster.api.get(CONFIG_MAPS, 'shop', 'anchor')
    if (anchor)
      cluster.api.update(CONFIG_MAPS, { ...anchor, metadata: { ...anchor.metadata, finalizers: [] } })
    await cluster.settle()
    expect(get()).toBeDefined()
    cluster.clock.advance(2_000)
    await cluster.settle()
    expect(get()).toBeUndefined()
  })

  it('waits for its pods before it touches the rest', async () => {
    cluster = testCluster({ kubelet: false })
    cluster.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop', finalizers: ['example.com/hold'] },
      spec: { containers: [{ name: 'a', image: 'i' }] },
    })
    cluster.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'shop' },
    })
    await cluster.settle()
    cluster.api.delete(NAMESPACES, undefined, 'shop')
    await cluster.settle()
    expect(cluster.api.get(CONFIG_MAPS, 'shop', 'c')).toBeDefined()
    expect(conditions()).toContain(
      'NamespaceContentRemaining=True Some resources are remaining: pods. has 1 resource instances',
    )
  })

  it("keeps a condition's time while its status stays", () => {
    const first = conditionsOf([], [], '2026-01-01T00:00:00Z')
    expect(conditionsOf(first, [], '2026-01-02T00:00:00Z')).toEqual(first)
  })
})
