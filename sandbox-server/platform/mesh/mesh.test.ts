import { array, assert, boolean, constantFrom, double, integer, nat, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addLatencies,
  bucketMs,
  latencyBucket,
  latencyCounts,
  percentile,
} from '../../protocol/mesh-counts.ts'
import { type AccessLogEntry, parseAccessLog } from '../checks/access-log.ts'
import type { KubeObject } from '../kube-client/objects.ts'
import { Directory } from './directory.ts'
import { observe } from './observe.ts'
import { requestPath } from './request-path.ts'
import { type LoggedSpan, RequestSample } from './request-sample.ts'
import { routeReason } from './route-reason.ts'
import { TrafficWindow } from './traffic-window.ts'

const T0 = Date.parse('2026-01-01T00:00:00Z')

const pod = (name: string, ip: string, labels: Record<string, string>, sidecar = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { containers: [{ name: 'app' }, ...(sidecar ? [{ name: 'istio-proxy' }] : [])] },
  status: { podIP: ip, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
})
const service = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ port: 9080 }] },
})
const directory = new Directory([
  {
    namespace: 'shop',
    pods: [
      pod('page', '10.0.0.1', { app: 'page', version: 'v1' }),
      pod('reviews-1', '10.0.0.2', { app: 'reviews', version: 'v1' }),
      pod('reviews-2', '10.0.0.3', { app: 'reviews', version: 'v2' }),
      pod('toolbox', '10.0.0.9', { app: 'toolbox' }, false),
    ],
    services: [service('page'), service('reviews'), service('nobody')],
    workloads: [],
    destinationRules: [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: 'reviews', namespace: 'shop' },
        spec: { host: 'reviews', subsets: [{ name: 'second', labels: { version: 'v2' } }] },
      },
    ],
  },
])

const REVIEWS = 'reviews.shop.svc.cluster.local'
const ENTRY: AccessLogEntry = {
  startedAt: T0,
  method: 'GET',
  path: '/reviews/0',
  status: 200,
  flags: '-',
  durationMs: 10,
  authority: 'reviews:9080',
  requestId: 'id',
  upstreamHost: '10.0.0.2:9080',
  upstreamCluster: `outbound|9080||${REVIEWS}`,
  downstreamLocalAddress: '10.96.0.5:9080',
  downstreamRemoteAddress: '10.0.0.1:40000',
  protocol: 'HTTP/1.1',
  details: 'via_upstream',
  bytesReceived: 0,
  bytesSent: 1,
  userAgent: 'curl',
  requestedServerName: '-',
  routeName: '-',
}
const sent = (change: Partial<AccessLogEntry> = {}) =>
  observe({ ...ENTRY, ...change }, 'shop/page/v1', '10.0.0.1', directory)
const received = (change: Partial<AccessLogEntry> = {}) =>
  observe(
    {
      ...ENTRY,
      upstreamCluster: 'inbound|9080||',
      downstreamLocalAddress: '10.0.0.2:9080',
      requestedServerName: `outbound_.9080_._.${REVIEWS}`,
      ...change,
    },
    'shop/reviews/v1',
    '10.0.0.2',
    directory,
  )

describe('a line of an access log', () => {
  test('counts where it was sent, and tells mTLS where it was received', () => {
    const edge = { source: 'shop/page/v1', target: 'shop/reviews/v1', protocol: 'http', mirror: false }
    expect(sent()).toMatchObject([{ side: 'client', counts: true, secure: undefined, edge }])
    expect(received()).toMatchObject([{ side: 'server', counts: false, secure: true, edge }])
  })

  test('counts where it was received when the caller has no sidecar or is unknown', () => {
    const plain = { requestedServerName: '-', downstreamRemoteAddress: '10.0.0.9:1' }
    expect(received(plain)).toMatchObject([
      { counts: true, secure: false, edge: { source: 'shop/toolbox/' } },
    ])
    expect(received({ downstreamRemoteAddress: '192.0.2.1:1' })).toMatchObject([
      { counts: true, edge: { source: 'outside' } },
    ])
  })

  test('counts a mirrored copy on an edge of its own', () => {
    expect(received({ authority: 'reviews-shadow:9080' })).toMatchObject([
      { counts: true, edge: { source: 'shop/page/v1', mirror: true } },
    ])
  })

  test('leads to the subset when no pod was chosen, else to the service, else to the host', () => {
    const refused = { upstreamHost: '-', status: 503, flags: 'UH' }
    expect(sent({ ...refused, upstreamCluster: `outbound|9080|second|${REVIEWS}` })).toMatchObject([
      { failed: true, edge: { target: 'shop/reviews/v2' } },
    ])
    expect(sent(refused)).toMatchObject([{ edge: { target: 'shop/reviews/' } }])
    const away = {
      upstreamHost: '192.0.2.7:443',
      upstreamCluster: 'PassthroughCluster',
      authority: 'example.org',
    }
    expect(sent(away)).toMatchObject([{ edge: { target: 'host/example.org' } }])
  })

  test('does not call a TCP connection without a status a failure', () => {
    const line = `[2026-01-01T00:00:00.000Z] "- - -" 0 - - - "-" 12 20 5 - "-" "-" "-" "-" "10.0.0.2:9000" outbound|9000||${REVIEWS} 10.0.0.1:1 10.96.0.5:9000 10.0.0.1:2 - -`
    const entry = parseAccessLog(line)
    expect(entry && observe(entry, 'shop/page/v1', '10.0.0.1', directory)).toMatchObject([
      { failed: false, edge: { protocol: 'tcp', target: 'shop/reviews/v1' } },
    ])
  })
})

