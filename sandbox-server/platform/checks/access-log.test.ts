import { describe, expect, test } from 'vitest'
import { parseAccessLog } from './access-log.ts'
import { type AttributionContext, attributeRequest, OUTSIDE } from './attribute-request.ts'

const OUTBOUND =
  '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "10.44.1.27:80" outbound|8000||httpbin.foo.svc.cluster.local 10.44.1.23:37652 10.0.45.184:8000 10.44.1.23:46520 - default'
const INBOUND =
  '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default'
const ABORTED =
  '[2026-01-01T10:00:00.000Z] "GET /ratings/0 HTTP/1.1" 500 FI fault_filter_abort - "-" 0 18 0 - "-" "Mozilla/5.0 (X11; Linux) "odd" Agent" "id" "ratings:9080" "-" outbound|9080|v1|ratings.foo.svc.cluster.local - 10.101.33.180:9080 10.44.1.23:41234 - -'
const NO_ROUTE =
  '[2026-01-01T10:00:00.000Z] "GET / HTTP/1.1" 404 NR route_not_found - "-" 0 0 0 - "-" "curl" "id" "reviews:9080" "-" - - 10.101.33.1:9080 10.44.1.23:41234 - -'
const TCP =
  '[2026-01-01T10:00:00.000Z] "- - -" 0 - - - "-" 6 10 1003 - "-" "-" "-" "-" "10.44.1.27:9000" outbound|9000|v1|tcp-echo.foo.svc.cluster.local 10.44.1.23:5 10.0.0.9:9000 10.44.1.23:6 - -'

const context: AttributionContext = {
  namespace: 'foo',
  self: { workload: 'sleep', version: 'v1', hasSidecar: true, ip: '10.44.1.23' },
  peerByIp: ip =>
    ({
      '10.44.1.27': { workload: 'httpbin', version: 'v2', hasSidecar: true },
      '10.44.1.23': { workload: 'sleep', version: 'v1', hasSidecar: true },
      '10.44.1.9': { workload: 'toolbox', version: '', hasSidecar: false },
    })[ip],
}
const rowOf = (line: string, over: Partial<AttributionContext> = {}) => {
  const entry = parseAccessLog(line)
  return entry && attributeRequest(entry, { ...context, ...over })
}

describe('parseAccessLog', () => {
  test("reads Istio's default format", () => {
    expect(parseAccessLog(OUTBOUND)).toEqual({
      startedAt: Date.parse('2020-11-25T21:26:18.409Z'),
      method: 'GET',
      path: '/status/418',
      status: 418,
      flags: '-',
      durationMs: 4,
      authority: 'httpbin:8000',
      requestId: '84961386-6d84-929d-98bd-c5aee93b5c88',
      upstreamHost: '10.44.1.27:80',
      upstreamCluster: 'outbound|8000||httpbin.foo.svc.cluster.local',
      downstreamLocalAddress: '10.0.45.184:8000',
      downstreamRemoteAddress: '10.44.1.23:46520',
      protocol: 'HTTP/1.1',
      details: 'via_upstream',
      bytesReceived: 0,
      bytesSent: 135,
      userAgent: 'curl/7.73.0-DEV',
      requestedServerName: '-',
      routeName: 'default',
    })
  })

  test('reads the JSON format to the same entry', () => {
    const json = JSON.stringify({
      start_time: '2020-11-25T21:26:18.409Z',
      method: 'GET',
      path: '/status/418',
      response_code: 418,
      response_flags: '-',
      duration: 4,
      authority: 'httpbin:8000',
      request_id: '84961386-6d84-929d-98bd-c5aee93b5c88',
      upstream_host: '10.44.1.27:80',
      upstream_cluster: 'outbound|8000||httpbin.foo.svc.cluster.local;',
      upstream_transport_failure_reason: null,
      downstream_local_address: '10.0.45.184:8000',
      downstream_remote_address: '10.44.1.23:46520',
      protocol: 'HTTP/1.1',
      response_code_details: 'via_upstream',
      bytes_received: 0,
      bytes_sent: 135,
      user_agent: 'curl/7.73.0-DEV',
      requested_server_name: null,
      route_name: 'default',
    })
    expect(parseAccessLog(json)).toEqual(parseAccessLog(OUTBOUND))
  })

  test('bears quotes in a user agent', () => {
    expect(parseAccessLog(ABORTED)).toMatchObject({ status: 500, flags: 'FI', authority: 'ratings:9080' })
  })

  test.each(['', '{"level":"info"}', '{broken', '2026-01-01T10:00:00Z\tinfo\tEnvoy proxy is ready'])(
    'any other line is none: %j',
    line => expect(parseAccessLog(line)).toBeUndefined(),
  )
})

describe('attributeRequest', () => {
  test("takes the caller's record, with the workload and version that answered", () => {
    expect(rowOf(OUTBOUND)).toMatchObject({
      source: 'sleep',
      destination: 'httpbin',
      version: 'v2',
      status: 418,
    })
  })

  test('leaves out the other half of the same request', () => {
    const self = { workload: 'httpbin', version: 'v2', hasSidecar: true, ip: '10.44.1.27' }
    expect(rowOf(INBOUND, { self })).toBeUndefined()
  })

  test("counts the callee's record when the caller has no sidecar, or is none of ours", () => {
    const self = { workload: 'httpbin', version: 'v2', hasSidecar: true, ip: '10.44.1.27' }
    const from = (address: string) => rowOf(INBOUND.replace('10.44.1.23:37652', address), { self })
    expect(from('10.44.1.9:5')).toMatchObject({ source: 'toolbox', destination: 'httpbin', version: 'v2' })
    expect(from('192.168.0.1:5')).toMatchObject({ source: OUTSIDE, destination: 'httpbin' })
  })

  test('names the service when nobody answered', () => {
    expect(rowOf(ABORTED)).toMatchObject({
      source: 'sleep',
      destination: 'ratings',
      version: '',
      flags: 'FI',
    })
    expect(rowOf(NO_ROUTE)).toMatchObject({
      source: 'sleep',
      destination: 'reviews',
      status: 404,
      flags: 'NR',
    })
  })

  test('knows TCP connections', () => {
    expect(rowOf(TCP)).toMatchObject({ method: '-', destination: 'httpbin', durationMs: 1003, status: 0 })
  })

  test('names services of other namespaces and outside hosts in full', () => {
    const to = (host: string) =>
      rowOf(OUTBOUND.replace('httpbin.foo.svc.cluster.local', host).replace('10.44.1.27:80', '1.2.3.4:443'))
    expect(to('web.shop.svc.cluster.local')?.destination).toBe('web.shop')
    expect(to('www.example.org')?.destination).toBe('www.example.org')
  })
})
