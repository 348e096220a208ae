/** What istiod says of itself and of the proxies connected to it, asked as the real istioctl does: through a port-forward. */
import type { ApiObject } from '../../apiserver/api.ts'
import { CommandError } from '../cli/command.ts'
import { isRecord } from '../kube/client.ts'
import { getFromPod } from '../kube/port-forward.ts'
import { stringOf } from '../text/json.ts'
import type { ClusterContext } from './global-flags.ts'

const DEBUG_PORT = 8080
const MONITORING_PORT = 15014

/** One proxy in `/debug/syncz`. */
export interface ProxySync {
  /** `POD.NAMESPACE` */
  proxy: string
  cluster: string
  /** `sidecar` or `router` */
  type: string
  istioVersion: string
  /** The pod of istiod that it is connected to. */
  istiod: string
  /** By type URL. */
  types: ReadonlyMap<string, TypeSync>
}

export interface TypeSync {
  sent: string
  acked: string
  /** RFC 3339; empty when unknown. */
  sentTime: string
  lastError: string
}

/** Running pods of istiod. Throws CommandError when there is none. */
export async function istiodPods({ client, istioNamespace }: ClusterContext): Promise<ApiObject[]> {
  const pods = await client.list(
    `/api/v1/namespaces/${istioNamespace}/pods?labelSelector=app%3Distiod&fieldSelector=status.phase%3DRunning`,
  )
  if (pods.length === 0) throw new CommandError(`no running Istio pods in ${JSON.stringify(istioNamespace)}`)
  return pods
}

/** Sorted as istiod sorts them: by id. */
export async function proxies(context: ClusterContext, pods: readonly ApiObject[]): Promise<ProxySync[]> {
  const answers = await Promise.all(
    pods.map(async ({ metadata }) => {
      const target = { namespace: context.istioNamespace, pod: metadata.name, port: DEBUG_PORT }
      const answer: unknown = JSON.parse(await getFromPod(context.client, target, '/debug/syncz'))
      return Array.isArray(answer) ? answer.filter(isRecord).map(entry => syncOf(entry, metadata.name)) : []
    }),
  )
  return answers.flat().sort((a, b) => (a.proxy < b.proxy ? -1 : 1))
}

/** The build information of one istiod. */
export async function versionOf(context: ClusterContext, pod: ApiObject): Promise<Record<string, unknown>> {
  const target = { namespace: context.istioNamespace, pod: pod.metadata.name, port: MONITORING_PORT }
  const text = await getFromPod(context.client, target, '/version')
  try {
    const answer: unknown = JSON.parse(text)
    if (isRecord(answer) && isRecord(answer['clientVersion'])) return answer['clientVersion']
    if (isRecord(answer)) return answer
  } catch {
    // Released versions answer `1.27.0-<revision>-Clean`.
  }
  const [, version = text.trim(), revision = 'unknown', status = 'unknown'] =
    /^(.+)-([0-9a-f]{40})-(\w+)$/.exec(text.trim()) ?? []
  return { version, revision, golang_version: '', status, tag: '' }
}

/** One entry of the answer of the istiod in pod `istiod`. */
export function syncOf(entry: Record<string, unknown>, istiod: string): ProxySync {
  const resources = isRecord(entry['resources']) ? entry['resources'] : {}
  return {
    proxy: stringOf(entry['proxy']),
    cluster: stringOf(entry['cluster_id']),
    type: stringOf(entry['proxy_type']),
    istioVersion: stringOf(entry['istio_version']),
    istiod,
    types: new Map(Object.entries(resources).map(([type, status]) => [type, typeSync(status)])),
  }
}

function typeSync(status: unknown): TypeSync {
  const from = isRecord(status) ? status : {}
  const field = (name: string) => stringOf(from[name] ?? from[name.charAt(0).toUpperCase() + name.slice(1)])
  return {
    sent: field('sent'),
    acked: field('acked'),
    sentTime: field('sentTime') || field('sent_time'),
    lastError: field('lastError') || field('last_error'),
  }
}
