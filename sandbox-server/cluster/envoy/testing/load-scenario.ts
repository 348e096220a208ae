/**
 * Load through two sidecars: what a change of a VirtualService does to it and, when it is to be measured, how it compares
 * with one Envoy that has the same route and nothing else.
 */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { GroupResource } from '../../apiserver/api.ts'
import type { EnvoyResource, ProxyResources } from '../../istiod/translation/contract.ts'
import * as translation from '../../istiod/translation/index.ts'
import { objectOf, objectsOf } from '../multiplex/json.ts'
import { type LoadResult, type LoadTarget, load, serveRaw } from './load.ts'
import { eventually, openWorld, type World } from './world.ts'

export interface LoadWish {
  /** How often the route is changed under load. */
  changes: number
  /** How long each side is measured, each round; nothing is measured when it is 0. */
  measureMs: number
  rounds: number
  /** Services with a VirtualService, a sidecar and a pod of their own beside the ones that are asked. */
  others?: number
  /** Rest between requests while routes change. */
  pauseMs?: number
}

export interface Throughput {
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Processor time of Envoy for a request. */
  envoyMicroseconds: number
}

export interface LoadReport {
  /** Answers under changes. */
  answers: Record<string, number>
  /** From each change until the first answer by it. */
  changeMs: number[]
  bare: Throughput[]
  mesh: Throughput[]
}

const NETWORKING = 'networking.istio.io'
const SERVICES: GroupResource = { group: '', resource: 'services' }
const VIRTUAL_SERVICES: GroupResource = { group: NETWORKING, resource: 'virtualservices' }
const DESTINATION_RULES: GroupResource = { group: NETWORKING, resource: 'destinationrules' }
const REVIEWS = '10.96.1.1'
const PORT = 9080
const CONNECTIONS = 16
/** How long one attempt to reach the bare Envoy may take. */
const PROBE_MS = 50
/** Requests that each version answers before the next change. */
const BETWEEN_CHANGES = 20