describe('durations', () => {
  test('are told by percentiles that are never too short and at most a tenth too long', () => {
    assert(
      property(array(double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 }), durations => {
        const sum = new Map<number, number>()
        for (const ms of durations) addLatencies(sum, [latencyBucket(ms), 1])
        const exact = Math.floor(
          [...durations].sort((a, b) => a - b)[Math.ceil(durations.length * 0.95) - 1] ?? 0,
        )
        const told = percentile(sum, 0.95) ?? -1
        expect(told).toBeGreaterThanOrEqual(exact)
        expect(told).toBeLessThanOrEqual(exact * 1.1 + 1)
      }),
    )
  })

  test('fall into their own bucket when its length is counted again', () => {
    assert(
      property(integer({ min: 0, max: 120 }), bucket => {
        expect(latencyBucket(bucketMs(bucket))).toBe(bucket)
      }),
    )
  })
})

const requests = array(
  record({
    edge: nat(3),
    secondsAgo: nat(1200),
    failed: boolean(),
    durationMs: nat(9000),
    flags: constantFrom('-', 'UO', 'UF,URX'),
  }),
)
const edgeKey = (number: number) =>
  ({ source: 'a', target: `b${number}`, protocol: 'http', mirror: false }) as const

describe('the window of traffic', () => {
  test('sums to every request of the last fifteen minutes, however they arrive', () => {
    assert(
      property(requests, all => {
        const window = new TrafficWindow()
        const now = T0 + 3_600_000
        for (const one of all)
          window.add(window.edge(edgeKey(one.edge)), now - one.secondsAgo * 1000, one, now)
        const kept = all.filter(one => one.secondsAgo < 900)
        const cells = window.all(now).flatMap(second => second.edges)
        expect(cells.reduce((sum, cell) => sum + cell.requests, 0)).toBe(kept.length)
        expect(cells.reduce((sum, cell) => sum + (cell.errors ?? 0), 0)).toBe(
          kept.filter(one => one.failed).length,
        )
        expect(cells.reduce((sum, cell) => sum + (cell.flags?.['UO'] ?? 0), 0)).toBe(
          kept.filter(one => one.flags === 'UO').length,
        )
        const latency = new Map<number, number>()
        for (const cell of cells) addLatencies(latency, cell.latency)
        expect(
          latencyCounts(latency)
            .filter((_, index) => index % 2 === 1)
            .reduce((a, b) => a + b, 0),
        ).toBe(kept.length)
      }),
    )
  })

  test('tells changes once, and a second anew when a late line adds to it', () => {
    const window = new TrafficWindow()
    const edge = window.edge(edgeKey(1))
    const one = { failed: false, flags: '-', durationMs: 1 }
    window.add(edge, T0, one, T0)
    expect(window.takeChanges(T0)).toMatchObject({ edges: [edge], seconds: [{ edges: [{ requests: 1 }] }] })
    expect(window.takeChanges(T0)).toEqual({ edges: [], seconds: [] })
    window.add(edge, T0, one, T0 + 2000)
    expect(window.takeChanges(T0 + 2000)).toMatchObject({
      edges: [],
      seconds: [{ edges: [{ requests: 2 }] }],
    })
  })

  test('does not grow with the number of hosts somebody calls', () => {
    const window = new TrafficWindow()
    for (let host = 0; host < 5_000; host++) window.edge({ ...edgeKey(0), target: `host/${host}` })
    expect(window.edges.length).toBeLessThanOrEqual(401)
  })
})

const span = (requestId: string, failed = false): LoggedSpan => {
  const [observation] = sent()
  if (!observation) throw new TypeError('the entry says nothing')
  return { entry: { ...ENTRY, requestId }, observation: { ...observation, failed } }
}

test('the sample counts every request, keeps a bounded part, and prefers those that failed', () => {
  const sample = new RequestSample()
  for (let index = 0; index < 1_000; index++) sample.add(span(`id-${index}`, index >= 900), 0, T0)
  expect(sample.seen).toBe(1_000)
  expect(sample.kept).toBe(sample.all().length)
  expect(sample.kept).toBeLessThan(200)
  const failed = sample.all().filter(row => Number(row.requestId.slice(3)) >= 900)
  expect(failed.length).toBeGreaterThan(0)
})

