import { describe, expect, test } from 'vitest'
import { routesOf } from './config-dump.ts'
import { describeMatch } from './route-match.ts'

const cluster = (subset: string) => `outbound|9080|${subset}|reviews.shop.svc.cluster.local`
const dump = (routes: unknown[], extra: Record<string, unknown> = {}) => ({
  configs: [
    { '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump', dynamic_active_clusters: [] },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
      static_route_configs: [
        {
          route_config: {
            name: 'inbound|9080||',
            virtual_hosts: [{ domains: ['*'], routes: [{ match: { prefix: '/' } }] }],
          },
        },
      ],
      dynamic_route_configs: [
        {
          route_config: {
            name: '9080',
            virtual_hosts: [
              { name: 'details', domains: ['details.shop.svc.cluster.local', 'details'], routes: [] },
              {
                name: 'reviews',
                domains: ['reviews.shop.svc.cluster.local', 'reviews', 'reviews.shop'],
                routes,
              },
            ],
          },
        },
      ],
      ...extra,
    },
  ],
})
const query = { proxy: 'productpage-1', service: 'reviews', namespace: 'shop' }

const rowsOf = (...args: Parameters<typeof routesOf>) => routesOf(...args).rows

describe('routesOf', () => {
  test("says in a VirtualService's words where requests go, in order", () => {
    const rows = rowsOf(
      dump([
        {
          match: { prefix: '/', headers: [{ name: 'end-user', string_match: { exact: 'jason' } }] },
          route: { cluster: cluster('v2') },
        },
        {
          match: { prefix: '/' },
          route: {
            weighted_clusters: {
              clusters: [
                { name: cluster('v1'), weight: 3 },
                { name: cluster('v3'), weight: 1 },
              ],
            },
          },
        },
      ]),
      query,
    )
    const row = { proxy: 'productpage-1', host: 'reviews', destination: 'reviews' }
    expect(rows).toEqual([
      { ...row, match: 'end-user: jason', subset: 'v2', percent: 100 },
      { ...row, match: '', subset: 'v1', percent: 75 },
      { ...row, match: '', subset: 'v3', percent: 25 },
    ])
  })

  test('reads field names in either spelling', () => {
    const routes = [{ match: { prefix: '/' }, route: { cluster: cluster('') } }]
    const camel = JSON.parse(
      JSON.stringify(dump(routes)).replace(
        /"([a-z_]+)":/g,
        (_, key: string) => `"${key.replace(/_(.)/g, (_s, c: string) => c.toUpperCase())}":`,
      ),
    )
    expect(rowsOf(camel, query)).toEqual(rowsOf(dump(routes), query))
    expect(rowsOf(camel, query)).toHaveLength(1)
  })

  test('says when the proxy took over the newest of them', () => {
    const of = (name: string, last_updated: string, domain: string) => ({
      last_updated,
      route_config: { name, virtual_hosts: [{ domains: [domain], routes: [] }] },
    })
    const dynamic_route_configs = [
      of('9080', '2026-01-01T00:00:01.000Z', 'reviews'),
      of('9443', '2026-01-01T00:00:02.500Z', 'reviews'),
      of('80', '2026-01-01T00:00:09.000Z', 'details'),
    ]
    expect(routesOf(dump([], { dynamic_route_configs }), query).updatedAt).toBe(
      Date.parse('2026-01-01T00:00:02.500Z'),
    )
    expect(routesOf(dump([]), query).updatedAt).toBeUndefined()
  })

  test('shows what goes to no cluster', () => {
    const rows = rowsOf(
      dump([
        { match: { path: '/x' }, direct_response: { status: 503 } },
        { match: { prefix: '/' }, redirect: { host_redirect: 'other' } },
      ]),
      query,
    )
    expect(rows.map(({ match, destination }) => [match, destination])).toEqual([
      ['uri: /x', 'direct response 503'],
      ['', 'redirect'],
    ])
  })

  test('a service of another namespace is asked with its namespace', () => {
    expect(
      rowsOf(dump([{ match: { prefix: '/' }, route: { cluster: cluster('v1') } }]), {
        ...query,
        namespace: 'mine',
        service: 'reviews.shop',
      }),
    ).toEqual([
      {
        proxy: 'productpage-1',
        host: 'reviews.shop',
        match: '',
        destination: 'reviews.shop',
        subset: 'v1',
        percent: 100,
      },
    ])
  })

  test.each([undefined, {}, { configs: 'x' }, { configs: [null, { '@type': 3 }] }])(
    'nothing is in %j',
    value => {
      expect(routesOf(value, query)).toEqual({ rows: [], updatedAt: undefined })
    },
  )
})

test.each([
  [{ prefix: '/' }, ''],
  [{ path: '/login' }, 'uri: /login'],
  [{ path_separated_prefix: '/api' }, 'uri: prefix /api'],
  [{ safe_regex: { regex: '/v[12]/.*' } }, 'uri: regex /v[12]/.*'],
  [{ prefix: '/', headers: [{ name: ':method', string_match: { exact: 'GET' } }] }, 'method: GET'],
  [{ prefix: '/', headers: [{ name: 'x', exact_match: 'y' }] }, 'x: y'],
  [{ prefix: '/', headers: [{ name: 'x', present_match: true }] }, 'x: present'],
  [
    { prefix: '/', headers: [{ name: 'x', string_match: { prefix: 'y' }, invert_match: true }] },
    'not x: prefix y',
  ],
  [{ prefix: '/', headers: [{ name: 'x', string_match: { safe_regex: { regex: 'a.*' } } }] }, 'x: regex a.*'],
  [
    { prefix: '/a', query_parameters: [{ name: 'u', string_match: { exact: 'test' } }] },
    'uri: prefix /a, query u: test',
  ],
])('describes %j as %j', (match, words) => expect(describeMatch(match)).toBe(words))
