import { afterEach, describe, expect, it } from 'vitest'
import { SERVICES, type Service } from '../kinds.ts'
import { type TestCluster, type TestOptions, testCluster } from '../test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.dispose())

async function make(names: string[], spec: object = {}, options: TestOptions = {}): Promise<void> {
  cluster = testCluster(options)
  for (const name of names) {
    cluster.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
    })
  }
  await cluster.settle()
}
const get = (name: string): Service | undefined => cluster.api.get<Service>(SERVICES, 'shop', name)
const ip = (name: string): string | undefined => get(name)?.status?.loadBalancer?.ingress?.[0]?.ip

describe('a Service of type LoadBalancer', () => {
  it('gets an address of its own that stays, and is told in events', async () => {
    await make(['a', 'b'])
    expect([ip('a'), ip('b')].sort()).toEqual(['172.18.255.1', '172.18.255.2'])
    expect(cluster.events('a')).toEqual([
      'EnsuringLoadBalancer: Ensuring load balancer',
      'EnsuredLoadBalancer: Ensured load balancer',
    ])
  })

  it('gets the address it asks for', async () => {
    await make(['a'], { loadBalancerIP: '172.18.255.77' })
    expect(ip('a')).toBe('172.18.255.77')
  })

  it('loses it with the type', async () => {
    await make(['a'])
    const service = get('a')
    if (service)
      cluster.api.update<Service>(SERVICES, { ...service, spec: { ...service.spec, type: 'ClusterIP' } })
    await cluster.settle()
    expect(get('a')?.status?.loadBalancer).toEqual({})
  })

  it('stays pending when the class is another or balancing is off', async () => {
    await make(['a'], { loadBalancerClass: 'example.com/lb' })
    expect(ip('a')).toBeUndefined()
    cluster.dispose()
    await make(['a'], {}, { loadBalancer: false })
    expect(ip('a')).toBeUndefined()
  })
})
