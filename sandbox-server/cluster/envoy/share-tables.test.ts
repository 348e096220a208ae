/** What is encoded anew after a change, and what is not. */
import { describe, expect, test } from 'vitest'
import type { EnvoyResource, ProxyResources } from '../istiod/translation/contract.ts'
import type { ProxyShare } from './multiplex/proxy.ts'
import { MessageEncoder } from './protobuf/encode.ts'
import { ShareTables } from './share-tables.ts'
import { sidecarResources } from './testing/sidecar-fixture.ts'
import { CLUSTER_TYPE, ROUTE_TYPE } from './xds/resources.ts'

/** Knows no message: only counts what it is given. */
class CountingEncoder extends MessageEncoder {
  readonly given: unknown[] = []

  constructor() {
    super({ messages: {}, mapEntries: [], enums: {} })
  }

  override encode(_typeName: string, json: EnvoyResource): Buffer {
    this.given.push(json.name ?? json.clusterName)
    return Buffer.from(JSON.stringify(json))
  }
}

const reviews = {
  host: 'reviews.default.svc.cluster.local',
  port: 9080,
  subsets: { '': [{ address: '10.244.0.9', port: 9080 }] },
}
const RESOURCES: ProxyResources = sidecarResources({
  services: [reviews],
  inboundPorts: [8080],
  mutualTls: true,
})

const proxy = (resources: ProxyResources, podIp = '10.244.0.5'): ProxyShare => ({
  id: 'p1',
  kind: 'sidecar',
  podIp,
  ports: { outbound: 40_000, inbound: 40_001 },
  identity: 'spiffe://cluster.local/ns/default/sa/sleep',
  namespace: 'default',
  accessLogs: { inbound: [], outbound: [] },
  resources,
})

function open() {
  const encoder = new CountingEncoder()
  const tables = new ShareTables(encoder, '/run/log', () => undefined)
  tables.set(proxy(RESOURCES))
  encoder.given.length = 0
  return { encoder, tables }
}

describe('a proxy that is set again', () => {
  test('with the same objects costs no encoding', () => {
    const { encoder, tables } = open()
    tables.set(proxy({ ...RESOURCES, clusters: [...RESOURCES.clusters] }))
    expect(encoder.given).toEqual([])
  })

  test('with one new object has that one encoded', () => {
    const { encoder, tables } = open()
    const [first, ...rest] = RESOURCES.routes
    tables.set(proxy({ ...RESOURCES, routes: [{ ...first, virtualHosts: [] }, ...rest] }))
    expect(encoder.given).toEqual([`p1~${String(first?.name)}`])
  })

  test('at another address is encoded as a whole', () => {
    const { encoder, tables } = open()
    tables.set(proxy(RESOURCES, '10.244.0.6'))
    expect(encoder.given.length).toBeGreaterThan(RESOURCES.clusters.length)
  })

  test('without an object loses it', () => {
    const { tables } = open()
    const before = tables.all().get(CLUSTER_TYPE)?.size ?? 0
    tables.set(proxy({ ...RESOURCES, clusters: RESOURCES.clusters.slice(1) }))
    expect(tables.all().get(CLUSTER_TYPE)?.size).toBe(before - 1)
    expect(tables.all().get(ROUTE_TYPE)?.size).toBeGreaterThan(0)
  })
})
