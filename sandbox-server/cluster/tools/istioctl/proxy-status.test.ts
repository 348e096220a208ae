import { expect, test } from 'vitest'
import { synchronization } from '../../istiod/discovery/synchronization.ts'
import { syncOf } from './istiod.ts'
import { table, verboseTable } from './proxy-status.ts'

const CLUSTERS = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'
const ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration'
const SECRETS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret'
const NOW = Date.parse('2026-01-01T00:01:00Z')

const proxies = synchronization([
  {
    pod: 'b',
    namespace: 'default',
    kind: 'sidecar',
    sentMs: NOW - 30_000,
    types: new Map([
      [CLUSTERS, { state: 'synced' }],
      [ROUTES, { state: 'rejected', message: 'no such cluster' }],
      [SECRETS, { state: 'synced' }],
    ]),
  },
  {
    pod: 'a',
    namespace: 'shop',
    kind: 'router',
    sentMs: undefined,
    types: new Map([[CLUSTERS, { state: 'pending' }]]),
  },
]).map(status => syncOf({ ...status }, 'istiod-1'))

test('lists proxies in order with the types they are subscribed to', () => {
  expect(table(proxies)).toBe(`NAME          CLUSTER        ISTIOD       VERSION     SUBSCRIBED TYPES
a.shop        Kubernetes     istiod-1     1.32.0      1 (CDS)
b.default     Kubernetes     istiod-1     1.32.0      2 (CDS,RDS)
`)
})

test('says of each type whether the proxy has it, has yet to take it or has refused it', () => {
  const [, stale, mixed] = verboseTable(proxies, NOW)
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/))
  expect(stale?.slice(2)).toEqual(['STALE', 'IGNORED', 'IGNORED', 'IGNORED', 'IGNORED', 'istiod-1', '1.32.0'])
  expect(mixed?.slice(2, 7)).toEqual(['SYNCED (30s)', 'IGNORED', 'IGNORED', 'IGNORED', 'ERROR (30s)'])
})

test('keeps the reason of a refusal', () => {
  expect(proxies[1]?.types.get(ROUTES)?.lastError).toBe('no such cluster')
})
