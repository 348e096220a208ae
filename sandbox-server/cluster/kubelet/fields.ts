/** The downward API: what `fieldRef` and `resourceFieldRef` answer for a pod. */
import type { Container, ObjectFieldSelector, ResourceFieldSelector } from 'kubernetes-types/core/v1.js'
import { NODE_IP } from '../network/contract.ts'
import { namespaceOf, type Pod } from './pod.ts'

/** What a selected field is; undefined where the field is not known to the kubelet. */
export function fieldValue(
  pod: Pod,
  podIp: string,
  selector: ObjectFieldSelector | undefined,
): string | undefined {
  const path = selector?.fieldPath ?? ''
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (entry) {
    const map = entry[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations
    return map?.[entry[2] ?? ''] ?? ''
  }
  return fieldValues[path]?.(pod, podIp)
}

const fieldValues: Record<string, (pod: Pod, podIp: string) => string> = {
  'metadata.name': pod => pod.metadata.name,
  'metadata.namespace': pod => namespaceOf(pod),
  'metadata.uid': pod => pod.metadata.uid,
  'metadata.labels': pod => formatMap(pod.metadata.labels),
  'metadata.annotations': pod => formatMap(pod.metadata.annotations),
  'spec.nodeName': pod => pod.spec.nodeName ?? '',
  'spec.serviceAccountName': pod => pod.spec.serviceAccountName ?? 'default',
  'status.podIP': (_, podIp) => podIp,
  'status.podIPs': (_, podIp) => podIp,
  'status.hostIP': () => NODE_IP,
  'status.hostIPs': () => NODE_IP,
}

/** `key="value"` lines, sorted, as downward API volumes show maps. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

/** Limits and requests of a container in units of `divisor`, rounded up; a missing limit is the node's capacity. */
export function resourceValue(
  pod: Pod,
  container: Container,
  selector: ResourceFieldSelector,
  capacity: Readonly<Record<string, string>>,
): string {
  const from = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
    candidate => candidate.name === (selector.containerName ?? container.name),
  )
  const [kind = '', ...rest] = selector.resource.split('.')
  const name = rest.join('.')
  const amounts = kind === 'requests' ? from?.resources?.requests : from?.resources?.limits
  const amount = quantity(String(amounts?.[name] ?? (kind === 'limits' ? (capacity[name] ?? '0') : '0')))
  const divisor = quantity(selector.divisor && selector.divisor !== '0' ? String(selector.divisor) : '1')
  return String(Math.ceil(amount / divisor - 1e-9))
}

const SUFFIXES: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** A resource.Quantity as a number; what does not parse was refused by the API server. */
export function quantity(text: string): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(text)
  return match ? Number(match[1]) * (SUFFIXES[match[2] ?? ''] ?? 1) : 0
}
