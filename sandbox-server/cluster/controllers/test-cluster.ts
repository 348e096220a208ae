/** For tests: a registry in memory with the controllers running on it, a clock that the test moves, one node. */
import { setImmediate as turn } from 'node:timers/promises'
import type { ApiObject, GroupResource, NewObject } from '../apiserver/api.ts'
import { createRegistry } from '../apiserver/index.ts'
import { type Clock, type Disposable, rfc3339 } from '../lifecycle.ts'
import { Store } from '../store/store.ts'
import { fakeKubelet } from './fake-kubelet/index.ts'
import { type ControllerOptions, startControllers } from './index.ts'
import { EVENTS, type Event, NAMESPACES, NODES, PODS, type Pod, SERVICE_ACCOUNTS } from './kinds.ts'

export interface ManualClock extends Clock {
  advance(ms: number): void
  pending(): number
}

/** Starts at a fixed moment; timers run when `advance` passes them. */
export function manualClock(startMs = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  let nowMs = startMs
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => nowMs,
    after(ms, callback) {
      const timer = { at: nowMs + ms, callback }
      timers.add(timer)
      return { dispose: () => void timers.delete(timer) }
    },
    advance(ms) {
      nowMs += ms
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at <= nowMs && timers.delete(timer)) timer.callback()
      }
    },
    pending: () => timers.size,
  }
}

export interface TestOptions extends ControllerOptions {
  /** Whether pods are run by the fake kubelet. Default true. */
  kubelet?: boolean
  /** What of the node's capacity can be used. */
  allocatable?: Record<string, string>
}

const TURNS_TO_BE_SURE = 6
const MOST_TURNS = 20_000

export function testCluster(options: TestOptions = {}) {
  const clock = manualClock()
  const store = new Store({ path: ':memory:' })
  const { api } = createRegistry({ store, clock })
  const failures: unknown[] = []
  const allocatable = options.allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' }
  api.create(NODES, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { allocatable, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  const namespace = (name: string): void => {
    api.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
      spec: { finalizers: ['kubernetes'] },
    })
    // Admission wants it before the first pod; its controller would make it a turn later.
    api.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: name },
    })
  }
  namespace('shop')
  const running: Disposable[] = [
    startControllers(api, clock, {
      report: (_controller, _key, error) => void failures.push(error),
      ...options,
    }),
  ]
  if (options.kubelet ?? true) running.push(fakeKubelet(api, clock))

  return {
    api,
    clock,
    store,
    /** What reconciles threw. */
    failures,
    namespace,
    create: (resource: GroupResource, object: NewObject): ApiObject => api.create(resource, object),
    /** Until nothing has been written for some turns of the event loop. */
    async settle(): Promise<void> {
      for (let quiet = 0, turns = 0; quiet < TURNS_TO_BE_SURE; turns++) {
        if (turns > MOST_TURNS) throw new Error('the controllers never come to rest')
        const before = store.revision
        await turn()
        quiet = store.revision === before ? quiet + 1 : 0
      }
    },
    /** `reason: message` of what happened to an object. */
    events: (name: string): string[] =>
      api
        .list<Event>(EVENTS)
        .filter(event => event.involvedObject.name === name)
        .map(event => `${event.reason}: ${event.message}`),
    /** Does the kubelet's part for one pod. */
    setReady(pod: Pod, ready: boolean, podIP = '10.244.0.9'): void {
      const status = ready ? 'True' : 'False'
      const at = rfc3339(clock.now())
      api.updateStatus<Pod>(PODS, {
        ...pod,
        status: {
          ...pod.status,
          phase: 'Running',
          podIP,
          podIPs: [{ ip: podIP }],
          conditions: [{ type: 'Ready', status, lastTransitionTime: at }],
        },
      })
    },
    pods: (): readonly Pod[] => api.list<Pod>(PODS),
    dispose(): void {
      for (const part of running) part.dispose()
    },
  }
}

export type TestCluster = ReturnType<typeof testCluster>
