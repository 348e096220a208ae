/** Two clients, two versions of a service and a gateway share one Envoy; what they see is checked in `mesh.test.ts`. */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import {
  type FixtureService,
  gatewayResources,
  outboundCluster,
  sidecarResources,
} from './sidecar-fixture.ts'
import { type Answer, eventually, openWorld } from './world.ts'

const HOST = 'reviews.default.svc.cluster.local'
const CLUSTER_IP = '10.96.1.1'

export interface MeshReport {
  first: Answer
  jason: Answer
  afterRouteChange: Answer
  whileRejected: Answer
  rejection: unknown
  recovered: unknown
  afterKill: Answer
  throughGateway: Answer
  /** On a port whose protocol is detected. */
  detectedHttp: Answer
  detectedTcp: string
  detectedLog: string[]
  gatewayReady: number
  withoutSidecar: string
  breakerStatuses: number[]
  overflow: { first: string; second: string; afterReset: string }
  clientLog: string[]
  serverLog: string[]
  jsonLog: string
  stats: string
  defaultStats: string
  prometheus: string
  clusters: string
  listeners: string
  configDump: string
  logging: string
  warnings: string[]
}

const DETECTED = { host: 'detected.default.svc.cluster.local', port: 7000, clusterIp: '10.96.1.2' }

const to = (cluster: string): EnvoyResource => ({ cluster, timeout: '0s' })

