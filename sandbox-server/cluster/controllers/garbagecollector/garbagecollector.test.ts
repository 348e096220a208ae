import { afterEach, describe, expect, it } from 'vitest'
import type { ApiObject, OwnerReference } from '../../apiserver/api.ts'
import { CONFIG_MAPS } from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

const make = (name: string, ownerReferences?: OwnerReference[], finalizers?: string[]): ApiObject =>
  cluster.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', ownerReferences, finalizers },
  })
const ownedBy = ({ metadata: { name, uid } }: ApiObject, blockOwnerDeletion?: boolean): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid,
  blockOwnerDeletion,
})
const names = (): string[] =>
  cluster.api.list(CONFIG_MAPS, { namespace: 'shop' }).map(({ metadata }) => metadata.name)
const get = (name: string) => cluster.api.get(CONFIG_MAPS, 'shop', name)

describe('the garbage collector', () => {
  it('removes dependents of dependents when the owner is gone', async () => {
    cluster = testCluster()
    const parent = make('parent')
    const child = make('child', [ownedBy(parent)])
    make('grandchild', [ownedBy(child)])
    await cluster.settle()
    expect(names()).toHaveLength(3)
    cluster.api.delete(CONFIG_MAPS, 'shop', 'parent')
    await cluster.settle()
    expect(names()).toEqual([])
  })

  it('removes what names an owner that never was, and leaves what names a kind nobody serves', async () => {
    cluster = testCluster()
    make('lost', [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '11111111-1111-1111-1111-111111111111' },
    ])
    make('foreign', [
      { apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: '22222222-1111-1111-1111-111111111111' },
    ])
    await cluster.settle()
    expect(names()).toEqual(['foreign'])
  })

  it('keeps an object while one owner is left and drops the reference to the other', async () => {
    cluster = testCluster()
    const first = make('first')
    const second = make('second')
    make('shared', [ownedBy(first), ownedBy(second)])
    await cluster.settle()
    cluster.api.delete(CONFIG_MAPS, 'shop', 'first')
    await cluster.settle()
    expect(get('shared')?.metadata.ownerReferences).toEqual(
      [{ ...ownedBy(second), blockOwnerDeletion: undefined }].map(
        ({ blockOwnerDeletion: _, ...rest }) => rest,
      ),
    )
  })

  it('orphans when asked to', async () => {
    cluster = testCluster()
    make('child', [ownedBy(make('parent'))])
    await cluster.settle()
    cluster.api.delete(CONFIG_MAPS, 'shop', 'parent', { propagationPolicy: 'Orphan' })
    await cluster.settle()
    expect(names()).toEqual(['child'])
    expect(get('child')?.metadata.ownerReferences).toBeUndefined()
  })

  it('in the foreground waits for blocking dependents, held by a finalizer', async () => {
    cluster = testCluster()
    const parent = make('parent')
    make('held', [ownedBy(parent, true)], ['example.com/hold'])
    make('free', [ownedBy(parent)])
    await cluster.settle()
    cluster.api.delete(CONFIG_MAPS, 'shop', 'parent', { propagationPolicy: 'Foreground' })
    await cluster.settle()
    expect(names()).toEqual(['held', 'parent'])
    const held = get('held')
    if (held) cluster.api.update(CONFIG_MAPS, { ...held, metadata: { ...held.metadata, finalizers: [] } })
    await cluster.settle()
    expect(names()).toEqual([])
  })
})
