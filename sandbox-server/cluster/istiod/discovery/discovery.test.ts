import { expect, test } from 'vitest'
import type { NewObject } from '../../apiserver/api.ts'
import type { ProxyShare } from '../../envoy/multiplex/proxy.ts'
import type { SharedEnvoy } from '../../envoy/shared-envoy.ts'
import { asApi, MemoryApi } from '../../envoy/testing/memory-api.ts'
import type { Clock } from '../../lifecycle.ts'
import type { MeshSnapshot } from '../translation/contract.ts'
import { startDiscovery, type Translation } from './discovery.ts'

const VIRTUAL_SERVICES = { group: 'networking.istio.io', resource: 'virtualservices' }
const PODS = { group: '', resource: 'pods' }
const SECRETS = { group: '', resource: 'secrets' }
const NOTHING = { listeners: [], clusters: [], routes: [], endpoints: [] }

class ManualClock implements Clock {
  #nowMs = 0
  #timers = new Map<object, { atMs: number; callback: () => void }>()
  now = () => this.#nowMs
  after(ms: number, callback: () => void) {
    const handle = { dispose: () => void this.#timers.delete(handle) }
    this.#timers.set(handle, { atMs: this.#nowMs + ms, callback })
    return handle
  }
  advance(ms: number): void {
    this.#nowMs += ms
    for (const [handle, { atMs, callback }] of this.#timers) {
      if (atMs > this.#nowMs) continue
      this.#timers.delete(handle)
      callback()
    }
  }
}

function open(translateWith: Translation<MeshSnapshot>['translateWith'] = () => NOTHING) {
  const memory = new MemoryApi()
  const clock = new ManualClock()
  const pushes: string[][] = []
  const shares = new Map<string, ProxyShare>()
  const warnings: string[] = []
  let built = 0
  let secretsRefreshed = 0
  const envoy: SharedEnvoy = {
    set(proxies) {
      pushes.push(proxies.map(({ id }) => id))
      for (const proxy of proxies) shares.set(proxy.id, proxy)
    },
    remove(ids) {
      for (const id of ids) shares.delete(id)
    },
    refreshSecrets: () => void secretsRefreshed++,
    whenListening: () => Promise.resolve(),
    delivery: () => new Map(),
    proxy: id => shares.get(id),
    adminSocketPath: '',
    pid: undefined,
    dispose: () => Promise.resolve(),
  }
  const discovery = startDiscovery({
    api: asApi(memory),
    clock,
    envoy,
    onWarning: line => warnings.push(line),
    translation: {
      buildMesh(snapshot: MeshSnapshot) {
        built++
        return snapshot
      },
      translateWith,
    },
  })
  const pod = (name: string, rest: Partial<NewObject> = {}) =>
    memory.put(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { serviceAccountName: name },
      status: { podIP: '10.244.0.2' },
      ...rest,
    })
  const virtualService = (name: string, host = 'a') =>
    memory.put(VIRTUAL_SERVICES, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name, namespace: 'default' },
      spec: { hosts: [host] },
    })
  return {
    memory,
    clock,
    discovery,
    shares,
    warnings,
    pod,
    virtualService,
    built: () => built,
    secretsRefreshed: () => secretsRefreshed,
    pushes: () => pushes.splice(0),
    connect: (id: string, name = id) =>
      discovery.connect({
        id,
        kind: 'sidecar',
        pod: pod(name),
        podIp: '10.244.0.2',
        ports: { outbound: 1, inbound: 2 },
      }),
  }
}

test('a burst of changes is one push', () => {
  const istiod = open()
  istiod.connect('p1')
  istiod.virtualService('a')
  istiod.clock.advance(1)
  istiod.virtualService('b')
  expect(istiod.pushes()).toEqual([])
  istiod.clock.advance(2)
  expect(istiod.pushes()).toEqual([['p1']])
})

test('changes that do not end are pushed all the same', () => {
  const istiod = open()
  istiod.connect('p1')
  for (let i = 0; i < 30; i++) {
    istiod.virtualService('a', `host-${i}`)
    istiod.clock.advance(1)
  }
  expect(istiod.pushes()).toHaveLength(1)
})

test('pushes that follow each other closely wait for more; after a rest the first is prompt again', () => {
  const istiod = open()
  istiod.connect('p1')
  istiod.clock.advance(2)
  istiod.virtualService('a')
  istiod.clock.advance(10)
  istiod.virtualService('b')
  istiod.clock.advance(10)
  expect(istiod.pushes()).toEqual([['p1']])
  istiod.clock.advance(5)
  expect(istiod.pushes()).toEqual([['p1']])
  istiod.clock.advance(1000)
  istiod.virtualService('a', 'another')
  istiod.clock.advance(2)
  expect(istiod.pushes()).toEqual([['p1']])
})

test('a new proxy is sent alone what is known already', () => {
  const istiod = open()
  istiod.pod('two')
  istiod.connect('p1')
  istiod.clock.advance(20)
  istiod.pushes()
  const built = istiod.built()
  istiod.discovery.connect({
    id: 'p2',
    kind: 'sidecar',
    pod: istiod.pod('two'),
    podIp: '10.244.0.3',
    ports: { outbound: 3, inbound: 4 },
  })
  istiod.clock.advance(20)
  expect(istiod.pushes()).toEqual([['p2']])
  expect(istiod.built()).toBe(built)
})

test('a status that no translation sees causes no push', () => {
  const istiod = open()
  istiod.connect('p1')
  istiod.pod('other', { status: { podIP: '10.244.0.9', phase: 'Running' } })
  istiod.clock.advance(20)
  istiod.pushes()
  istiod.pod('other', {
    status: { podIP: '10.244.0.9', phase: 'Running', startTime: '2026-01-01T00:00:00Z' },
  })
  istiod.clock.advance(20)
  expect(istiod.pushes()).toEqual([])
  istiod.pod('other', {
    status: { podIP: '10.244.0.9', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  istiod.clock.advance(20)
  expect(istiod.pushes()).toEqual([['p1']])
})

test('a changed Secret is looked up again without a translation', () => {
  const istiod = open()
  istiod.connect('p1')
  istiod.clock.advance(20)
  istiod.pushes()
  istiod.memory.put(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'istio-system' },
    data: {},
  })
  istiod.clock.advance(20)
  expect([istiod.pushes(), istiod.secretsRefreshed()]).toEqual([[], 1])
})

test('a translation that fails for one proxy leaves the others theirs, and says so', () => {
  const istiod = open((_, { pod }) => {
    if (pod === 'p1') throw new RangeError('no such thing')
    return NOTHING
  })
  istiod.connect('p1')
  istiod.connect('p2')
  istiod.clock.advance(20)
  expect(istiod.pushes()).toEqual([['p2']])
  expect(istiod.warnings).toEqual(['istiod: p1.default keeps its configuration: no such thing'])
})

test('a proxy has the identity of its service account', () => {
  const istiod = open()
  istiod.connect('p1', 'sleep')
  istiod.clock.advance(20)
  expect(istiod.shares.get('p1')?.identity).toBe('spiffe://cluster.local/ns/default/sa/sleep')
})

test('a proxy that left is sent nothing more', () => {
  const istiod = open()
  istiod.connect('p1')
  istiod.clock.advance(20)
  istiod.discovery.disconnect('p1')
  istiod.pushes()
  istiod.virtualService('a')
  istiod.clock.advance(20)
  expect(istiod.pushes()).toEqual([])
  expect(istiod.shares.size).toBe(0)
})
