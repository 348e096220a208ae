import { beforeAll, describe, expect, test } from 'vitest'
import { inNamespaces } from './testing/in-namespaces.ts'
import type { MeshReport } from './testing/mesh-scenario.ts'

const SCENARIO = new URL('./testing/mesh-scenario.ts', import.meta.url).pathname
const isReport = (value: unknown): value is MeshReport =>
  typeof value === 'object' && value !== null && 'first' in value
const REVIEWS_V1 = 'outbound|9080|v1|reviews.default.svc.cluster.local'

describe.each([{ mutualTls: false }, { mutualTls: true }])(
  'two sidecars of one Envoy, mutualTls $mutualTls',
  ({ mutualTls }) => {
    let seen: MeshReport
    beforeAll(async () => {
      seen = await inNamespaces(SCENARIO, { mutualTls }, isReport)
    })

    test('route a request by its headers, from the client through both sidecars to the application', () => {
      expect(seen.first).toMatchObject({ status: 200, body: 'v1 from 127.0.0.6' })
      expect(seen.jason).toMatchObject({ status: 200, body: 'v2 from 127.0.0.6' })
    })

    test("log each request to the pod's own output under the names a real sidecar prints", () => {
      expect(seen.clientLog[0]).toMatch(/^\S+Z\tinfo\tEnvoy proxy is ready$/)
      expect(seen.clientLog[1]).toMatch(
        /^\[\S+Z\] "GET \/ HTTP\/1\.1" 200 - via_upstream - "-" 0 17 \d+ \d+ "-" "-" "[0-9a-f-]{36}" "reviews" "10\.244\.0\.\d+:9080" outbound\|9080\|v1\|reviews\.default\.svc\.cluster\.local 10\.244\.0\.2:\d+ 10\.96\.1\.1:9080 10\.244\.0\.2:\d+ - everyone$/,
      )
      const serverName = mutualTls ? 'outbound_.9080_.v1_.reviews.default.svc.cluster.local' : '-'
      expect(seen.serverLog[1]).toContain(` inbound|9080|| 127.0.0.6:`)
      expect(seen.serverLog[1]).toMatch(new RegExp(`${serverName.replaceAll('.', '\\.')} default$`))
    })

    test('log JSON when mesh configuration asks for it', () => {
      expect(JSON.parse(seen.jsonLog)).toMatchObject({
        response_code: 200,
        upstream_cluster: REVIEWS_V1,
        route_name: 'everyone',
      })
      expect(Object.keys(JSON.parse(seen.jsonLog))).toHaveLength(24)
    })

    test('count overflows for each client alone', () => {
      expect(seen.breakerStatuses.filter(status => status === 503)).toHaveLength(6)
      expect(seen.overflow.first).toBe(': 6')
      expect(seen.overflow.second).not.toBe(': 6')
      expect(seen.overflow.afterReset).toBe(': 0')
    })

    test('serve a gateway on its pod address, with its readiness port', () => {
      expect(seen.throughGateway).toMatchObject({ status: 200, body: 'v1 from 127.0.0.6' })
      expect(seen.gatewayReady).toBe(200)
    })

    test('tell HTTP from TCP on a port without a protocol, on both sides', () => {
      expect(seen.detectedHttp).toMatchObject({ status: 200, body: 'http' })
      expect(seen.detectedTcp).toBe('tcp')
      const kinds = seen.detectedLog
        .map(line => (line.includes('"GET / HTTP/1.1" 200') ? 'http' : 'tcp'))
        .sort()
      expect(kinds).toEqual(['http', 'http', 'tcp', 'tcp'])
    })

    test('take changed routes', () => {
      expect(seen.afterRouteChange.body).toMatch(/^v2/)
    })

    test('keep the last good routes when Envoy refuses new ones, say why, and recover', () => {
      expect(seen.rejection).toEqual({ state: 'rejected', message: 'missing ): (' })
      expect(seen.whileRejected.body).toMatch(/^v2/)
      expect(seen.recovered).toEqual({ state: 'synced' })
    })

    test('come back with all of their configuration when Envoy was killed', () => {
      expect(seen.afterKill).toMatchObject({ status: 200, body: 'v1 from 127.0.0.6' })
      expect(seen.warnings).toContain('Envoy ended with SIGKILL')
    })

    test('refuse plain text where only mutual TLS is allowed', () => {
      expect(seen.withoutSidecar).toMatch(mutualTls ? /^error: .*ECONNRESET/ : /^HTTP\/1\.1 /)
    })

    test("an admin interface shows one pod's share alone", () => {
      expect(seen.stats).toContain(`cluster.${REVIEWS_V1};.upstream_rq_total: `)
      expect(seen.clusters).toContain(`${REVIEWS_V1}::default_priority::max_connections::1\n`)
      expect(seen.clusters).not.toContain('inbound|')
      expect(seen.listeners).toBe(
        'virtualOutbound::0.0.0.0:15001\nvirtualInbound::0.0.0.0:15006\n0.0.0.0_9080::0.0.0.0:9080\n10.96.1.2_7000::10.96.1.2:7000\n',
      )
      for (const text of [seen.stats, seen.clusters, seen.prometheus, seen.configDump])
        expect(text).not.toMatch(/\bp\d+~/)
    })

    test('statistics of clusters are shown only to pods that ask for them, as with Istio', () => {
      expect(seen.defaultStats).toContain('server.live: 1')
      expect(seen.defaultStats).not.toContain('cluster.outbound')
    })

    test('statistics for Prometheus carry the cluster as one label', () => {
      expect(seen.prometheus).toMatch(
        new RegExp(
          `^envoy_cluster_upstream_rq_total\\{cluster_name="${REVIEWS_V1.replaceAll('|', '\\|')}"\\} \\d+$`,
          'm',
        ),
      )
    })

    test('statistics for Prometheus have the status codes under the labels of Istio', () => {
      expect(seen.prometheus).toMatch(/^envoy_cluster_upstream_rq\{response_code="200",/m)
      expect(seen.prometheus).toMatch(/^envoy_cluster_upstream_rq\{response_code_class="2xx",/m)
      expect(seen.prometheus.match(/^# TYPE envoy_cluster_upstream_rq counter$/gm)).toHaveLength(1)
      expect(seen.prometheus).not.toContain('envoy_response_code')
    })

    test('the config dump has what istiod sent, in the order of a real one', () => {
      const { configs } = JSON.parse(seen.configDump)
      const types = configs.map((dump: { '@type': string }) => dump['@type'].split('.').at(-1))
      expect(types).toEqual([
        'BootstrapConfigDump',
        'ClustersConfigDump',
        'EndpointsConfigDump',
        'ListenersConfigDump',
        'RoutesConfigDump',
        'SecretsConfigDump',
      ])
      expect(configs[3].dynamicListeners.map((listener: { name: string }) => listener.name)).toContain(
        'virtualOutbound',
      )
    })

    test('log levels are remembered for the pod', () => {
      expect(seen.logging).toMatch(/^active loggers:\n/)
      expect(seen.logging).toMatch(/^ {2}http: debug$/m)
      expect(seen.logging).toMatch(/^ {2}admin: warning$/m)
    })
  },
)
