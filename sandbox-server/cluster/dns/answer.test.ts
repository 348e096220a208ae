import { describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../controllers/kinds.ts'
import { answer } from './answer.ts'
import { resolveIn } from './resolver.ts'
import type { DnsView } from './view.ts'

const metadata = (namespace: string, name: string) => ({
  namespace,
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})
const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(namespace, name),
  spec,
})
const services = [
  service('shop', 'reviews', { clusterIP: '10.96.3.4', ports: [{ name: 'http', port: 9080 }] }),
  service('shop', 'db', { clusterIP: 'None', ports: [{ name: 'tcp', port: 5432 }] }),
  service('shop', 'lonely', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('shop', 'ext', { type: 'ExternalName', externalName: 'example.com' }),
  service('shop', 'near', { type: 'ExternalName', externalName: 'reviews.shop.svc.cluster.local' }),
  service('shop', 'loop', { type: 'ExternalName', externalName: 'loop.shop.svc.cluster.local' }),
]
const slice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: metadata('shop', 'db-x'),
  addressType: 'IPv4',
  ports: [{ name: 'tcp', port: 5432, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.8'], conditions: { ready: true } },
    { addresses: ['10.244.0.9'], conditions: { ready: false } },
  ],
}
const view: DnsView = {
  clusterDomain: 'cluster.local',
  service: (namespace, name) =>
    services.find(one => one.metadata.namespace === namespace && one.metadata.name === name),
  hasNamespace: name => name === 'shop',
  endpointSlices: (_namespace, name) => (name === 'db' ? [slice] : []),
  serviceOfIp: ip => services.find(one => one.spec.clusterIP === ip),
  headlessEndpointOfIp: ip => {
    const db = services[1]
    return db && ip === '10.244.0.7' ? { service: db, hostname: 'db-0' } : undefined
  },
  outsideHosts: new Map([['example.com', '192.0.2.80']]),
}

const ask = (name: string, type: Parameters<typeof answer>[0]['type'] = 'A') => answer({ name, type }, view)
const addresses = (name: string) =>
  ask(name).answers.flatMap(record => (record.type === 'A' ? record.data : []))

describe('a service with a cluster IP', () => {
  it('answers A in the case of the question', () => {
    expect(ask('Reviews.shop.SVC.cluster.local').answers).toEqual([
      { type: 'A', name: 'Reviews.shop.SVC.cluster.local', ttl: 30, data: '10.96.3.4' },
    ])
  })
  it('answers AAAA with NOERROR and only the SOA', () => {
    const found = ask('reviews.shop.svc.cluster.local', 'AAAA')
    expect(found).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
      authorities: [{ type: 'SOA', name: 'cluster.local' }],
    })
  })
  it('answers SRV of a named port with its address beside it', () => {
    const found = ask('_http._tcp.reviews.shop.svc.cluster.local', 'SRV')
    expect(found.answers).toMatchObject([
      { data: { priority: 0, weight: 100, port: 9080, target: 'reviews.shop.svc.cluster.local' } },
    ])
    expect(found.additionals).toMatchObject([{ type: 'A', data: '10.96.3.4' }])
  })
  it('knows no port of another name', () => {
    expect(ask('_grpc._tcp.reviews.shop.svc.cluster.local', 'SRV').rcode).toBe('NXDOMAIN')
  })
  it('is found by its address', () => {
    expect(ask('4.3.96.10.in-addr.arpa', 'PTR').answers).toMatchObject([
      { data: 'reviews.shop.svc.cluster.local' },
    ])
  })
})

describe('a headless service', () => {
  it('answers with its ready pods', () => {
    expect(addresses('db.shop.svc.cluster.local')).toEqual(['10.244.0.7', '10.244.0.8'])
  })
  it('answers for a hostname and for an address with dashes', () => {
    expect(addresses('db-0.db.shop.svc.cluster.local')).toEqual(['10.244.0.7'])
    expect(addresses('10-244-0-8.db.shop.svc.cluster.local')).toEqual(['10.244.0.8'])
    expect(ask('db-1.db.shop.svc.cluster.local').rcode).toBe('NXDOMAIN')
  })
  it('names each pod in SRV', () => {
    const found = ask('_tcp._tcp.db.shop.svc.cluster.local', 'SRV')
    expect(found.answers.map(record => (record.type === 'SRV' ? record.data.target : ''))).toEqual([
      'db-0.db.shop.svc.cluster.local',
      '10-244-0-8.db.shop.svc.cluster.local',
    ])
  })
  it('does not exist without endpoints', () => {
    expect(ask('lonely.shop.svc.cluster.local').rcode).toBe('NXDOMAIN')
  })
  it('names its pod in PTR', () => {
    expect(ask('7.0.244.10.in-addr.arpa', 'PTR').answers).toMatchObject([
      { data: 'db-0.db.shop.svc.cluster.local' },
    ])
  })
})

describe('ExternalName', () => {
  it('is an alias whose target is followed', () => {
    expect(ask('ext.shop.svc.cluster.local').answers).toMatchObject([
      { type: 'CNAME', data: 'example.com' },
      { type: 'A', name: 'example.com', data: '192.0.2.80' },
    ])
    expect(addresses('near.shop.svc.cluster.local')).toEqual(['10.96.3.4'])
  })
  it('that names itself ends', () => {
    expect(ask('loop.shop.svc.cluster.local').answers.every(({ type }) => type === 'CNAME')).toBe(true)
  })
})

describe('other names', () => {
  it.each([
    'nosuch.shop.svc.cluster.local',
    'x.cluster.local',
    'reviews.cluster.local',
    'reviews.nosuch.svc.cluster.local',
  ])('%s is NXDOMAIN with the SOA', name => {
    expect(ask(name)).toMatchObject({ rcode: 'NXDOMAIN', answers: [], authorities: [{ type: 'SOA' }] })
  })
  it('outside the cluster exist only in the table', () => {
    expect(addresses('EXAMPLE.com')).toEqual(['192.0.2.80'])
    expect(ask('example.com', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(ask('example.org')).toMatchObject({ rcode: 'NXDOMAIN', authorities: [] })
  })
  it('of pods are their addresses', () => {
    expect(addresses('10-244-0-7.shop.pod.cluster.local')).toEqual(['10.244.0.7'])
    expect(ask('10-244-0-700.shop.pod.cluster.local').rcode).toBe('NXDOMAIN')
    expect(ask('10-244-0-7.nosuch.pod.cluster.local').rcode).toBe('NXDOMAIN')
  })
  it('of namespaces exist without an address', () => {
    expect(ask('shop.svc.cluster.local')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  })
})

describe('the search path of applications', () => {
  it('finds a service of the own namespace, of another and by its whole name', () => {
    expect(resolveIn(view, 'reviews', 'shop')).toBe('10.96.3.4')
    expect(resolveIn(view, 'reviews.shop', 'default')).toBe('10.96.3.4')
    expect(resolveIn(view, 'reviews.shop.svc.cluster.local', 'default')).toBe('10.96.3.4')
    expect(resolveIn(view, 'reviews', 'default')).toBeUndefined()
    expect(resolveIn(view, 'example.com', 'default')).toBe('192.0.2.80')
  })
  it('does not search for a name with a dot at its end', () => {
    expect(resolveIn(view, 'reviews.shop.', 'shop')).toBeUndefined()
    expect(resolveIn(view, 'reviews.shop.svc.cluster.local.', 'x')).toBe('10.96.3.4')
  })
})