export default async function scenario({ mutualTls }: { mutualTls: boolean }): Promise<MeshReport> {
  const world = await openWorld()
  const [client, other, v1, v2, outsider, gateway] = [
    'client',
    'other',
    'v1',
    'v2',
    'outsider',
    'gateway',
  ].map(world.allocate)
  if (!client || !other || !v1 || !v2 || !outsider || !gateway) throw new Error('unreachable')
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const answer = (name: string) => async (headers: Record<string, unknown>) => {
    if (headers['x-hold']) await held
    return `${name} from ${headers.peer}`
  }
  await world.serve(v1, 9080, answer('v1'))
  await world.serveTcp(v1, 7000)
  await world.serve(v2, 9080, answer('v2'))

  const reviews = (routes?: EnvoyResource[]): FixtureService => ({
    host: HOST,
    port: 9080,
    clusterIp: CLUSTER_IP,
    subsets: {
      '': [v1, v2].map(pod => ({ address: pod.ip, port: 9080 })),
      v1: [{ address: v1.ip, port: 9080 }],
      v2: [{ address: v2.ip, port: 9080 }],
    },
    cluster: { circuitBreakers: { thresholds: [{ maxConnections: 1, maxPendingRequests: 1 }] } },
    routes,
  })
  const byUser = [
    {
      match: { prefix: '/', headers: [{ name: 'end-user', stringMatch: { exact: 'jason' } }] },
      route: to(outboundCluster(reviews(), 'v2')),
    },
    { name: 'everyone', match: { prefix: '/' }, route: to(outboundCluster(reviews(), 'v1')) },
  ]
  const detected: FixtureService = {
    ...DETECTED,
    protocol: 'auto',
    subsets: { '': [{ address: v1.ip, port: 7000 }] },
  }
  const asClient = (routes?: EnvoyResource[]) =>
    sidecarResources({ services: [reviews(routes), detected], inboundPorts: [], mutualTls })
  const asServer = () =>
    sidecarResources({
      services: [reviews()],
      inboundPorts: [9080],
      inboundAutoPorts: [7000],
      mutualTls,
      refusePlainText: mutualTls,
    })
  world.resources.set('client', asClient(byUser)).set('other', asClient(byUser))
  world.resources.set('v1', asServer()).set('v2', asServer())
  world.resources.set(
    'gateway',
    gatewayResources(8080, { services: [reviews(byUser)], inboundPorts: [], mutualTls }),
  )
  const annotations = {
    'proxy.istio.io/config': 'proxyStatsMatcher:\n  inclusionPrefixes: [cluster.outbound]\n',
  }
  await Promise.all([
    ...[v1, v2].map(pod => world.start(pod)),
    ...[client, other].map(pod => world.start(pod, { annotations })),
    world.start(gateway, { labels: { istio: 'ingressgateway' } }),
  ])

  const get = (headers: Record<string, string> = {}, from = client) =>
    world.get(from, CLUSTER_IP, 9080, { host: 'reviews', ...headers })
  const first = await get()
  const jason = await get({ 'end-user': 'jason' })
  const throughGateway = await world.get(outsider, gateway.ip, 8080, { host: 'reviews' })
  const gatewayReady = (await world.get(outsider, gateway.ip, 15021, {}, '/healthz/ready')).status
  const withoutSidecar = await world.say(outsider, v1.ip, 9080, 'GET / HTTP/1.0\r\n\r\n')
  const clientLog = await eventually(
    'the access log',
    () => [...client.log],
    log => log.length >= 3,
  )
  const serverLog = await eventually(
    'the access log',
    () => [...v1.log],
    log => log.length >= 2,
  )

  const detectedHttp = await world.get(client, DETECTED.clusterIp, DETECTED.port, { host: 'detected' })
  const detectedTcp = await world.say(client, DETECTED.clusterIp, DETECTED.port, 'hello\n')
  const lines = (pod: { log: string[] }) => pod.log.filter(line => line.includes('|7000||'))
  const detectedLog = await eventually(
    'the log of detected protocols',
    () => [...lines(v1), ...lines(client)],
    log => log.length >= 4,
  )

  const breakerStatuses = await overload(() => get({ 'x-hold': '1' }), release)
  const overflow = {
    first: await statistic(world.admin(client, '/stats')),
    second: await statistic(world.admin(other, '/stats')),
    afterReset: await world
      .admin(client, '/reset_counters', 'POST')
      .then(() => statistic(world.admin(client, '/stats'))),
  }

  world.change(client, asClient([{ match: { prefix: '/' }, route: to(outboundCluster(reviews(), 'v2')) }]))
  const afterRouteChange = await eventually(
    'the new route',
    () => get(),
    ({ body }) => body.startsWith('v2'),
  )

  const statusOfRoutes = () => {
    const status = world.mesh.discovery.status().find(({ pod }) => pod === 'client')
    return [...(status?.types ?? [])].find(([type]) => type.endsWith('RouteConfiguration'))?.[1]
  }
  world.change(client, asClient([{ match: { safeRegex: { regex: '(' } }, route: to('x') }]))
  const rejection = await eventually('the rejection', statusOfRoutes, status => status?.state === 'rejected')
  const whileRejected = await get()
  world.change(client, asClient(byUser))
  const recovered = await eventually('the recovery', statusOfRoutes, status => status?.state === 'synced')

  world.killEnvoy()
  const afterKill = await eventually(
    'Envoy is back',
    () => get().catch((error: Error): Answer => ({ status: 0, body: error.message, headers: {} })),
    ({ status }) => status === 200,
  )

  world.setMeshConfig('accessLogFile: /dev/stdout\naccessLogEncoding: JSON\n')
  const jsonLog = await eventually(
    'a log line in JSON',
    async () => {
      await get()
      return client.log.find(line => line.startsWith('{')) ?? ''
    },
    line => line !== '',
  )

  const text = async (path: string, pod = client) => (await world.admin(pod, path)).body
  const report: MeshReport = {
    first,
    jason,
    afterRouteChange,
    whileRejected,
    rejection,
    recovered,
    afterKill,
    throughGateway,
    detectedHttp,
    detectedTcp,
    detectedLog,
    gatewayReady,
    withoutSidecar,
    breakerStatuses,
    overflow,
    clientLog,
    serverLog,
    jsonLog,
    stats: await text('/stats'),
    defaultStats: await text('/stats', v1),
    prometheus: await text('/stats/prometheus'),
    clusters: await text('/clusters'),
    listeners: await text('/listeners'),
    configDump: await text('/config_dump?include_eds=true'),
    logging: (await world.admin(client, '/logging?http=debug', 'POST')).body,
    warnings: world.warnings,
  }
  await world.close([client, other, v1, v2, gateway])
  return report
}

/** Many requests at once that the application holds until `release`. */
async function overload(get: () => Promise<Answer>, release: () => void): Promise<number[]> {
  const requests = Array.from({ length: 8 }, get)
  let refused = 0
  const counted = requests.map(async request => {
    const { status } = await request
    if (status === 503) refused++
    // One is with the application, one may wait: the rest is refused at once.
    if (refused === 6) release()
    return status
  })
  return Promise.all(counted)
}

async function statistic(stats: Promise<Answer>): Promise<string> {
  const name = 'cluster.outbound|9080|v1|reviews.default.svc.cluster.local;.upstream_rq_pending_overflow'
  return (
    (await stats).body
      .split('\n')
      .find(line => line.startsWith(name))
      ?.slice(name.length) ?? ''
  )
}
