/** Which pod is meant by `name`, `name.namespace` or `deployment/name.namespace`. */
import type { ApiObject } from '../../apiserver/api.ts'
import { CommandError } from '../cli/command.ts'
import { ApiError, type KubeClient } from '../kube/client.ts'
import { objectOf, objectsOf, stringOf } from '../text/json.ts'

export interface PodName {
  name: string
  namespace: string
}

interface Resource {
  path: string
  /** Plural, for messages. */
  plural: string
  group: string
}

const DEPLOYMENTS: Resource = { path: '/apis/apps/v1', plural: 'deployments', group: 'apps' }
const REPLICASETS: Resource = { path: '/apis/apps/v1', plural: 'replicasets', group: 'apps' }
const SERVICES: Resource = { path: '/api/v1', plural: 'services', group: '' }
const PODS: Resource = { path: '/api/v1', plural: 'pods', group: '' }
const JOBS: Resource = { path: '/apis/batch/v1', plural: 'jobs', group: 'batch' }
const RESOURCES: Readonly<Record<string, Resource>> = {
  deployment: DEPLOYMENTS,
  deployments: DEPLOYMENTS,
  deploy: DEPLOYMENTS,
  replicaset: REPLICASETS,
  replicasets: REPLICASETS,
  rs: REPLICASETS,
  service: SERVICES,
  services: SERVICES,
  svc: SERVICES,
  pod: PODS,
  pods: PODS,
  po: PODS,
  job: JOBS,
  jobs: JOBS,
}

/** Splits `[type/]name[.namespace]`. */
export function splitName(
  text: string,
  defaultNamespace: string,
): { type?: string; name: string; namespace: string } {
  const slash = text.lastIndexOf('/')
  const type = slash > 0 ? text.slice(0, slash) : undefined
  const rest = slash > 0 ? text.slice(slash + 1) : text
  const dot = rest.lastIndexOf('.')
  if (dot < 0) return { type, name: rest, namespace: defaultNamespace }
  return { type, name: rest.slice(0, dot), namespace: rest.slice(dot + 1) }
}

/** Throws CommandError when nothing is meant; a plain name is not looked up. */
export async function findPod(client: KubeClient, text: string, defaultNamespace: string): Promise<PodName> {
  const [first] = await findPods(client, text, defaultNamespace)
  if (!first)
    throw new CommandError(`no pods match ${JSON.stringify(splitName(text, defaultNamespace).name)}`)
  return first
}

/** All pods of a workload, the one that `kubectl logs` would choose first. */
export async function findPods(
  client: KubeClient,
  text: string,
  defaultNamespace: string,
): Promise<PodName[]> {
  const { type, name, namespace } = splitName(text, defaultNamespace)
  if (type === undefined) return [{ name, namespace }]
  const resource = RESOURCES[type.toLowerCase().split('.')[0] ?? '']
  if (!resource)
    throw new CommandError(
      `failed retrieving: the server doesn't have a resource type ${JSON.stringify(type)} in the ${JSON.stringify(namespace)} namespace`,
    )
  let object: ApiObject
  try {
    object = await client.get(`${resource.path}/namespaces/${namespace}/${resource.plural}/${name}`)
  } catch (error) {
    if (error instanceof ApiError)
      throw new CommandError(
        `failed retrieving: ${error.message} in the ${JSON.stringify(namespace)} namespace`,
      )
    throw error
  }
  if (resource === PODS) return [{ name, namespace }]
  const selector = selectorOf(object)
  if (selector === '')
    throw new CommandError(
      `${JSON.stringify(`${type}/${name}`)} does not refer to a pod: invalid service '${name}': Service is defined without a selector`,
    )
  const pods = await client.list(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
  )
  return pods.sort(byReadiness).map(pod => ({ name: pod.metadata.name, namespace }))
}

export async function podsBySelector(
  client: KubeClient,
  selector: string,
  namespace: string,
): Promise<PodName[]> {
  const pods = await client.list(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
  )
  if (pods.length === 0) throw new CommandError('no pods found')
  return pods.map(pod => ({ name: pod.metadata.name, namespace }))
}

function selectorOf(object: ApiObject): string {
  const spec = objectOf(object.spec)
  const selector = objectOf(spec['selector'])
  const labels =
    'matchLabels' in selector || 'matchExpressions' in selector ? objectOf(selector['matchLabels']) : selector
  const equal = Object.entries(labels).map(([key, value]) => `${key}=${stringOf(value)}`)
  const sets = objectsOf(selector['matchExpressions']).map(({ key, operator, values }) => {
    const list = Array.isArray(values) ? `(${values.join(',')})` : ''
    const word = operator === 'In' ? 'in' : 'notin'
    if (operator === 'Exists') return stringOf(key)
    return operator === 'DoesNotExist' ? `!${stringOf(key)}` : `${stringOf(key)} ${word} ${list}`
  })
  return [...equal, ...sets].join(',')
}

const byReadiness = (a: ApiObject, b: ApiObject): number =>
  Number(isReady(b)) - Number(isReady(a)) ||
  (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1)

/** Its Ready condition is true. */
export const isReady = (pod: ApiObject): boolean =>
  objectsOf(objectOf(pod.status)['conditions']).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )
