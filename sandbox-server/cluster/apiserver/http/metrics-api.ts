/** Serves metrics.k8s.io: objects made from the kubelet's figures at the moment of the request. */
import type { ContainerUsage, NodeUsage, PodUsage } from '../../kubelet/contract.ts'
import { rfc3339 } from '../../lifecycle.ts'
import type { ApiObject } from '../api.ts'
import { METRICS_GROUP } from '../kinds/metrics.ts'
import { notFound } from '../status.ts'
import type { ApiParts } from './api-parts.ts'
import type { ResourceExchange } from './exchange.ts'
import { unreachableKubelet } from './pod-subresources.ts'
import { objectList, selectorOf } from './read.ts'
import { includeObject, shownObject, table } from './tables.ts'

const NODES = { group: '', resource: 'nodes' }

/** Answers a get or list of what is used now. */
export async function serveMetrics(api: ApiParts, target: ResourceExchange): Promise<void> {
  const { exchange, kind, version } = target
  const { name, namespace, query } = exchange.info
  const { kubelet } = api.options
  const { registry } = api
  const representation = exchange.representation(kind)
  const node = registry.api.list(NODES)[0]
  if (!kubelet) throw unreachableKubelet(node?.metadata.name ?? '')
  const usage = await kubelet.usage()
  const objects = kind.kind === 'NodeMetrics' ? (node ? [nodeObject(node, usage)] : []) : podObjects(usage)
  const inNamespace = objects.filter(
    ({ metadata }) => namespace === undefined || !kind.namespaced || metadata.namespace === namespace,
  )
  const now = registry.clock.now()
  if (name !== undefined) {
    const found = inNamespace.find(({ metadata }) => metadata.name === name)
    if (!found) throw missing(kind.kind, namespace, name)
    const shown = shownObject(found, kind, version, representation, query, now)
    return exchange.object(200, shown, representation)
  }
  const selector = selectorOf(kind, query)
  const chosen = selector ? inNamespace.filter(selector) : inNamespace
  if (representation.as === 'table') {
    const options = {
      kind,
      version,
      metaVersion: representation.metaVersion,
      includeObject: includeObject(query),
      now,
    }
    return exchange.object(200, table(chosen, {}, options), representation)
  }
  exchange.object(200, objectList(kind, version, {}, chosen), representation)
}

/** metrics-server's words: of a pod it names namespace and name. */
const missing = (kind: string, namespace: string | undefined, name: string) =>
  kind === 'NodeMetrics'
    ? notFound(METRICS_GROUP, 'nodemetrics', name)
    : notFound(METRICS_GROUP, 'podmetrics', `${namespace}/${name}`)

function measuredObject(
  kind: string,
  metadata: { name: string; namespace?: string; labels?: Record<string, string> },
  { at, windowMs }: NodeUsage,
): ApiObject {
  const { name, namespace, labels = {} } = metadata
  return {
    kind,
    apiVersion: `${METRICS_GROUP}/v1beta1`,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: rfc3339(at),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    } as ApiObject['metadata'],
    timestamp: rfc3339(at),
    window: `${windowMs / 1000}s`,
  }
}

const quantities = ({ cpuNanocores, memoryBytes }: Omit<ContainerUsage, 'name'>) => ({
  cpu: `${cpuNanocores}n`,
  memory: `${Math.ceil(memoryBytes / 1024)}Ki`,
})

const nodeObject = ({ metadata }: ApiObject, usage: NodeUsage): ApiObject => ({
  ...measuredObject('NodeMetrics', { name: metadata.name, labels: metadata.labels }, usage),
  usage: quantities(usage),
})

const podObjects = (usage: NodeUsage): ApiObject[] =>
  usage.pods
    .filter(({ containers }) => containers.length > 0)
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1))
    .map(pod => podObject(pod, usage))

const podObject = ({ name, namespace, labels, containers }: PodUsage, usage: NodeUsage): ApiObject => ({
  ...measuredObject('PodMetrics', { name, namespace, labels }, usage),
  containers: containers.map(container => ({ name: container.name, usage: quantities(container) })),
})
