/** Pods as the mesh sees them: address, readiness, identity, and the proxy inside. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { podSpec, podStatus } from './specs/kubernetes.ts'

export interface Pod {
  name: string
  namespace: string
  ip: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  ready: boolean
  /** region/zone/subzone of the label istio-locality, empty without. */
  locality: string
  tlsMode: 'istio' | 'disabled'
  serviceAccount: string
  /** SPIFFE identity. */
  identity: string
  workloadName: string
  /** Named container ports. */
  containerPorts: ReadonlyMap<string, number>
  /** Whether its istio-proxy runs as a gateway (`proxy router`). */
  isRouter: boolean
}

/** `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT` */
export const spiffeIdentity = (trustDomain: string, namespace: string, serviceAccount: string): string =>
  `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`

/** Labels may not hold slashes, so a locality in a label is written with dots. */
const localityFromLabel = (label: string): string =>
  label.includes('/') ? label : label.split('.').join('/')

/** The workload's name: the controller's without the hash of its ReplicaSet, else the pod's own. */
function workloadNameOf(pod: ApiObject): string {
  const owner = pod.metadata.ownerReferences?.find(o => o.controller)
  if (!owner) return pod.metadata.name
  const hash = pod.metadata.labels?.['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)) {
    return owner.name.slice(0, -hash.length - 1)
  }
  return owner.name
}

/** Reads one pod; undefined when it has no address yet or is over. */
export function readPod(object: ApiObject, trustDomain: string): Pod | undefined {
  const status = podStatus(object.status) ?? {}
  const ip = status.podIPs?.[0]?.ip ?? status.podIP
  if (!ip || status.phase === 'Succeeded' || status.phase === 'Failed') return undefined
  const spec = podSpec(object.spec) ?? {}
  const { name, namespace = '', labels = {}, annotations = {} } = object.metadata
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const serviceAccount = spec.serviceAccountName || 'default'
  const containerPorts = new Map<string, number>()
  for (const container of spec.containers ?? []) {
    for (const port of container.ports ?? []) {
      if (port.name && port.containerPort !== undefined) containerPorts.set(port.name, port.containerPort)
    }
  }
  return {
    name,
    namespace,
    ip,
    labels,
    annotations,
    ready:
      !object.metadata.deletionTimestamp &&
      (status.conditions ?? []).some(c => c.type === 'Ready' && c.status === 'True'),
    locality: localityFromLabel(labels['istio-locality'] ?? ''),
    tlsMode: labels['security.istio.io/tlsMode'] === 'istio' ? 'istio' : 'disabled',
    serviceAccount,
    identity: spiffeIdentity(trustDomain, namespace, serviceAccount),
    workloadName: workloadNameOf(object),
    containerPorts,
    isRouter: containers.some(c => c.name === 'istio-proxy' && (c.args ?? []).includes('router')),
  }
}
