/** What is shared between proxies, and what is kept from one mesh to the next. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { buildMesh, type MeshSnapshot, type ProxyResources, translateWith } from './index.ts'
import { sameJson } from './sections.ts'

const NAMES = ['reviews', 'ratings']

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  rest: Record<string, unknown>,
  labels: Record<string, string> = {},
): ApiObject => ({
  apiVersion,
  kind,
  ...rest,
  metadata: {
    name,
    namespace: 'default',
    labels,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2024-01-01T00:00:00Z',
  },
})

const service = (name: string, index: number) =>
  object('v1', 'Service', name, {
    spec: {
      clusterIP: `10.96.0.${index + 1}`,
      selector: { app: name },
      ports: [{ name: 'http', port: 9080, targetPort: 9080 }],
    },
  })

const pod = (name: string, app: string, ip: string) =>
  object(
    'v1',
    'Pod',
    name,
    {
      spec: { containers: [{ name: 'app' }, { name: 'istio-proxy', args: ['proxy', 'sidecar'] }] },
      status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
    },
    { app, 'security.istio.io/tlsMode': 'istio' },
  )

const timeout = (host: string, value: string, match?: Record<string, unknown>) =>
  object('networking.istio.io/v1', 'VirtualService', host, {
    spec: {
      hosts: [host],
      http: [{ ...(match ? { match: [match] } : {}), timeout: value, route: [{ destination: { host } }] }],
    },
  })

const snapshot = (config: readonly ApiObject[]): MeshSnapshot => ({
  namespaces: [],
  services: NAMES.map(service),
  pods: [pod('one', 'reviews', '10.1.0.1'), pod('two', 'ratings', '10.1.0.2'), pod('three', 'x', '10.1.0.3')],
  secrets: [],
  config,
})

const translations = (config: readonly ApiObject[], pods: readonly string[]): ProxyResources[] => {
  const mesh = buildMesh(snapshot(config))
  return pods.map(name => translateWith(mesh, { namespace: 'default', pod: name }))
}

const one = (config: readonly ApiObject[]): ProxyResources => {
  const [found] = translations(config, ['one'])
  if (!found) throw new TypeError('no proxy was translated')
  return found
}

describe('from one mesh to the next', () => {
  beforeEach(() => void buildMesh(snapshot([])))

  test('what a change does not concern stays the very same object', () => {
    const before = one([timeout('reviews', '1s')])
    const after = one([timeout('reviews', '2s')])
    const changed = (key: keyof ProxyResources) => after[key].filter(r => !before[key].includes(r))
    expect(changed('routes').map(r => r.name)).toEqual(['9080'])
    expect([...changed('clusters'), ...changed('listeners'), ...changed('endpoints')]).toEqual([])
    expect(after.clusters.length).toBeGreaterThan(3)
  })

  test('objects that are written anew with the same content change nothing', () => {
    const before = one([timeout('reviews', '1s')])
    const after = one([timeout('reviews', '1s')])
    for (const key of ['clusters', 'endpoints', 'listeners', 'routes'] as const) {
      expect(after[key].every((r, index) => r === before[key][index])).toBe(true)
    }
  })
})

describe('between proxies', () => {
  test('the outbound side is made once', () => {
    const [a, b] = translations([timeout('reviews', '1s')], ['two', 'three'])
    expect(a?.routes[0]).toBe(b?.routes[0])
  })

  test('proxies that a rule tells apart by their labels are told apart', () => {
    const rule = timeout('reviews', '1s', { sourceLabels: { app: 'ratings' } })
    const [a, b] = translations([rule], ['two', 'three'])
    expect(JSON.stringify(a?.routes)).toContain('"timeout":"1s"')
    expect(JSON.stringify(b?.routes)).not.toContain('"timeout":"1s"')
  })
})

describe('sameness', () => {
  test('does not depend on the order of keys, nor on members that are undefined', () => {
    expect(sameJson({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2, d: undefined }], a: 1 })).toBe(true)
  })

  test('sees every other difference', () => {
    const base = { a: [1, { b: 'x' }] }
    for (const other of [
      { a: [1] },
      { a: [1, { b: 'y' }] },
      { a: [1, { b: 'x', c: 0 }] },
      { a: { 0: 1 } },
      {},
    ]) {
      expect(sameJson(base, other)).toBe(false)
      expect(sameJson(other, base)).toBe(false)
    }
  })
})
