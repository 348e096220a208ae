/** Objects of a cluster, all kinds at once. */
import { parse } from 'yaml'
import { ApiError, type KubeClient } from '../../kube/client.ts'
import { type Json, objectOf, stringOf } from '../../text/json.ts'
import { KINDS, type Kind, type Resource, resourceOf } from './resources.ts'

/** Namespaces of the machinery, where nothing of Istio's is expected. */
const IGNORED: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
])
const FILTERED: ReadonlySet<Kind> = new Set(['Namespace', 'Service', 'Pod', 'Deployment'])

export interface LiveOptions {
  kinds: readonly Kind[]
  /** Where somebody who may not list the whole cluster looks. */
  namespace: string
  istioNamespace: string
}

/** What the user may see of the cluster, and its MeshConfig. */
export async function readCluster(
  client: KubeClient,
  { kinds, namespace, istioNamespace }: LiveOptions,
): Promise<{ resources: Resource[]; meshConfig: Json }> {
  const [lists, mesh] = await Promise.all([
    Promise.all(
      kinds.map(kind => listKind(client, kind, kind === 'ConfigMap' ? istioNamespace : undefined, namespace)),
    ),
    findMesh(client, istioNamespace),
  ])
  return { resources: lists.flat(), meshConfig: mesh }
}

async function listKind(
  client: KubeClient,
  kind: Kind,
  only: string | undefined,
  fallback: string,
): Promise<Resource[]> {
  const { group, version, plural, isClusterScoped } = KINDS[kind]
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const within = (namespace: string) => `${base}/namespaces/${namespace}/${plural}`
  // istiod's are the only ConfigMaps of interest; release and token secrets are many and large.
  const query = kind === 'Secret' ? '?fieldSelector=type%21%3Dhelm.sh%2Frelease.v1' : ''
  const whole = only === undefined ? `${base}/${plural}${query}` : within(only)
  const items = await orElse(
    () => client.list(whole),
    () => (isClusterScoped ? single(client, kind, base, fallback) : client.list(within(fallback) + query)),
  )
  return items
    .map(item => resourceOf(kind, objectOf(item), ''))
    .filter(
      resource =>
        !FILTERED.has(kind) || !IGNORED.has(kind === 'Namespace' ? resource.name : resource.namespace),
    )
}

const single = async (client: KubeClient, kind: Kind, base: string, name: string) => {
  const object = kind === 'Namespace' ? await client.find(`${base}/namespaces/${name}`) : undefined
  return object ? [object] : []
}

/** A learner's account may see its own namespace alone: what is forbidden is left out. */
async function orElse<T>(first: () => Promise<T[]>, second: () => Promise<T[]>): Promise<T[]> {
  const forbidden = (error: unknown) => error instanceof ApiError && error.status === 403
  try {
    return await first()
  } catch (error) {
    if (!forbidden(error)) throw error
  }
  try {
    return await second()
  } catch (error) {
    if (!forbidden(error)) throw error
    return []
  }
}

async function findMesh(client: KubeClient, namespace: string): Promise<Json> {
  const [map] = await orElse(
    async () => [await client.find(`/api/v1/namespaces/${namespace}/configmaps/istio`)],
    async () => [],
  )
  return parseMesh(stringOf(objectOf(map?.['data'])['mesh']))
}

/** What cannot be read counts as not set, as for istiod. */
export function parseMesh(text: string): Json {
  try {
    return objectOf(parse(text))
  } catch {
    return {}
  }
}
