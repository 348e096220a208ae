import { expect, test } from 'vitest'
import type { KubeObject } from '../kube-client/objects.ts'
import { entranceOf, targetPort } from './preview-target.ts'

const object = (kind: string, name: string, spec: unknown): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'learner' },
  spec,
})
const server = (protocol: string, hosts: string[], more: object = {}) => ({
  port: { number: protocol === 'HTTPS' ? 443 : 80, name: protocol.toLowerCase(), protocol },
  hosts,
  ...more,
})
const gateway = (servers: unknown[], name = 'shop') =>
  object('Gateway', name, { selector: { istio: 'ingressgateway' }, servers })

test.each([
  ['a host of its own', [server('HTTP', ['shop.example.com'])], [], 'shop.example.com'],
  ['a namespace before the host', [server('HTTP', ['./shop.example.com'])], [], 'shop.example.com'],
  ['a wildcard', [server('HTTP', ['*.example.com'])], [], 'www.example.com'],
  [
    'any host, where a bound VirtualService names one',
    [server('HTTP', ['*'])],
    [object('VirtualService', 'one', { hosts: ['store.test'], gateways: ['learner/shop'] })],
    'store.test',
  ],
  [
    'any host, where another gateway is bound',
    [server('HTTP', ['*'])],
    [object('VirtualService', 'one', { hosts: ['store.test'], gateways: ['mesh'] })],
    'bookinfo.local',
  ],
])('asks the gateway for %s', (_, servers, virtualServices, host) => {
  expect(entranceOf([gateway(servers)], virtualServices)).toEqual({
    gateway: 'shop',
    selector: { istio: 'ingressgateway' },
    port: 80,
    host,
  })
})

test('passes over servers without plain HTTP, redirects to HTTPS, and gateways that select nothing', () => {
  const closed = gateway([server('HTTPS', ['*']), server('HTTP', ['*'], { tls: { httpsRedirect: true } })])
  expect(entranceOf([closed], [])).toBeUndefined()
  const nowhere = object('Gateway', 'nowhere', { servers: [server('HTTP', ['*'])] })
  expect(entranceOf([nowhere, gateway([server('HTTP', ['*'])], 'second')], [])?.gateway).toBe('second')
})

test('finds the port of the pod behind a port of the service, by number, by name, or the same', () => {
  const pod = object('Pod', 'p', { containers: [{ ports: [{ name: 'web', containerPort: 8080 }] }] })
  const service = object('Service', 's', {
    ports: [{ port: 80, targetPort: 9080 }, { port: 81, targetPort: 'web' }, { port: 82 }],
  })
  expect([80, 81, 82].map(port => targetPort(service, pod, port))).toEqual([9080, 8080, 82])
})