export default async function scenario({
  changes,
  measureMs,
  rounds,
  others = 0,
  pauseMs = 0,
}: LoadWish): Promise<LoadReport> {
  const translated = new Map<string, ProxyResources>()
  const world = await openWorld({
    buildMesh: translation.buildMesh,
    translateWith(mesh, ref) {
      const resources = translation.translateWith(mesh, ref)
      translated.set(ref.pod, resources)
      return resources
    },
  })
  const { memory } = world
  const [client, v1, v2] = ['client', 'v1', 'v2'].map(world.allocate)
  if (!client || !v1 || !v2) throw new TypeError('unreachable')
  // As with Istio's defaults: a line for every request would be measured too.
  world.setMeshConfig('')
  const put = (resource: GroupResource, kind: string, spec: unknown) =>
    memory.put(resource, {
      apiVersion: resource.group ? `${resource.group}/v1` : 'v1',
      kind,
      metadata: { name: 'reviews', namespace: 'default' },
      spec,
    })
  memory.put(
    { group: '', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  )
  put(SERVICES, 'Service', {
    clusterIP: REVIEWS,
    clusterIPs: [REVIEWS],
    selector: { app: 'reviews' },
    ports: [{ name: 'http', port: PORT, targetPort: PORT }],
  })
  const subset = (version: string) => ({ name: version, labels: { version } })
  put(DESTINATION_RULES, 'DestinationRule', { host: 'reviews', subsets: [subset('v1'), subset('v2')] })
  const routeTo = (version: string) =>
    put(VIRTUAL_SERVICES, 'VirtualService', {
      hosts: ['reviews'],
      http: [{ route: [{ destination: { host: 'reviews', subset: version } }] }],
    })
  routeTo('v1')
  const servers = await Promise.all([serveRaw(v1.ip, PORT, 'v1'), serveRaw(v2.ip, PORT, 'v2')])
  for (const { ip } of [v1, v2]) await world.network.setAppPorts(ip, [PORT])
  const labels = (app: string, version: string) => ({
    labels: { app, version, 'security.istio.io/tlsMode': 'istio' },
  })
  await Promise.all([
    world.start(client, labels('client', 'v1')),
    world.start(v1, labels('reviews', 'v1')),
    world.start(v2, labels('reviews', 'v2')),
  ])
  const beside = Array.from({ length: others }, (_, index) => world.allocate(`other-${index}`))
  for (const [index, pod] of beside.entries()) addOther(world, pod.name, index)
  await Promise.all(beside.map(pod => world.start(pod, labels(pod.name, 'v1'))))
  const target: LoadTarget = {
    host: REVIEWS,
    port: PORT,
    authority: `reviews:${PORT}`,
    localAddress: client.ip,
  }

  const { answers, changeMs } = await underChanges({ ...target, pauseMs }, changes, routeTo)
  routeTo('v1')
  await eventually(
    'the first version',
    () => world.get(client, REVIEWS, PORT, { host: 'reviews:9080' }),
    ({ body }) => body === 'v1',
  )
  const bare: Throughput[] = []
  const mesh: Throughput[] = []
  if (measureMs > 0)
    await compare(world, translated.get(client.name), target, { measureMs, rounds }, { bare, mesh })
  for (const server of servers) server.close()
  await world.close([client, v1, v2, ...beside])
  return { answers, changeMs, bare, mesh }
}

/** A service with a VirtualService and a DestinationRule, as a mesh has many. */
function addOther({ memory }: World, name: string, index: number): void {
  const put = (resource: GroupResource, apiVersion: string, kind: string, spec: unknown) =>
    memory.put(resource, { apiVersion, kind, metadata: { name, namespace: 'default' }, spec })
  const clusterIP = `10.96.2.${index + 1}`
  put(SERVICES, 'v1', 'Service', {
    clusterIP,
    clusterIPs: [clusterIP],
    selector: { app: name },
    ports: [{ name: 'http', port: PORT, targetPort: PORT }],
  })
  const istio = `${NETWORKING}/v1`
  put(DESTINATION_RULES, istio, 'DestinationRule', {
    host: name,
    subsets: [{ name: 'v1', labels: { version: 'v1' } }],
  })
  put(VIRTUAL_SERVICES, istio, 'VirtualService', {
    hosts: [name],
    http: [{ route: [{ destination: { host: name, subset: 'v1' } }] }],
  })
}

/** Changes the route again and again, each time when the version before has answered some requests. */
async function underChanges(
  target: LoadTarget,
  changes: number,
  routeTo: (version: string) => void,
): Promise<Pick<LoadReport, 'answers' | 'changeMs'>> {
  const changeMs: number[] = []
  let waiting: { answer: string; sinceMs: number } | undefined
  let isOver = false
  const seen: Record<string, number> = {}
  const running = load(
    target,
    CONNECTIONS,
    () => isOver,
    answer => {
      seen[answer] = (seen[answer] ?? 0) + 1
      if (waiting?.answer !== answer) return
      changeMs.push(performance.now() - waiting.sinceMs)
      waiting = undefined
    },
  )
  for (let change = 1; change <= changes; change++) {
    const version = change % 2 === 0 ? 'v1' : 'v2'
    const before = seen[`200 ${version}`] ?? 0
    waiting = { answer: `200 ${version}`, sinceMs: performance.now() }
    routeTo(version)
    await eventually(
      `${version} after change ${change}`,
      () => seen[`200 ${version}`] ?? 0,
      count => count >= before + BETWEEN_CHANGES,
    )
  }
  isOver = true
  return { answers: (await running).answers, changeMs }
}

/** Both sides in turns, so that what else the machine does hits both. */
async function compare(
  world: World,
  client: ProxyResources | undefined,
  target: LoadTarget,
  { measureMs, rounds }: Pick<LoadWish, 'measureMs' | 'rounds'>,
  found: Pick<LoadReport, 'bare' | 'mesh'>,
): Promise<void> {
  const bareServer = await serveRaw('127.0.0.1', 19_080, 'v1')
  const bareEnvoy = startBareEnvoy(bareRoute(client))
  const bareTarget: LoadTarget = { host: '127.0.0.1', port: 18_080, authority: `reviews:${PORT}` }
  const answers = async () => {
    let answered = 0
    const untilMs = performance.now() + PROBE_MS
    await load(
      bareTarget,
      1,
      () => answered > 0 || performance.now() > untilMs,
      () => answered++,
    )
    return answered
  }
  await eventually('the bare Envoy', answers, answered => answered > 0)
  for (let round = 0; round < rounds; round++) {
    found.bare.push(await measured(bareTarget, bareEnvoy.pid, measureMs))
    found.mesh.push(await measured(target, world.mesh.envoyPid, measureMs))
  }
  const ended = new Promise(resolve => bareEnvoy.once('exit', resolve))
  bareEnvoy.kill('SIGKILL')
  await ended
  bareServer.close()
}

async function measured(target: LoadTarget, pid: number | undefined, measureMs: number): Promise<Throughput> {
  const usedTicks = ticksOf(pid)
  const untilMs = performance.now() + measureMs
  const { requests, elapsedMs, latenciesMs }: LoadResult = await load(
    target,
    CONNECTIONS,
    () => performance.now() > untilMs,
  )
  const quantile = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)] ?? Number.NaN
  return {
    requestsPerSecond: requests / (elapsedMs / 1000),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    envoyMicroseconds: ((ticksOf(pid) - usedTicks) * TICK_MICROSECONDS) / requests,
  }
}

/** Linux counts a process's time in hundredths of a second. */
const TICK_MICROSECONDS = 10_000

function ticksOf(pid: number | undefined): number {
  // After the name, which may have spaces: state is the first field, user and system time the 12th and 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** The route of the service among a sidecar's resources, to the bare Envoy's cluster. */
function bareRoute(resources: ProxyResources | undefined): EnvoyResource {
  const config = resources?.routes.find(({ name }) => name === String(PORT))
  const host = objectsOf(config?.virtualHosts).find(({ name }) => String(name).startsWith('reviews.'))
  const [route] = objectsOf(host?.routes)
  if (!route) throw new TypeError('the client has no route to reviews')
  return {
    ...route,
    route: { ...objectOf(route.route), cluster: 'server' },
    metadata: undefined,
    decorator: undefined,
  }
}

function startBareEnvoy(route: EnvoyResource) {
  const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'bare',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
  const filter = { name: 'envoy.filters.network.http_connection_manager', typed_config: manager }
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(19_080) } }] }]
  const config = {
    static_resources: {
      listeners: [{ name: 'bare', address: address(18_080), filter_chains: [{ filters: [filter] }] }],
      clusters: [
        { name: 'server', connect_timeout: '1s', load_assignment: { cluster_name: 'server', endpoints } },
      ],
    },
  }
  const path = `${process.env.STATE_DIR}/bare-envoy.json`
  writeFileSync(path, JSON.stringify(config))
  const flags = [
    '-c',
    path,
    '--concurrency',
    '1',
    '--disable-hot-restart',
    '--log-level',
    'error',
    '--base-id',
    '7',
  ]
  return spawn(process.env.ENVOY_PATH ?? '', flags, { stdio: 'ignore' })
}
