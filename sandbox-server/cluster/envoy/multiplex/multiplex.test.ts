import { describe, expect, test } from 'vitest'
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { type FixtureService, gatewayResources, sidecarResources } from '../testing/sidecar-fixture.ts'
import { parseLogLine } from './access-log.ts'
import { foldOutbound } from './fold-outbound.ts'
import { objectOf, objectsOf } from './json.ts'
import { gatewayPorts } from './listeners.ts'
import { share } from './multiplex.ts'
import type { ProxyShare } from './proxy.ts'

const reviews: FixtureService = {
  host: 'reviews.default.svc.cluster.local',
  port: 9080,
  subsets: { '': [{ address: '10.244.0.9', port: 9080 }] },
}
const echo: FixtureService = {
  host: 'echo.default.svc.cluster.local',
  port: 9000,
  protocol: 'tcp',
  clusterIp: '10.96.0.7',
  subsets: { '': [] },
}

function proxy(overrides: Partial<ProxyShare> = {}): ProxyShare {
  return {
    id: 'p7',
    kind: 'sidecar',
    podIp: '10.244.0.5',
    ports: { outbound: 40_000, inbound: 40_001 },
    identity: 'spiffe://cluster.local/ns/default/sa/sleep',
    namespace: 'default',
    accessLogs: { inbound: [], outbound: [] },
    resources: sidecarResources({ services: [reviews, echo], inboundPorts: [8080], mutualTls: true }),
    ...overrides,
  }
}
const shared = (overrides: Partial<ProxyShare> = {}) => share(proxy(overrides), '/run/log')
const named = (resources: readonly EnvoyResource[], name: string): EnvoyResource => {
  const found = resources.find(resource => resource.name === name)
  if (!found) throw new Error(`no ${name} among ${resources.map(resource => resource.name).join(', ')}`)
  return found
}

describe('a sidecar becomes a share of one Envoy', () => {
  test('with two listeners on ports of its own', () => {
    const { listeners } = shared()
    expect(
      listeners.map(listener => [
        listener.name,
        objectOf(objectOf(listener.address).socketAddress).portValue,
        listener.transparent,
      ]),
    ).toEqual([
      ['p7~virtualOutbound', 40_000, undefined],
      ['p7~virtualInbound', 40_001, true],
    ])
  })

  test('with clusters, endpoints and routes that only it names', () => {
    const { clusters, endpoints, routes } = shared()
    const cluster = named(clusters, 'p7~outbound|9080||reviews.default.svc.cluster.local')
    expect(cluster.altStatName).toBe('p7~outbound|9080||reviews.default.svc.cluster.local;')
    expect(objectOf(cluster.edsClusterConfig).serviceName).toBe(cluster.name)
    expect(endpoints.map(({ clusterName }) => clusterName)).toContain(cluster.name)
    expect(JSON.stringify(named(routes, 'p7~9080'))).toContain(`"cluster":"${cluster.name}"`)
  })

  test('whose connections leave from the address of the pod, marked as the sidecar’s', () => {
    const cluster = named(shared().clusters, 'p7~outbound|9080||reviews.default.svc.cluster.local')
    expect(cluster.upstreamBindConfig).toMatchObject({
      sourceAddress: { address: '10.244.0.5' },
      socketOptions: [{ level: 1, name: 36, intValue: 1337 }],
    })
  })

  test('and reach its application at the address of the pod from 127.0.0.6', () => {
    const cluster = named(shared().clusters, 'p7~inbound|8080||')
    expect(cluster).toMatchObject({
      type: 'STATIC',
      upstreamBindConfig: { sourceAddress: { address: '127.0.0.6' } },
    })
    expect(cluster.lbPolicy).toBeUndefined()
    expect(JSON.stringify(cluster.loadAssignment)).toContain('"address":"10.244.0.5","portValue":8080')
  })

  test('and looks names up at the cluster’s DNS server: the shared Envoy stands in no pod', () => {
    const outside: EnvoyResource = {
      name: 'outbound|80||httpbin.org',
      type: 'STRICT_DNS',
      typedDnsResolverConfig: {
        name: 'envoy.network.dns_resolver.cares',
        typedConfig: { '@type': 'type.googleapis.com/Cares', udpMaxQueries: 100 },
      },
    }
    const resources = sidecarResources({ services: [reviews], inboundPorts: [] })
    const { clusters } = shared({ resources: { ...resources, clusters: [...resources.clusters, outside] } })
    expect(named(clusters, 'p7~outbound|80||httpbin.org').typedDnsResolverConfig).toEqual({
      name: 'envoy.network.dns_resolver.cares',
      typedConfig: {
        '@type': 'type.googleapis.com/Cares',
        udpMaxQueries: 100,
        resolvers: [{ socketAddress: { address: '10.96.0.10', portValue: 53 } }],
      },
    })
  })

  test("without filters of Istio's own build", () => {
    expect(JSON.stringify(shared())).not.toContain('istio.metadata_exchange')
  })

  test('with its identity as certificate, and the HTTP protocols of Istio where only HTTP goes', () => {
    const { clusters, secretNames } = shared()
    expect([...secretNames].sort()).toEqual(['ROOTCA', 'spiffe://cluster.local/ns/default/sa/sleep'])
    expect(JSON.stringify(named(clusters, 'p7~outbound|9080||reviews.default.svc.cluster.local'))).toContain(
      '"istio-http/1.1"',
    )
    expect(JSON.stringify(named(clusters, 'p7~outbound|9000||echo.default.svc.cluster.local'))).not.toContain(
      'istio-http',
    )
  })

  test('that answers a route configuration nobody wrote with an empty one', () => {
    const { resources } = proxy()
    expect(named(shared({ resources: { ...resources, routes: [] } }).routes, 'p7~9080')).toEqual({
      name: 'p7~9080',
      virtualHosts: [],
    })
  })
})

