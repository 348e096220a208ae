import { describe, expect, it } from 'vitest'
import type { ServiceRule } from './contract.ts'
import { ServiceChains } from './service-rules.ts'

const service = (name: string, endpoints: number, more: Partial<ServiceRule> = {}): ServiceRule => ({
  name,
  protocol: 'TCP',
  virtualAddresses: ['10.96.0.7'],
  port: 80,
  endpoints: Array.from({ length: endpoints }, (_, index) => ({
    address: `10.244.0.${index + 2}`,
    port: 9080,
  })),
  ...more,
})

describe('service chains', () => {
  it('adds a chain and an address for a new service', () => {
    expect(new ServiceChains().replace([service('shop/web:http', 2)])).toEqual([
      'add chain ip meshdojo svc1',
      'add rule ip meshdojo svc1 meta l4proto tcp dnat ip to numgen inc mod 2 map { 0 : 10.244.0.2 . 9080, 1 : 10.244.0.3 . 9080 } comment "shop/web:http"',
      'add element ip meshdojo services { 10.96.0.7 . tcp . 80 : goto svc1 }',
    ])
  })

  it('says nothing when nothing has changed, so that the turns of a service go on', () => {
    const chains = new ServiceChains()
    chains.replace([service('shop/web:http', 2)])
    expect(chains.replace([service('shop/web:http', 2)])).toEqual([])
  })

  it('replaces only the rules of a service whose endpoints have changed', () => {
    const chains = new ServiceChains()
    chains.replace([
      service('shop/web:http', 2),
      service('shop/db:tcp', 1, { virtualAddresses: ['10.96.0.8'] }),
    ])
    const lines = chains.replace([
      service('shop/web:http', 1),
      service('shop/db:tcp', 1, { virtualAddresses: ['10.96.0.8'] }),
    ])
    expect(lines).toEqual([
      'flush chain ip meshdojo svc1',
      'add rule ip meshdojo svc1 meta l4proto tcp dnat to 10.244.0.2:9080 comment "shop/web:http"',
    ])
  })

  it('unlinks a service before its chain goes, and one without endpoints has no chain', () => {
    const chains = new ServiceChains()
    chains.replace([service('shop/web:http', 1)])
    expect(chains.replace([service('shop/web:http', 0)])).toEqual([
      'delete element ip meshdojo services { 10.96.0.7 . tcp . 80 }',
      'flush chain ip meshdojo svc1',
      'delete chain ip meshdojo svc1',
    ])
  })

  it('takes away an address and the clients of an endpoint that is no more', () => {
    const chains = new ServiceChains()
    const sticky = { affinitySeconds: 10 }
    chains.replace([
      service('shop/web:http', 2, { ...sticky, virtualAddresses: ['10.96.0.7', '172.18.255.1'] }),
    ])
    const lines = chains.replace([service('shop/web:http', 1, sticky)])
    expect(lines).toContain('delete element ip meshdojo services { 172.18.255.1 . tcp . 80 }')
    expect(lines).toContain('delete set ip meshdojo svc1_10_244_0_3_9080')
    expect(lines).not.toContain('delete set ip meshdojo svc1_10_244_0_2_9080')
  })
})
