import { expect, test } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { relativeTime } from './relative-time.ts'
import { describe } from './route.ts'
import { parseWords } from './words.ts'

const TIME = '2026-01-02T03:04:05Z'
const metadata = (name: string) => ({
  name,
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: TIME,
})
const route: ApiObject = {
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { ...metadata('web'), labels: { b: '2', a: '1' } },
  spec: {
    host: 'web.example.com',
    to: { kind: 'Service', name: 'web', weight: 100 },
    port: { targetPort: 'http' },
  },
  status: {
    ingress: [
      {
        host: 'web.example.com',
        routerName: 'default',
        routerCanonicalHostname: 'router-default.example.com',
        conditions: [{ type: 'Admitted', status: 'True', lastTransitionTime: TIME }],
      },
    ],
  },
}
const endpoints: ApiObject = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: metadata('web'),
  subsets: [
    {
      addresses: ['2', '3', '4', '5'].map(last => ({ ip: `10.244.0.${last}` })),
      ports: [
        { name: 'http', port: 9080 },
        { name: 'other', port: 1 },
      ],
    },
  ],
}

test('describes a route as oc does', () => {
  const text = describe(route, [{ name: 'web', weight: 100, endpoints }], Date.parse(TIME) + 90_000)
  expect(text).toBe(`Name:			web
Namespace:		shop
Created:		About a minute ago
Labels:			a=1
			b=2
Annotations:		<none>
Requested Host:		web.example.com
			   exposed on router default (host router-default.example.com) about a minute ago
Path:			<none>
TLS Termination:	<none>
Insecure Policy:	<none>
Endpoint Port:		http

Service:	web
Weight:		100 (100%)
Endpoints:	10.244.0.2:9080, 10.244.0.3:9080, 10.244.0.4:9080 + 1 more...
`)
})

test('says why a router refuses a route', () => {
  const condition = {
    type: 'Admitted',
    status: 'False',
    reason: 'HostAlreadyClaimed',
    message: 'route a already exposes web.example.com and is older',
    lastTransitionTime: TIME,
  }
  const ingress = [{ host: 'web.example.com', routerName: 'default', conditions: [condition] }]
  const text = describe({ ...route, status: { ingress } }, [], Date.parse(TIME))
  expect(text).toContain(
    '\t\t\trejected by router default: HostAlreadyClaimed (less than a second ago)\n\t\t\t  route a already exposes web.example.com and is older\n',
  )
})

test('says how long ago in the words of docker', () => {
  expect([0, 1_000, 59_000, 60_000, 120_000, 3_600_000, 49 * 3_600_000].map(relativeTime)).toEqual([
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    '2 minutes',
    'About an hour',
    '2 days',
  ])
})

test('collects a flag that is given more than once, or with commas', () => {
  const words = parseWords(['adm', 'policy', 'add-scc-to-user', 'anyuid', '-z', 'a', '--serviceaccount=b,c'])
  expect(words.all('serviceaccount')).toEqual(['a', 'b', 'c'])
  expect(words.args).toEqual(['adm', 'policy', 'add-scc-to-user', 'anyuid'])
})