test('a proxy whose listeners are drained keeps what it sends by, or nothing', () => {
  const names = (draining: ProxyShare['draining']) => shared({ draining }).listeners.map(({ name }) => name)
  expect(names('inbound')).toEqual(['p7~virtualOutbound'])
  expect(names('all')).toEqual([])
})

test('a gateway listens on the address of its pod', () => {
  const resources = gatewayResources(8080, { services: [reviews], inboundPorts: [] })
  const { listeners } = shared({ kind: 'router', resources })
  expect(listeners.map(({ address }) => objectOf(objectOf(address).socketAddress))).toEqual([
    { address: '10.244.0.5', portValue: 8080 },
    { address: '10.244.0.5', portValue: 15021 },
  ])
})

describe('listeners are folded into one', () => {
  const chain = (name: string, filterChainMatch: EnvoyResource = {}) => ({
    name,
    filterChainMatch,
    filters: [{ name }],
  })
  const at = (address: string, portValue: number, rest: EnvoyResource): EnvoyResource => ({
    address: { socketAddress: { address, portValue } },
    ...rest,
  })
  const outbound = { filterChains: [chain('loop', { destinationPort: 15001 }), chain('passthrough')] }
  const fold = (...services: EnvoyResource[]) => foldOutbound(outbound, services)
  const matches = (folded: ReturnType<typeof fold>) =>
    folded.filterChains.map(({ name, filterChainMatch }) => [name, filterChainMatch])

  test('each chain by port, and by address where the listener has one', () => {
    const folded = fold(
      at('0.0.0.0', 80, { filterChains: [chain('any')] }),
      at('10.96.0.9', 80, { filterChains: [chain('one')] }),
    )
    expect(matches(folded)).toEqual([
      ['loop', { destinationPort: 15001 }],
      ['any', { destinationPort: 80 }],
      ['one', { destinationPort: 80, prefixRanges: [{ addressPrefix: '10.96.0.9', prefixLen: 32 }] }],
    ])
    expect(folded.defaultFilterChain?.name).toBe('passthrough')
  })

  test("a default chain of the pod's own kind needs no copy", () => {
    const http = chain('http', { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1'] })
    expect(
      matches(fold(at('0.0.0.0', 80, { filterChains: [http], defaultFilterChain: chain('passthrough') }))),
    ).toHaveLength(2)
  })

  test('another default chain is repeated wherever matching could get stuck', () => {
    const http = chain('http', { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1'] })
    const folded = fold(at('10.96.0.9', 80, { filterChains: [http], defaultFilterChain: chain('tcp') }))
    const address = { destinationPort: 80, prefixRanges: [{ addressPrefix: '10.96.0.9', prefixLen: 32 }] }
    expect(matches(folded).slice(2)).toEqual([
      ['tcp', address],
      ['tcp', { ...address, transportProtocol: 'raw_buffer' }],
    ])
  })

  test('protocols are sniffed only on ports whose listener does so, since a server may speak first on the others', () => {
    const http = [{ name: 'envoy.filters.listener.http_inspector' }]
    const { listenerFilters } = fold(
      at('0.0.0.0', 80, { listenerFilters: http, filterChains: [chain('a')] }),
      at('0.0.0.0', 9000, { filterChains: [chain('b')] }),
    )
    expect(listenerFilters.map(({ name }) => name)).toEqual([
      'envoy.filters.listener.original_dst',
      'envoy.filters.listener.http_inspector',
    ])
    expect(objectsOf(listenerFilters)[1]?.filterDisabled).toEqual({
      notMatch: { destinationPortRange: { start: 80, end: 81 } },
    })
  })

  test('waiting for the first bytes ends where a port is sniffed for one service only', () => {
    const sniffed = at('0.0.0.0', 80, {
      listenerFilters: [{ name: 'envoy.filters.listener.http_inspector' }],
      filterChains: [chain('a')],
    })
    expect(fold(sniffed, at('10.96.0.9', 81, { filterChains: [chain('b')] }))).toMatchObject({
      listenerFiltersTimeout: '0s',
    })
    const shared = fold(sniffed, at('10.96.0.9', 80, { filterChains: [chain('b')] }))
    expect(shared).toMatchObject({ listenerFiltersTimeout: '0.3s', continueOnListenerFiltersTimeout: true })
  })

  test('two chains of the same match are one: Envoy would refuse the listener', () => {
    expect(matches(fold(at('0.0.0.0', 80, { filterChains: [chain('a'), chain('b')] })))).toHaveLength(2)
  })
})

describe('access logs', () => {
  const logs = (listener: EnvoyResource | undefined) =>
    JSON.stringify(listener).match(/"path":"\/run\/log"/g)?.length ?? 0

  test('go into the pipe from every HTTP connection manager, TCP proxy and listener of the direction', () => {
    const { listeners } = shared({ accessLogs: { inbound: [], outbound: [{ format: '%START_TIME%\n' }] } })
    expect(logs(listeners[0])).toBe(5)
    expect(logs(listeners[1])).toBe(0)
  })

  test('carry the proxy’s id in front', () => {
    const { listeners } = shared({ accessLogs: { inbound: [{ format: 'x\n' }], outbound: [] } })
    expect(JSON.stringify(listeners[1])).toContain('"inlineString":"p7\\tx\\n"')
  })

  test('are handed to the proxy under the names it knows', () => {
    expect(parseLogLine('p7\t[t] p7~outbound|9080||x p7~9080')).toEqual({
      id: 'p7',
      text: '[t] outbound|9080||x 9080',
    })
    expect(parseLogLine('{"!":"p7","authority":"x","upstream_cluster":"p7~outbound|80||x"}')).toEqual({
      id: 'p7',
      text: '{"authority":"x","upstream_cluster":"outbound|80||x"}',
    })
  })
})

describe('a gateway', () => {
  test('opens ports that are ports; of the others Envoy refuses the listener', () => {
    const listener = (portValue: unknown) => ({
      address: { socketAddress: { address: '0.0.0.0', portValue } },
    })
    const listeners = [8080, 4294967296, -1, 1.5, 'x', undefined].map(listener)
    const resources = { listeners, clusters: [], routes: [], endpoints: [] }
    expect(gatewayPorts(proxy({ kind: 'router', resources }))).toEqual([8080, 15021])
  })
})
