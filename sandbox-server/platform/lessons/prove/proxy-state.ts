/**
 * What the sidecars have been told, so that an attempt does not begin before an earlier one's rules have left them.
 * Only what rules change counts; where pods come and go, addresses do not.
 */
import { hasSidecar, PROXY_CONTAINER } from '../../checks/access-log-follower.ts'
import type { KubeClient } from '../../kube-client/client.ts'
import { at, isKubeObject, isRecord, listAt, pathOf, pods, textAt } from '../../kube-client/objects.ts'
import { type Clock, pause } from '../../lifecycle.ts'
import { isPodReady } from '../../provisioning/readiness.ts'
import { NotProven } from './proof.ts'

/** By pod: routes, cluster names and outbound listeners. A pod that was not there before is not compared. */
export type ProxyState = ReadonlyMap<string, string>

const SETTLED_DEADLINE_MS = 30_000
const POLL_MS = 100
const DUMP_LIMIT_BYTES = 64 * 1024 * 1024

export async function readProxies(client: KubeClient, namespaces: readonly string[]): Promise<ProxyState> {
  const lists = namespaces.map(async namespace => {
    const listed = await client.transport.send('GET', pathOf(pods, namespace))
    return listAt(listed, 'items')
      .map(item => (isRecord(item) ? { apiVersion: 'v1', kind: 'Pod', ...item } : item))
      .filter(isKubeObject)
      .filter(pod => hasSidecar(pod) && isPodReady(pod))
      .map(pod => ({ namespace, pod: pod.metadata.name }))
  })
  const sidecars = (await Promise.all(lists)).flat()
  const told = sidecars.map(async ({ namespace, pod }) => {
    const command = ['pilot-agent', 'request', 'GET', 'config_dump']
    const target = { namespace, pod, container: PROXY_CONTAINER, command }
    const { stdout } = await client.run(target, { limitBytes: DUMP_LIMIT_BYTES })
    return [`${namespace}/${pod}`, essenceOf(JSON.parse(stdout))] as const
  })
  return new Map(await Promise.all(told))
}

/** Resolves when every sidecar that was there then has been told the same as then. */
export async function proxiesAgain(
  { client, clock }: { client: KubeClient; clock: Clock },
  namespaces: readonly string[],
  wanted: ProxyState,
): Promise<void> {
  const deadline = clock.now() + SETTLED_DEADLINE_MS
  for (;;) {
    const now = await readProxies(client, namespaces)
    const different = [...wanted].filter(([pod, told]) => now.has(pod) && now.get(pod) !== told)
    if (different.length === 0) return
    if (clock.now() > deadline)
      throw new NotProven(
        `sidecars do not hold what they held before: ${different.map(([pod]) => pod).join(', ')}`,
      )
    await pause(clock, POLL_MS)
  }
}

function essenceOf(configDump: unknown): string {
  const sections = listAt(configDump, 'configs')
  const all = (field: string) => sections.flatMap(section => listAt(section, field))
  const clusters = all('dynamic_active_clusters').map(entry => at(entry, 'cluster'))
  const routes = all('dynamic_route_configs').map(entry => at(entry, 'route_config'))
  const listeners = all('dynamic_listeners')
    .filter(entry => textAt(entry, 'name') !== 'virtualInbound')
    .map(entry => at(entry, 'active_state', 'listener'))
  const byName = (a: unknown, b: unknown) => textAt(a, 'name').localeCompare(textAt(b, 'name'))
  return JSON.stringify([clusters, routes, listeners].map(list => list.sort(byName)))
}
