import { describe, expect, it } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import type { EnvoyResource, MeshSnapshot } from './contract.ts'
import { buildMesh, translate, translateWith, UnknownProxyError } from './index.ts'

const CREATED = '2024-01-01T00:00:00Z'

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: Record<string, unknown>,
): ApiObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: CREATED },
  ...fields,
})

const service = (name: string, port: number): ApiObject =>
  object('v1', 'Service', name, {
    spec: {
      clusterIP: `10.96.0.${port % 250}`,
      selector: { app: name },
      ports: [{ name: 'http', port, targetPort: port }],
    },
  })

function pod(name: string, ip: string, app: string, labels: Record<string, string> = {}): ApiObject {
  const made = object('v1', 'Pod', name, {
    spec: { containers: [{ name: 'istio-proxy', args: ['proxy', 'sidecar'] }] },
    status: { podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
  })
  return {
    ...made,
    metadata: { ...made.metadata, labels: { app, 'security.istio.io/tlsMode': 'istio', ...labels } },
  }
}

const networking = (kind: string, name: string, spec: unknown): ApiObject =>
  object('networking.istio.io/v1', kind, name, { spec })

const snapshot = (config: ApiObject[] = [], pods: ApiObject[] = []): MeshSnapshot => ({
  namespaces: [],
  services: [service('reviews', 9080), service('ratings', 9081)],
  pods: [
    pod('client', '10.244.0.5', 'client'),
    pod('reviews', '10.244.0.6', 'reviews', { 'istio-locality': 'r2.z1' }),
    ...pods,
  ],
  config,
  secrets: [],
})

const CLIENT = { namespace: 'default', pod: 'client' }
const named = (list: EnvoyResource[], name: string): EnvoyResource | undefined =>
  list.find(r => r.name === name)

/** Every string in a value, wherever it is. */
const stringsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : []

describe('translate', () => {
  it('gives two proxies of one index what it gives each alone', () => {
    const given = snapshot()
    const mesh = buildMesh(given)
    for (const name of ['client', 'reviews']) {
      const ref = { namespace: 'default', pod: name }
      expect(translateWith(mesh, ref)).toEqual(translate(given, ref))
    }
  })

  it('does not change what it is given', () => {
    const given = snapshot([
      networking('DestinationRule', 'r', { host: 'reviews', subsets: [{ name: 'v1', labels: {} }] }),
    ])
    const before = structuredClone(given)
    translate(given, CLIENT)
    expect(given).toEqual(before)
  })

  it('names the proxy that is not there', () => {
    expect(() => translate(snapshot(), { namespace: 'shop', pod: 'nobody' })).toThrow(UnknownProxyError)
    expect(() => translate(snapshot(), { namespace: 'shop', pod: 'nobody' })).toThrow(
      'no pod nobody with an address in namespace shop',
    )
  })

  it('writes no filter that stock Envoy lacks', () => {
    const filters = stringsIn(translate(snapshot(), CLIENT)).filter(s =>
      /^istio\.(alpn|metadata_exchange|stats)/.test(s),
    )
    expect(filters).toEqual([])
  })

  it('keeps the -shadow suffix of mirrored requests and reports what thresholds leave, as Istio 1.27', () => {
    const mirror = { http: [{ route: [{ destination: { host: 'reviews' } }], mirror: { host: 'ratings' } }] }
    const result = translate(
      snapshot([networking('VirtualService', 'v', { hosts: ['reviews'], ...mirror })]),
      CLIENT,
    )
    const text = JSON.stringify(result)
    expect(text).toContain('"requestMirrorPolicies"')
    expect(text).not.toContain('disableShadowHostSuffixAppend')
    expect(text).toContain('"trackRemaining":true')
  })

  it('ranks localities by the place the proxy was told', () => {
    const near = pod('near', '10.244.0.7', 'reviews', { 'istio-locality': 'r1.z1' })
    const rule = networking('DestinationRule', 'r', {
      host: 'reviews',
      trafficPolicy: { outlierDetection: {} },
    })
    const prioritiesFrom = (locality: string) => {
      const { endpoints } = translate(snapshot([rule], [near]), { ...CLIENT, locality })
      const assignment = endpoints.find(e => String(e.clusterName).includes('reviews'))
      const groups = (assignment?.endpoints ?? []) as { locality: { region: string }; priority?: number }[]
      return Object.fromEntries(groups.map(g => [g.locality.region, g.priority ?? 0]))
    }
    expect(prioritiesFrom('r1/z1')).toEqual({ r1: 0, r2: 1 })
    expect(prioritiesFrom('r2/z1')).toEqual({ r1: 1, r2: 0 })
  })
})

/** Values that no field expects. */
const STRANGE: unknown[] = [
  null,
  0,
  -1,
  1e99,
  '',
  'x',
  '*',
  true,
  [],
  {},
  [null],
  [[]],
  { a: null },
  '9999h',
  '../..',
  '\u0000',
]

describe('malformed configuration', () => {
  const well = {
    VirtualService: {
      hosts: ['reviews'],
      http: [
        {
          match: [{ uri: { prefix: '/' }, headers: { a: { exact: 'b' } } }],
          route: [{ destination: { host: 'reviews' }, weight: 1 }],
          timeout: '1s',
          retries: { attempts: 1 },
          fault: { delay: { fixedDelay: '1s' } },
          mirror: { host: 'ratings' },
        },
      ],
      tcp: [{ route: [{ destination: { host: 'reviews' } }] }],
      tls: [{ match: [{ sniHosts: ['a'] }], route: [{ destination: { host: 'reviews' } }] }],
    },
    DestinationRule: {
      host: 'reviews',
      trafficPolicy: {
        loadBalancer: {
          simple: 'RANDOM',
          consistentHash: { httpCookie: { name: 'a', ttl: '1s' } },
          localityLbSetting: { distribute: [{ from: '*', to: { a: 1 } }] },
        },
        connectionPool: { tcp: { maxConnections: 1 } },
        outlierDetection: { interval: '1s' },
        tls: { mode: 'SIMPLE' },
        portLevelSettings: [{ port: { number: 9080 } }],
      },
      subsets: [{ name: 'v1', labels: { a: 'b' } }],
    },
    ServiceEntry: {
      hosts: ['a.example'],
      addresses: ['10.0.0.0/8'],
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      resolution: 'STATIC',
      endpoints: [{ address: '1.2.3.4', ports: { http: 1 }, labels: {} }],
    },
    Sidecar: {
      egress: [{ port: { number: 9080, protocol: 'HTTP' }, hosts: ['*/*'] }],
      ingress: [{ port: { number: 80 }, defaultEndpoint: '127.0.0.1:80' }],
      workloadSelector: { labels: {} },
    },
  }

  /** The value with each of its parts, one at a time, replaced by `strange`. */
  function* mutations(value: unknown, strange: unknown): Generator<unknown> {
    yield strange
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries())
        for (const m of mutations(item, strange)) yield value.with(i, m)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        for (const m of mutations(item, strange)) yield { ...value, [key]: m }
    }
  }

  it.each(Object.entries(well))('never stops the translation: %s', (kind, spec) => {
    let tried = 0
    for (const strange of STRANGE) {
      for (const mutated of mutations(spec, strange)) {
        const { listeners } = translate(snapshot([networking(kind, 'm', mutated)]), CLIENT)
        expect(named(listeners, 'virtualOutbound')).toBeDefined()
        tried++
      }
    }
    expect(tried).toBeGreaterThan(100)
  })
})
