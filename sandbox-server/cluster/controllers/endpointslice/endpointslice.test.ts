import { afterEach, describe, expect, it } from 'vitest'
import {
  ENDPOINT_SLICES,
  ENDPOINTS,
  type EndpointSlice,
  type Endpoints,
  PODS,
  type Pod,
  SERVICES,
  type Service,
} from '../kinds.ts'
import { type TestCluster, testCluster } from '../test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

const pod = (name: string, spec: object = {}): Pod =>
  cluster.api.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: 'db' } },
    spec: {
      containers: [{ name: 'a', image: 'i', ports: [{ name: 'sql', containerPort: 5432, protocol: 'TCP' }] }],
      ...spec,
    },
  })
const service = (spec: object, name = 'db'): Service =>
  cluster.api.create<Service>(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', labels: { team: 'b' } },
    spec: {
      selector: { app: 'db' },
      ports: [{ name: 'tcp', port: 80, targetPort: 'sql', protocol: 'TCP' }],
      ...spec,
    },
  })
const slices = (): readonly EndpointSlice[] =>
  cluster.api.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: 'shop' })
const endpoints = (name = 'db'): Endpoints | undefined => cluster.api.get<Endpoints>(ENDPOINTS, 'shop', name)
const ready = (): string[] =>
  slices().flatMap(slice =>
    (slice.endpoints ?? []).flatMap(({ addresses, conditions }) => (conditions?.ready ? addresses : [])),
  )
const newest = (name: string): Pod => {
  const found = cluster.api.get<Pod>(PODS, 'shop', name)
  if (!found) throw new Error(`no pod ${name}`)
  return found
}

async function start(build: () => void): Promise<void> {
  cluster = testCluster({ kubelet: false })
  build()
  await cluster.settle()
}

describe('endpoints of a service', () => {
  it('without pods are one empty slice and an Endpoints object without subsets', async () => {
    await start(() => service({}))
    expect(slices()).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [],
        ports: [],
        metadata: {
          generateName: 'db-',
          labels: {
            team: 'b',
            'kubernetes.io/service-name': 'db',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
        },
      },
    ])
    expect(slices()[0]?.metadata.ownerReferences).toMatchObject([
      { kind: 'Service', name: 'db', controller: true },
    ])
    expect(endpoints()?.metadata.labels).toEqual({
      team: 'b',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    })
    expect(endpoints()?.subsets).toBeUndefined()
  })

  it('follow readiness, with named ports resolved, in the same slice', async () => {
    await start(() => {
      service({})
      cluster.setReady(pod('one'), false, '10.244.0.1')
    })
    const before = slices()[0]?.metadata.uid
    expect(slices()[0]?.endpoints).toMatchObject([
      {
        addresses: ['10.244.0.1'],
        conditions: { ready: false, serving: false, terminating: false },
        nodeName: 'node-1',
        targetRef: { kind: 'Pod', name: 'one' },
      },
    ])
    expect(endpoints()?.subsets).toMatchObject([
      { notReadyAddresses: [{ ip: '10.244.0.1' }], ports: [{ name: 'tcp', port: 5432 }] },
    ])
    cluster.setReady(newest('one'), true, '10.244.0.1')
    await cluster.settle()
    expect(ready()).toEqual(['10.244.0.1'])
    expect(slices().map(({ metadata, ports }) => [metadata.uid, ports])).toEqual([
      [before, [{ name: 'tcp', port: 5432, protocol: 'TCP' }]],
    ])
    expect(endpoints()?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }] }])
  })

  it('publish pods that are not ready when told to', async () => {
    await start(() => {
      service({ publishNotReadyAddresses: true })
      cluster.setReady(pod('one'), false, '10.244.0.1')
    })
    expect(ready()).toEqual(['10.244.0.1'])
    expect(endpoints()?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }] }])
  })

  it('keep a pod whose named port is unknown, without the port', async () => {
    await start(() => {
      service({ ports: [{ port: 80, targetPort: 'nosuch', protocol: 'TCP' }] })
      cluster.setReady(pod('one'), true, '10.244.0.1')
    })
    expect(slices()).toMatchObject([{ ports: [], endpoints: [{ addresses: ['10.244.0.1'] }] }])
  })

  it('give hostnames under a headless service', async () => {
    await start(() => {
      service({ clusterIP: 'None' })
      cluster.setReady(pod('one', { hostname: 'db-0', subdomain: 'db' }), true, '10.244.0.1')
    })
    expect(slices()[0]?.endpoints).toMatchObject([{ hostname: 'db-0' }])
    expect(slices()[0]?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '')
  })

  it('are kept to 100 a slice and shrink again', async () => {
    cluster = testCluster({ kubelet: false, allocatable: { pods: '300', cpu: '1', memory: '1Gi' } })
    service({})
    for (let index = 0; index < 130; index++) cluster.setReady(pod(`p${index}`), true, `10.244.1.${index}`)
    await cluster.settle()
    expect(
      slices()
        .map(slice => slice.endpoints?.length)
        .sort(),
    ).toEqual([100, 30])
    for (const { metadata } of cluster.pods().slice(0, 60))
      cluster.api.delete(PODS, 'shop', metadata.name, { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(slices().map(slice => slice.endpoints?.length)).toEqual([70])
    expect(new Set(ready()).size).toBe(70)
  })

  it('go with the service', async () => {
    await start(() => service({}))
    cluster.api.delete(SERVICES, 'shop', 'db')
    await cluster.settle()
    expect(slices()).toEqual([])
    expect(endpoints()).toBeUndefined()
  })

  it('do not exist for an alias', async () => {
    await start(() => service({ type: 'ExternalName', externalName: 'example.com', ports: undefined }))
    expect(slices()).toEqual([])
    expect(endpoints()).toBeUndefined()
  })

  it('written by hand are mirrored into a slice', async () => {
    await start(() => {
      service({ selector: undefined })
      cluster.create(ENDPOINTS, {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'db', namespace: 'shop' },
        subsets: [{ addresses: [{ ip: '192.168.7.8' }], ports: [{ port: 80, protocol: 'TCP' }] }],
      })
    })
    expect(slices()).toMatchObject([
      {
        metadata: {
          labels: {
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
            'kubernetes.io/service-name': 'db',
          },
        },
        endpoints: [{ addresses: ['192.168.7.8'], conditions: { ready: true } }],
      },
    ])
  })
})
