/** Which objects of a namespace are a learner's to change: those that no controller and no server part makes again. */
import type { KubeClient } from '../../kube-client/client.ts'
import {
  at,
  isKubeObject,
  isRecord,
  type KubeObject,
  listAt,
  pathOf,
  textAt,
} from '../../kube-client/objects.ts'
import { MANAGED_BY } from '../../provisioning/namespace-objects.ts'

/** A kind that can be listed, made and deleted. */
export interface RestorableKind {
  group: string
  version: string
  resource: string
  kind: string
}

/** Kept by controllers without an owner, or a mere record. */
const NOT_ONES_OWN = new Set(['events', 'endpoints', 'leases', 'endpointslices', 'controllerrevisions'])
/** Made again by controllers in every namespace, with data of the cluster. */
const MADE_IN_EVERY_NAMESPACE = new Set([
  'kube-root-ca.crt',
  'istio-ca-root-cert',
  'default',
  'openshift-service-ca.crt',
])
const NEEDED_VERBS = ['list', 'create', 'update', 'delete']

/** Each namespaced kind once, in its group's preferred version. */
export async function restorableKinds({ transport }: KubeClient): Promise<RestorableKind[]> {
  const answer = await transport.send('GET', '/apis')
  const groupVersions = listAt(answer, 'groups').map(
    group => `${textAt(group, 'name')}/${textAt(group, 'preferredVersion', 'version')}`,
  )
  const lists = ['/api/v1', ...groupVersions.map(groupVersion => `/apis/${groupVersion}`)].map(async path => {
    const listed = await transport.send('GET', path)
    const [group = '', version = ''] =
      path === '/api/v1' ? ['', 'v1'] : path.slice('/apis/'.length).split('/')
    return listAt(listed, 'resources')
      .filter(entry => at(entry, 'namespaced') === true && !NOT_ONES_OWN.has(textAt(entry, 'name')))
      .filter(entry => NEEDED_VERBS.every(verb => listAt(entry, 'verbs').includes(verb)))
      .map(entry => ({ group, version, resource: textAt(entry, 'name'), kind: textAt(entry, 'kind') }))
  })
  return (await Promise.all(lists)).flat()
}

/** Those of one kind in a namespace, as they are written to an API server. */
export async function objectsOf(
  { transport }: KubeClient,
  kind: RestorableKind,
  namespace: string,
): Promise<KubeObject[]> {
  const listed = await transport.send('GET', pathOf(kind, namespace))
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  return listAt(listed, 'items')
    .map(item => (isRecord(item) ? { apiVersion, kind: kind.kind, ...item } : item))
    .filter(isKubeObject)
    .filter(isOnesOwn)
    .map(asWritten)
}

const isOnesOwn = ({ kind, metadata }: KubeObject): boolean =>
  listAt(metadata, 'ownerReferences').length === 0 &&
  metadata.deletionTimestamp === undefined &&
  !(['ConfigMap', 'ServiceAccount'].includes(kind) && MADE_IN_EVERY_NAMESPACE.has(metadata.name)) &&
  !Object.entries(MANAGED_BY).every(([name, value]) => metadata.labels?.[name] === value)

/** Set by the server or a controller, and different after the same object was made again. */
const REVISION = 'deployment.kubernetes.io/revision'

function asWritten({ status: _status, ...object }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations = {} } = object.metadata
  const { [REVISION]: _revision, ...kept } = annotations
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels ? { labels } : {}),
    ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
  }
  const written: KubeObject = { ...object, metadata }
  return object.kind === 'Service' && isRecord(object.spec)
    ? { ...written, spec: withoutAddresses(object.spec) }
    : written
}

/** A service that is made again gets addresses and node ports of its own; a headless one has none. */
function withoutAddresses(spec: Record<string, unknown>): Record<string, unknown> {
  const { clusterIP, clusterIPs, healthCheckNodePort: _port, ...kept } = spec
  const ports = listAt(spec, 'ports').map(port => {
    if (!isRecord(port)) return port
    const { nodePort: _nodePort, ...rest } = port
    return rest
  })
  return {
    ...kept,
    ...(ports.length > 0 ? { ports } : {}),
    ...(clusterIP === 'None' ? { clusterIP, clusterIPs } : {}),
  }
}
