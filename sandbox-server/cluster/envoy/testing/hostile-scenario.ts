/**
 * Hostile Istio objects in a real Envoy: a client, a server and a gateway of one namespace take them in turns, while the
 * sidecars of another namespace answer requests.
 */
import type { GroupResource } from '../../apiserver/api.ts'
import * as translation from '../../istiod/translation/index.ts'
import { hostileConfigs } from '../../istiod/translation/testing/hostile-config.ts'
import { eventually, openWorld } from './world.ts'

export interface HostileReport {
  applied: number
  /** Answers to the calm client while hostile objects came and went. */
  statuses: Record<string, number>
  restarts: string[]
  /** Whether proxies of the hostile namespace have refused something, which their status says. */
  sawRefusal: boolean
  afterwards: string
}

interface Wish {
  configs: number
  seed: number
}

const RESOURCES: Readonly<Record<string, string>> = {
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
  Gateway: 'gateways',
  ServiceEntry: 'serviceentries',
  Sidecar: 'sidecars',
  WorkloadEntry: 'workloadentries',
  EnvoyFilter: 'envoyfilters',
  PeerAuthentication: 'peerauthentications',
  RequestAuthentication: 'requestauthentications',
  AuthorizationPolicy: 'authorizationpolicies',
  Telemetry: 'telemetries',
}
const SERVICES: GroupResource = { group: '', resource: 'services' }
/** So many objects change between two requests. */
const TOGETHER = 10
const CALM = '10.96.1.1'

export default async function scenario({ configs, seed }: Wish): Promise<HostileReport> {
  const world = await openWorld(translation)
  const { memory, mesh } = world
  const [client, server, victim, target, gateway] = ['client', 'server', 'victim', 'target', 'gateway'].map(
    world.allocate,
  )
  if (!client || !server || !victim || !target || !gateway) throw new TypeError('unreachable')
  for (const name of ['default', 'hostile']) {
    memory.put(
      { group: '', resource: 'namespaces' },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    )
  }
  const service = (name: string, namespace: string, clusterIP: string, port: number) =>
    memory.put(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { clusterIP, clusterIPs: [clusterIP], selector: { app: name }, ports: [{ name: 'http', port }] },
    })
  service('server', 'default', CALM, 9080)
  service('target', 'hostile', '10.96.1.2', 8080)
  // The calm side imports nothing from elsewhere: what is exported to everybody is no business of theirs.
  memory.put(
    { group: 'networking.istio.io', resource: 'sidecars' },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'default', namespace: 'default' },
      spec: { egress: [{ hosts: ['./*'] }] },
    },
  )
  await world.serve(server, 9080, () => 'calm')
  const mutual = { 'security.istio.io/tlsMode': 'istio' }
  await Promise.all([
    world.start(client, { labels: { app: 'client', ...mutual } }),
    world.start(server, { labels: { app: 'server', ...mutual } }),
    world.start(victim, { labels: { app: 'client', ...mutual }, namespace: 'hostile' }),
    world.start(target, { labels: { app: 'target', ...mutual }, namespace: 'hostile' }),
    world.start(gateway, {
      labels: { app: 'gateway', istio: 'ingressgateway', ...mutual },
      namespace: 'hostile',
    }),
  ])

  const ask = async () => {
    const { status, body } = await world.get(client, CALM, 9080, { host: 'server:9080' })
    return `${status} ${body}`
  }
  const statuses: Record<string, number> = {}
  let sawRefusal = false
  const objects = hostileConfigs(configs, seed)
  for (let first = 0; first < objects.length; first += TOGETHER) {
    const pushed = nextPush(mesh.discovery)
    // Names come round, so that each batch takes the place of the one before.
    for (const [index, object] of objects.slice(first, first + TOGETHER).entries()) {
      const group = object.apiVersion.split('/')[0] ?? ''
      memory.put(
        { group, resource: RESOURCES[object.kind] ?? '' },
        { ...object, metadata: { name: `hostile-${index}`, namespace: 'hostile' } },
      )
    }
    await pushed
    const answer = await ask().catch(error => String(error))
    statuses[answer] = (statuses[answer] ?? 0) + 1
    sawRefusal ||= mesh.discovery
      .status()
      .some(({ types }) => [...types.values()].some(({ state }) => state === 'rejected'))
  }
  const report: HostileReport = {
    applied: objects.length,
    statuses,
    restarts: world.warnings.filter(line => /^Envoy (ended|cannot)/.test(line)),
    sawRefusal,
    afterwards: await eventually('an answer', ask, text => text === '200 calm'),
  }
  await world.close([client, server, victim, target, gateway])
  return report
}

const nextPush = (discovery: { onPush(listener: () => void): { dispose(): void } }): Promise<void> =>
  new Promise(resolve => {
    const watching = discovery.onPush(() => {
      watching.dispose()
      resolve()
    })
  })
