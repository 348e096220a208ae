import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createRegistry } from '../apiserver/index.ts'
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  NAMESPACES,
  SERVICES,
  type Service,
} from '../controllers/kinds.ts'
import type { ServiceRule } from '../network/contract.ts'
import { Store } from '../store/store.ts'
import { serviceRules, startKubeProxy } from './index.ts'

const metadata = (name: string) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
})
const service = (spec: object, status?: object): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('web'),
  spec: { clusterIP: '10.96.0.5', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
  status,
})
const slice = (endpoints: EndpointSlice['endpoints'], port = 8080, name = 'http'): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...metadata(`web-${port}`), labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name, port, protocol: 'TCP' }],
  endpoints,
})
const at = (address: string, ready = true, serving = ready, terminating = false) => ({
  addresses: [address],
  conditions: { ready, serving, terminating },
})
const rules = (one: Service, ...slices: EndpointSlice[]): ServiceRule[] =>
  serviceRules([one], slices, '192.0.2.1')

describe('service rules', () => {
  it('send a cluster IP to the ready endpoints, sorted and once each', () => {
    expect(
      rules(
        service({}),
        slice([at('10.244.0.3'), at('10.244.0.2'), at('10.244.0.4', false)]),
        slice([at('10.244.0.2')]),
      ),
    ).toEqual([
      {
        name: 'shop/web:http',
        protocol: 'TCP',
        virtualAddresses: ['10.96.0.5'],
        port: 80,
        endpoints: [
          { address: '10.244.0.2', port: 8080 },
          { address: '10.244.0.3', port: 8080 },
        ],
      },
    ])
  })

  it('use terminating endpoints that still serve only when none is ready', () => {
    const ending = at('10.244.0.9', false, true, true)
    expect(rules(service({}), slice([ending]))[0]?.endpoints).toEqual([{ address: '10.244.0.9', port: 8080 }])
    expect(rules(service({}), slice([ending, at('10.244.0.2')]))[0]?.endpoints).toHaveLength(1)
  })

  it('keep a rule without endpoints', () => {
    expect(rules(service({}))).toMatchObject([{ endpoints: [] }])
  })

  it('give each port its own endpoints', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81 },
    ]
    const found = rules(
      service({ ports }),
      slice([at('10.244.0.2')]),
      slice([at('10.244.0.3')], 9000, 'admin'),
    )
    expect(found.map(({ name, endpoints }) => [name, endpoints[0]?.port])).toEqual([
      ['shop/web:admin', 9000],
      ['shop/web:http', 8080],
    ])
  })

  it('answer on external, load balancer and node addresses', () => {
    const one = service(
      { type: 'LoadBalancer', externalIPs: ['192.0.2.50'], ports: [{ port: 80, nodePort: 30080 }] },
      { loadBalancer: { ingress: [{ ip: '172.18.255.1' }] } },
    )
    expect(rules(one).map(({ virtualAddresses, port }) => [virtualAddresses, port])).toEqual([
      [['10.96.0.5', '192.0.2.50', '172.18.255.1'], 80],
      [['192.0.2.1'], 30080],
    ])
  })

  it('carry session affinity with its time', () => {
    expect(rules(service({ sessionAffinity: 'ClientIP' }))[0]?.affinitySeconds).toBe(10_800)
    expect(
      rules(
        service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }),
      )[0]?.affinitySeconds,
    ).toBe(5)
    expect(rules(service({}))[0]).not.toHaveProperty('affinitySeconds')
  })

  it('leave alone what listens on the service address itself', () => {
    expect(rules(service({ clusterIP: '10.96.0.1' }), slice([at('10.96.0.1')], 80))).toEqual([])
  })

  it('do not exist for headless services and aliases', () => {
    expect(rules(service({ clusterIP: 'None' }))).toEqual([])
    expect(rules(service({ type: 'ExternalName', clusterIP: undefined }))).toEqual([])
  })
})

describe('kube-proxy', () => {
  function setup() {
    const { api } = createRegistry({ store: new Store({ path: ':memory:' }) })
    api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    const calls: (readonly ServiceRule[])[] = []
    let failing = false
    const errors: unknown[] = []
    const proxy = startKubeProxy(
      api,
      {
        async setServices(given) {
          calls.push(given)
          if (failing) throw new Error('nft: no')
        },
      },
      { nodeIp: '192.0.2.1', report: error => void errors.push(error) },
    )
    const create = (name: string, spec: object) =>
      api.create(SERVICES, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'shop' },
        spec: { ports: [{ port: 80, protocol: 'TCP' }], ...spec },
      })
    return { api, calls, proxy, errors, create, fail: (value: boolean) => (failing = value) }
  }

  it('calls once for many changes of a turn and not for what changes no rule', async () => {
    const { api, calls, proxy, create } = setup()
    create('a', { clusterIP: '10.96.0.11' })
    create('b', { clusterIP: '10.96.0.12' })
    await turn()
    expect(calls.map(({ length }) => length)).toEqual([2])
    const a = api.get<Service>(SERVICES, 'shop', 'a')
    if (a) api.update<Service>(SERVICES, { ...a, metadata: { ...a.metadata, labels: { x: 'y' } } })
    await turn()
    expect(calls).toHaveLength(1)
    api.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'a-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'a' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 1, protocol: 'TCP' }],
      endpoints: [at('10.244.0.2')],
    })
    await turn()
    expect(calls.at(-1)?.[0]?.endpoints).toEqual([{ address: '10.244.0.2', port: 1 }])
    proxy.dispose()
    api.delete(SERVICES, 'shop', 'a')
    await turn()
    expect(calls).toHaveLength(2)
  })

  it('reports a refusal and gives the whole set again with the next change', async () => {
    const { calls, proxy, errors, create, fail } = setup()
    fail(true)
    create('a', { clusterIP: '10.96.0.11' })
    await turn()
    await turn()
    expect(errors).toHaveLength(1)
    fail(false)
    create('b', { clusterIP: 'None' })
    await turn()
    expect(calls.map(({ length }) => length)).toEqual([1, 1])
    proxy.dispose()
  })
})
