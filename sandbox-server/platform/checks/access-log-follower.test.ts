import { expect, test } from 'vitest'
import type { KubeClient, LogFollow } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import type { KubeObject } from '../kube-client/objects.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { followAccessLogs } from './access-log-follower.ts'
import { RequestHistory } from './request-history.ts'

const pod = (name: string, ip: string, sidecar = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}`, labels: { app: name, version: 'v1' } },
  spec: { containers: [{ name }], initContainers: sidecar ? [{ name: 'istio-proxy' }] : [] },
  status: {
    podIP: ip,
    initContainerStatuses: sidecar ? [{ name: 'istio-proxy', state: { running: {} } }] : [],
  },
})
const line = (second: number, nanoseconds: string) =>
  `2026-01-01T00:00:0${second}${nanoseconds}Z [2026-01-01T00:00:0${second}.000Z] "GET / HTTP/1.1" 200 - via_upstream - "-" 0 1 1 1 "-" "c" "i" "b:80" "10.0.0.2:80" outbound|80||b.x.svc.cluster.local 10.0.0.1:1 10.9.0.1:80 10.0.0.1:2 - -`

function setup(pods: KubeObject[]) {
  const clock = manualClock()
  const follows: (LogFollow & { end(): void })[] = []
  let changed = () => {}
  const collection: Collection = {
    listed: true,
    all: () => pods,
    get: name => pods.find(one => one.metadata.name === name),
    onChange: listener => {
      changed = listener
      return { dispose: () => undefined }
    },
    until: () => Promise.resolve(),
    dispose: () => undefined,
  }
  const client: Pick<KubeClient, 'followLog'> = {
    followLog: options => new Promise(resolve => follows.push({ ...options, end: resolve })),
  }
  const history = new RequestHistory()
  const follower = followAccessLogs({
    client: client as KubeClient,
    namespace: 'x',
    pods: collection,
    history,
    readMarks: new Map(),
    since: '2026-01-01T00:00:00.500Z',
    clock,
  })
  return { clock, follows, history, follower, change: () => changed() }
}
const settle = () => new Promise(resolve => setImmediate(resolve))

test('follows each sidecar once, also as an init container, and no pod without', () => {
  const pods = [pod('a', '10.0.0.1'), pod('plain', '10.0.0.9', false)]
  const { follows, change } = setup(pods)
  change()
  expect(follows.map(follow => [follow.pod, follow.container, follow.sinceTime])).toEqual([
    ['a', 'istio-proxy', '2026-01-01T00:00:00Z'],
  ])
  pods.push(pod('b', '10.0.0.2'))
  change()
  expect(follows.map(follow => follow.pod)).toEqual(['a', 'b'])
})

test('counts each line once though a log begins before where it broke off', async () => {
  const { follows, history, clock } = setup([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')])
  follows[0]?.onLine(line(1, '.1'))
  follows[0]?.onLine(line(1, '.12'))
  follows[0]?.end()
  await settle()
  clock.advance(1000)
  await settle()
  const again = follows.at(-1)
  expect(again).toMatchObject({ pod: 'a', sinceTime: '2026-01-01T00:00:01Z' })
  again?.onLine(line(1, '.1'))
  again?.onLine(line(1, '.120000000'))
  again?.onLine(line(2, ''))
  expect(history.since(0).map(({ row }) => `${row.source} ${row.destination} ${row.version}`)).toEqual(
    Array(3).fill('a b v1'),
  )
})

test('stops following a pod that is gone, and everything when disposed', () => {
  const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]
  const { follows, change, follower } = setup(pods)
  pods.pop()
  change()
  expect(follows.map(follow => follow.signal.aborted)).toEqual([false, true])
  follower.dispose()
  expect(follows.map(follow => follow.signal.aborted)).toEqual([true, true])
})
