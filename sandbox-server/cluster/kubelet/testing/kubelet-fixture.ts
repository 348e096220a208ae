/** A kubelet over a registry in memory, with images, a clock and a network that tests own; no namespace is made. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { PodSpec } from 'kubernetes-types/core/v1.js'
import type { ApiObject, GroupResource } from '../../apiserver/api.ts'
import { createRegistry } from '../../apiserver/index.ts'
import type { AppContext, Image } from '../../images/image.ts'
import type { Clock } from '../../lifecycle.ts'
import type { PodNetwork } from '../../network/contract.ts'
import { Store } from '../../store/store.ts'
import { createKubelet } from '../index.ts'
import { PODS, type Pod } from '../pod.ts'

export const NAMESPACE = 'shop'
export const NODE = 'node-1'
const EVENTS: GroupResource = { group: '', resource: 'events' }
const CONFIG_MAPS: GroupResource = { group: '', resource: 'configmaps' }
const SERVICE_ACCOUNTS: GroupResource = { group: '', resource: 'serviceaccounts' }
const TURNS = 60

/** Timers run when `advance` passes them. */
export function manualClock(startMs = Date.parse('2026-01-01T00:00:00Z')) {
  let nowMs = startMs
  const timers = new Set<{ atMs: number; callback: () => void }>()
  const clock: Clock = {
    now: () => nowMs,
    after(ms, callback) {
      const timer = { atMs: nowMs + ms, callback }
      timers.add(timer)
      return { dispose: () => void timers.delete(timer) }
    },
  }
  /** Lets what is under way come to rest, then moves on; in steps, so that timers set on the way run too. */
  async function advance(ms: number): Promise<void> {
    const end = nowMs + ms
    for (;;) {
      await settle()
      const next = [...timers].filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0]
      if (!next) break
      timers.delete(next)
      nowMs = Math.max(nowMs, next.atMs)
      next.callback()
    }
    nowMs = end
    await settle()
  }
  return { clock, advance }
}

async function settle(): Promise<void> {
  for (let count = 0; count < TURNS; count++) await turn()
}

/** An application that binds nothing; `fail` decides whether a start succeeds. */
export interface FakeApp {
  starts: AppContext[]
  stops: number
  fail: () => string | undefined
}

function fakeNetwork(): PodNetwork & { released: string[] } {
  const addresses = new Map<string, string>()
  const released: string[] = []
  return {
    released,
    allocate(uid, wanted) {
      const address = addresses.get(uid) ?? wanted ?? `10.244.0.${addresses.size + 2}`
      addresses.set(uid, address)
      return address
    },
    release: async uid => void released.push(uid),
    namespaceOf: () => Promise.reject(new Error('this network has no namespaces')),
    setAppPorts: async () => undefined,
    setSidecar: async () => undefined,
    setServices: async () => undefined,
    setPolicies: async () => undefined,
  }
}

export function kubeletFixture() {
  const { clock, advance } = manualClock()
  const registry = createRegistry({ store: new Store({ path: ':memory:' }), clock })
  const { api } = registry
  const directory = mkdtempSync(join(tmpdir(), 'kubelet-'))
  const network = fakeNetwork()
  const app: FakeApp = { starts: [], stops: 0, fail: () => undefined }
  const image: Image = {
    kind: 'app',
    names: ['test/app'],
    async start(context) {
      app.starts.push(context)
      const problem = app.fail()
      if (problem !== undefined) throw new Error(problem)
      return { ports: [9080], stop: async () => void app.stops++ }
    },
  }
  const sidecar = { ready: Promise.withResolvers<void>(), started: 0, stopped: 0 }
  const writes: Pod[] = []

  const start = () =>
    createKubelet({
      api,
      network,
      clock,
      directory,
      nodeName: NODE,
      images: reference => (/^(docker\.io\/)?test\/app/.test(reference) ? { image, tag: '1' } : undefined),
      sidecars: {
        start() {
          sidecar.started++
          const stop = async () => void sidecar.stopped++
          return { ready: sidecar.ready.promise, adminSocketPath: '/run/admin.sock', stop }
        },
      },
      dns: { resolve: () => [] },
      tools: {},
      serviceAccountToken: (namespace, name) => `token of ${namespace}/${name}`,
    })

  api.create(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  )
  const putConfigMap = (name: string, data: Record<string, string>): ApiObject =>
    api.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: NAMESPACE },
      data,
    })
  putConfigMap('kube-root-ca.crt', { 'ca.crt': 'CA' })
  api.create(SERVICE_ACCOUNTS, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: NAMESPACE },
  })
  let kubelet = start()
  const watch = api.watch<Pod>(PODS, ({ type, object }) => void (type === 'MODIFIED' && writes.push(object)))

  return {
    api,
    registry,
    clock,
    advance,
    app,
    network,
    sidecar,
    /** Every change of a pod. */
    writes,
    putConfigMap,
    kubeletApi: () => kubelet.kubeletApi,
    createPod: (name: string, spec: Partial<PodSpec>): ApiObject =>
      api.create(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: NAMESPACE },
        spec: { nodeName: NODE, containers: [{ name: 'app', image: 'test/app:1' }], ...spec },
      }),
    pod(name: string): Pod {
      const pod = api.get<Pod>(PODS, NAMESPACE, name)
      if (!pod) throw new Error(`there is no pod ${name}`)
      return pod
    },
    exists: (name: string) => api.get(PODS, NAMESPACE, name) !== undefined,
    deletePod: (name: string, gracePeriodSeconds?: number) =>
      api.delete(PODS, NAMESPACE, name, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    /** `reason xCOUNT: message` of the pod's events, in order. */
    events: (name: string): string[] =>
      api
        .list<
          ApiObject & { reason: string; count: number; message: string; involvedObject: { name: string } }
        >(EVENTS)
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, count, message }) => `${reason} x${count}: ${message}`),
    /** The cluster's process is killed and another one finds what it has left. */
    async restart(): Promise<void> {
      await kubelet.dispose()
      kubelet = start()
    },
    async dispose(): Promise<void> {
      watch.dispose()
      await kubelet.dispose()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
