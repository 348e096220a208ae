/** Subresources of pods that are plain requests: log, eviction, binding. */
import { pipeline } from 'node:stream/promises'
import type { ApiObject } from '../api.ts'
import { clone, objectOf, objectsOf, textOf } from '../json.ts'
import type { Registry } from '../registry.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import type { ApiParts } from './api-parts.ts'
import { readBody } from './decode-body.ts'
import type { Exchange, ResourceExchange } from './exchange.ts'
import { writeRequestOf } from './options.ts'

/** The pod a request names; 404 without it. */
export function podOf(registry: Registry, { kind, exchange }: ResourceExchange): ApiObject {
  const { namespace, name = '' } = exchange.info
  const pod = registry.get(kind, namespace, name)
  if (!pod) throw notFound('', 'pods', name)
  return pod
}

/** Names of all containers, init containers first as the messages list them. */
function containerNames(pod: ApiObject): { init: string[]; main: string[]; ephemeral: string[] } {
  const spec = objectOf(pod.spec)
  const names = (list: unknown): string[] => objectsOf(list).map(container => textOf(container.name))
  return {
    init: names(spec.initContainers),
    main: names(spec.containers),
    ephemeral: names(spec.ephemeralContainers),
  }
}

/** The container a request means; 400 in upstream's words when that is not clear. */
export function containerOf(pod: ApiObject, wanted: string): string {
  const { init, main, ephemeral } = containerNames(pod)
  const all = [...init, ...main, ...ephemeral]
  const { name } = pod.metadata
  if (wanted !== '') {
    if (all.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${name}`)
  }
  const byAnnotation = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  if (byAnnotation && all.includes(byAnnotation)) return byAnnotation
  if (main.length === 1 && init.length === 0) return main[0] ?? ''
  if (main.length === 1 && all.length === 1) return main[0] ?? ''
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`)
}

/** GET of a pod's log. */
export async function podLog(api: ApiParts, target: ResourceExchange): Promise<void> {
  const { exchange } = target
  const { query } = exchange.info
  const pod = podOf(api.registry, target)
  const container = containerOf(pod, query.get('container') ?? '')
  const node = textOf(objectOf(pod.spec).nodeName)
  if (node === '') return exchange.text(200, 'text/plain', '')
  const { kubelet } = api.options
  if (!kubelet) throw unreachableKubelet(node)
  const flag = (name: string): boolean => query.get(name) === 'true' || query.get(name) === '1'
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined)
  const stream = kubelet.logs(pod, {
    container,
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    sinceSeconds: number('sinceSeconds'),
    sinceTime: query.get('sinceTime') ?? undefined,
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
  })
  await sendStream(exchange, stream)
}

async function sendStream(exchange: Exchange, stream: NodeJS.ReadableStream): Promise<void> {
  // Headers wait for the first byte or the end, so that a failure to open the log can still be a Status.
  await new Promise<void>((resolve, reject) => {
    stream.once('readable', resolve)
    stream.once('end', resolve)
    stream.once('error', reject)
  })
  exchange.response.writeHead(200, exchange.headers('text/plain'))
  exchange.response.flushHeaders()
  try {
    await pipeline(stream, exchange.response)
  } catch (error) {
    // The client went away in the middle: nobody is left to tell.
    if (!exchange.response.destroyed) throw error
  }
}

export const unreachableKubelet = (node: string): StatusError =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: Get "https://${node}:10250": the kubelet of this cluster is not running`,
    { causes: [{ reason: '', message: 'the kubelet of this cluster is not running' }] },
  )

/** POST of an eviction: a graceful deletion. */
export async function evictPod(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const pod = podOf(registry, target)
  const { value } = await readBody({ ...target, kind: { ...kind, kind: 'Eviction' } })
  const body = objectOf(value)
  const options = objectOf(body.deleteOptions)
  const dryRun =
    exchange.info.query.get('dryRun') === 'All' ||
    (Array.isArray(options.dryRun) && options.dryRun.includes('All'))
  const gracePeriodSeconds =
    typeof options.gracePeriodSeconds === 'number' ? options.gracePeriodSeconds : undefined
  const request = { ...writeRequestOf(target, 'CreateOptions'), dryRun }
  registry.writer.delete(kind, pod.metadata.namespace, pod.metadata.name, { gracePeriodSeconds }, request)
  exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

/** POST of a binding: the pod's node, once. */
export async function bindPod(registry: Registry, target: ResourceExchange): Promise<void> {
  const { exchange, kind } = target
  const pod = podOf(registry, target)
  const { value } = await readBody({ ...target, kind: { ...kind, kind: 'Binding' } })
  const node = textOf(objectOf(objectOf(value).target).name)
  const bound = textOf(objectOf(pod.spec).nodeName)
  const { name } = pod.metadata
  if (bound !== '') {
    throw new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on pods/binding "${name}": pod ${name} is already assigned to node "${bound}"`,
      { name, kind: 'pods/binding' },
    )
  }
  const change = (current: ApiObject): ApiObject => {
    const next = clone(current)
    next.spec = { ...objectOf(next.spec), nodeName: node }
    return next
  }
  registry.writer.update(kind, pod.metadata.namespace, name, change, {
    ...writeRequestOf(target, 'CreateOptions'),
    internal: true,
  })
  exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}