/** A call tree: each node is sent by its parent, received, and calls its children one after the other. */
interface Call {
  children: Call[]
}
const calls = (depth: number, random: () => number): Call => ({
  children:
    depth === 0 ? [] : Array.from({ length: Math.floor(random() * 3) }, () => calls(depth - 1, random)),
})

test('a path is put together from records that arrive in any order', () => {
  assert(
    property(integer(), nat(1000), (seed, shuffle) => {
      let state = Math.abs(seed) + 1
      const random = () => {
        state = (state * 16_807) % 2_147_483_647
        return state / 2_147_483_647
      }
      const expected: string[] = []
      const spans: LoggedSpan[] = []
      let nodes = 0
      let clock = T0
      const visit = (call: Call, from: string, depth: number) => {
        const node = `n${nodes++}`
        const place = spans.length
        expected.push(`${depth} client ${from}>${node}`, `${depth + 1} server ${node}`)
        clock += 20
        const startedAt = clock
        for (const child of call.children) visit(child, node, depth + 2)
        clock += 20
        const durationMs = clock - startedAt
        const base = {
          edge: { source: from, target: node, protocol: 'http' as const, mirror: false },
          counts: true,
          failed: false,
          subset: '',
          secure: undefined,
        }
        spans.splice(
          place,
          0,
          {
            entry: { ...ENTRY, startedAt, durationMs },
            observation: { ...base, side: 'client', node: from },
          },
          {
            entry: { ...ENTRY, startedAt: startedAt + 1, durationMs: durationMs - 2 },
            observation: { ...base, side: 'server', node },
          },
        )
      }
      visit(calls(3, random), 'caller', 0)
      const mixed = spans
        .map((one, index) => ({ one, key: (index * 7919 + shuffle) % 101 }))
        .sort((a, b) => a.key - b.key)
      const told = requestPath(mixed.map(({ one }) => one)).map(one =>
        one.side === 'client'
          ? `${one.depth} client ${one.node}>${one.target}`
          : `${one.depth} server ${one.node}`,
      )
      expect(told).toEqual(expected)
    }),
  )
})

const virtualService = (http: unknown[], spec: object = {}): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { hosts: ['reviews'], http, ...spec },
})
const to = (subset: string, weight?: number) => ({
  destination: { host: 'reviews', subset },
  ...(weight === undefined ? {} : { weight }),
})
const went = (subset: string, change: Partial<AccessLogEntry> = {}) => ({
  entry: { ...ENTRY, upstreamCluster: `outbound|9080|${subset}|${REVIEWS}`, ...change },
  labels: { app: 'page' },
  namespace: 'shop',
  isGateway: false,
})
const verdicts = (object: KubeObject, request = went('v1')) =>
  routeReason(request, [object], () => 0)?.rules.map(rule => rule.verdict)

describe('why a request went where it went', () => {
  const jason = { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: [to('v2')] }

  test('a rule on a header that leads elsewhere cannot have held; the default decided', () => {
    expect(verdicts(virtualService([jason, { route: [to('v1')] }]))).toEqual(['elsewhere', 'chosen'])
  })

  test('a rule on a header that leads there did hold, likely; what is below was not tried', () => {
    expect(verdicts(virtualService([jason, { route: [to('v1')] }]), went('v2'))).toEqual([
      'likely',
      'elsewhere',
    ])
  })

  test('paths, query, source labels and names that the log records are judged', () => {
    const rules = virtualService([
      { match: [{ uri: { prefix: '/api' } }], route: [to('v1')] },
      { match: [{ queryParams: { q: { exact: '1' } } }], route: [to('v1')] },
      { match: [{ sourceLabels: { app: 'other' } }], route: [to('v1')] },
      { name: 'named', route: [to('v1')] },
      { match: [{ uri: { regex: '/rev.*' } }], route: [to('v1')] },
      { route: [to('v1')] },
    ])
    expect(verdicts(rules)).toEqual(['passed', 'passed', 'passed', 'passed', 'chosen', 'after'])
  })

  test('weights are told, and where the rule stands in what kubectl prints', () => {
    const reason = routeReason(
      went('v1'),
      [virtualService([{ route: [to('v1', 90), to('v2', 10)] }])],
      () => T0 + 1,
    )
    expect(reason).toMatchObject({
      virtualService: 'shop/reviews',
      destination: 'reviews v1',
      changedSince: true,
    })
    const rule = reason?.rules[0]
    expect(rule?.destinations).toEqual([
      { to: 'reviews v1', percent: 90, taken: true },
      { to: 'reviews v2', percent: 10, taken: false },
    ])
    expect(reason?.yaml.lines[(rule?.line ?? 0) - (reason?.yaml.from ?? 0)]).toBe('  - route:')
  })

  test('rules for another host, or for gateways only, are not looked at', () => {
    for (const spec of [{ hosts: ['ratings'] }, { gateways: ['shop-gateway'] }])
      expect(routeReason(went('v1'), [virtualService([], spec)], () => 0)?.virtualService).toBeUndefined()
  })
})
