import { Resolver } from 'node:dns/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createRegistry } from '../apiserver/index.ts'
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../controllers/kinds.ts'
import { Store } from '../store/store.ts'
import { type ClusterDns, startDns } from './index.ts'

let dns: ClusterDns | undefined
afterEach(() => dns?.dispose())

async function setup() {
  const { api } = createRegistry({ store: new Store({ path: ':memory:' }) })
  api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const service = (name: string, spec: object) =>
    api.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
    })
  dns = await startDns({
    api,
    address: '127.0.0.1',
    port: 0,
    clusterDomain: 'cluster.local',
    outsideHosts: new Map([['edition.cnn.com', '192.0.2.10']]),
  })
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${dns.port}`])
  return { api, service, dns, resolver }
}

describe('the cluster DNS', () => {
  it('follows services and endpoints as they come and go', async () => {
    const { api, service, dns: here, resolver } = await setup()
    await expect(resolver.resolve4('web.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    service('web', { clusterIP: '10.96.0.77' })
    expect(await resolver.resolve4('web.shop.svc.cluster.local')).toEqual(['10.96.0.77'])
    expect(here.resolve('web', 'shop')).toBe('10.96.0.77')
    await expect(resolver.resolve6('web.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' })
    expect(await resolver.reverse('10.96.0.77')).toEqual(['web.shop.svc.cluster.local'])
    api.delete(SERVICES, 'shop', 'web')
    await expect(resolver.resolve4('web.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver.reverse('10.96.0.77')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('answers for the pods of a headless service', async () => {
    const { api, service, resolver } = await setup()
    service('db', { clusterIP: 'None' })
    api.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } }],
    })
    expect(await resolver.resolve4('db-0.db.shop.svc.cluster.local')).toEqual(['10.244.0.5'])
    expect(await resolver.resolveSrv('_http._tcp.db.shop.svc.cluster.local')).toMatchObject([
      { name: 'db-0.db.shop.svc.cluster.local', port: 8080, priority: 0, weight: 100 },
    ])
    expect(await resolver.reverse('10.244.0.5')).toEqual(['db-0.db.shop.svc.cluster.local'])
  })

  it('knows of the outside only what it was told', async () => {
    const { resolver } = await setup()
    expect(await resolver.resolve4('edition.cnn.com')).toEqual(['192.0.2.10'])
    await expect(resolver.resolve4('example.org')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('rejects an address that is taken', async () => {
    const { api, dns: first } = await setup()
    const again = startDns({
      api,
      address: '127.0.0.1',
      port: first.port,
      clusterDomain: 'cluster.local',
      outsideHosts: new Map(),
    })
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
