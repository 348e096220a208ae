/** Istio objects, translated by istiod, in a real Envoy; what clients see is checked in `translation.test.ts`. */
import type { GroupResource } from '../../apiserver/api.ts'
import * as translation from '../../istiod/translation/index.ts'
import { type Answer, eventually, openWorld } from './world.ts'

export interface TranslationReport {
  everyone: string
  jason: string
  tcp: string
  detected: string
  outsider: string
  afterChange: string
  strictOutsider: string
  strictSidecar: string
  /** A response header that an EnvoyFilter adds. */
  filtered: unknown
  /** What proxy-status says of the client under an EnvoyFilter with a type that Envoy does not know. */
  refusal: string
  underRefusal: string
  serverLog: string[]
  warnings: string[]
}

const NETWORKING = 'networking.istio.io'
const SERVICES: GroupResource = { group: '', resource: 'services' }
const DESTINATION_RULES: GroupResource = { group: NETWORKING, resource: 'destinationrules' }
const VIRTUAL_SERVICES: GroupResource = { group: NETWORKING, resource: 'virtualservices' }
const ENVOY_FILTERS: GroupResource = { group: NETWORKING, resource: 'envoyfilters' }
const PEER_AUTHENTICATIONS: GroupResource = { group: 'security.istio.io', resource: 'peerauthentications' }
const REVIEWS = '10.96.1.1'
const ECHO = '10.96.1.2'
const DETECTED = '10.96.1.3'

export default async function scenario(): Promise<TranslationReport> {
  const world = await openWorld(translation)
  const { memory } = world
  const [client, v1, v2, echo, detected, outsider] = [
    'client',
    'v1',
    'v2',
    'echo',
    'detected',
    'outsider',
  ].map(world.allocate)
  if (!client || !v1 || !v2 || !echo || !detected || !outsider) throw new Error('unreachable')
  const put = (resource: GroupResource, apiVersion: string, kind: string, name: string, spec: unknown) =>
    memory.put(resource, { apiVersion, kind, metadata: { name, namespace: 'default' }, spec })
  const service = (name: string, clusterIP: string, port: Record<string, unknown>) =>
    put(SERVICES, 'v1', 'Service', name, {
      clusterIP,
      clusterIPs: [clusterIP],
      selector: { app: name },
      ports: [{ protocol: 'TCP', ...port }],
    })
  memory.put(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  )
  service('reviews', REVIEWS, { name: 'http', port: 9080, targetPort: 9080 })
  service('echo', ECHO, { name: 'tcp', port: 9000, targetPort: 7000 })
  service('detected', DETECTED, { port: 7000, targetPort: 7000 })
  const subset = (version: string) => ({ name: version, labels: { version } })
  put(DESTINATION_RULES, `${NETWORKING}/v1`, 'DestinationRule', 'reviews', {
    host: 'reviews',
    subsets: [subset('v1'), subset('v2')],
  })
  const route = (to: string) => [{ destination: { host: 'reviews', subset: to } }]
  const routes = (everyone: string) =>
    put(VIRTUAL_SERVICES, `${NETWORKING}/v1`, 'VirtualService', 'reviews', {
      hosts: ['reviews'],
      http: [
        { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: route('v2') },
        { route: route(everyone) },
      ],
    })
  routes('v1')

  const answer = (name: string) => (headers: Record<string, unknown>) =>
    `${name} ${headers['x-forwarded-client-cert'] ? 'mutual TLS' : 'plain'}`
  await world.serve(v1, 9080, answer('v1'))
  await world.serve(v2, 9080, answer('v2'))
  await world.serveTcp(echo, 7000)
  await world.serveTcp(detected, 7000)
  const start = (pod: typeof client, app: string, version = 'v1') =>
    world.start(pod, { labels: { app, version, 'security.istio.io/tlsMode': 'istio' } })
  await Promise.all([
    start(client, 'client'),
    start(v1, 'reviews'),
    start(v2, 'reviews', 'v2'),
    start(echo, 'echo'),
    start(detected, 'detected'),
  ])

  const body = ({ status, body: text }: Answer) => `${status} ${text}`
  const reviews = async (headers: Record<string, string> = {}) =>
    body(await world.get(client, REVIEWS, 9080, { host: 'reviews:9080', ...headers }))
  const fromOutside = () =>
    world.say(outsider, v1.ip, 9080, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  const everyone = await reviews()
  const jason = await reviews({ 'end-user': 'jason' })
  const tcp = await world.say(client, ECHO, 9000, 'hello\n')
  const http = body(await world.get(client, DETECTED, 7000, { host: 'detected:7000' }))
  const plain = await fromOutside()
  routes('v2')
  const afterChange = await eventually('the new route', reviews, text => text.includes('v2'))
  put(PEER_AUTHENTICATIONS, 'security.istio.io/v1', 'PeerAuthentication', 'default', {
    mtls: { mode: 'STRICT' },
  })
  const strictOutsider = await eventually('strictness', fromOutside, text => text.startsWith('error'))
  const strictSidecar = await reviews()
  const warnings = [...world.warnings]
  const envoyFilter = (applyTo: string, operation: string, value: unknown) =>
    put(ENVOY_FILTERS, `${NETWORKING}/v1alpha3`, 'EnvoyFilter', 'filter', {
      workloadSelector: { labels: { app: 'client' } },
      configPatches: [{ applyTo, match: { context: 'SIDECAR_OUTBOUND' }, patch: { operation, value } }],
    })
  envoyFilter('VIRTUAL_HOST', 'MERGE', {
    response_headers_to_add: [{ header: { key: 'x-filtered', value: 'yes' } }],
  })
  const filtered = await eventually(
    'the added header',
    async () => (await world.get(client, REVIEWS, 9080, { host: 'reviews:9080' })).headers['x-filtered'],
    header => header === 'yes',
  )
  envoyFilter('HTTP_FILTER', 'INSERT_FIRST', {
    name: 'unknown',
    typed_config: { '@type': 'type.googleapis.com/example.Unknown' },
  })
  const refusal = await eventually(
    'the refusal',
    () => {
      const own = world.mesh.discovery.status().find(({ pod }) => pod === client.name)
      return [...(own?.types.values() ?? [])].find(({ state }) => state === 'rejected')?.message ?? ''
    },
    message => message !== '',
  )
  const report: TranslationReport = {
    everyone,
    jason,
    tcp,
    detected: http,
    outsider: plain,
    afterChange,
    strictOutsider,
    strictSidecar,
    filtered,
    refusal,
    underRefusal: await reviews(),
    serverLog: await eventually(
      'the access log',
      () => [...v1.log],
      log => log.length > 1,
    ),
    warnings,
  }
  await world.close([client, v1, v2, echo, detected])
  return report
}
