/** How Istio names things in Envoy's configuration and logs, and what it calls a workload. Pure. */
import type { KubeObject } from '../kube-client/objects.ts'

export interface ClusterName {
  direction: 'inbound' | 'outbound'
  port: number
  /** `` when none. */
  subset: string
  host: string
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local`; undefined for PassthroughCluster and the like. */
export function parseClusterName(name: string): ClusterName | undefined {
  const [direction, port = '', subset = '', host = ''] = name.split('|')
  if ((direction !== 'inbound' && direction !== 'outbound') || host + port === '') return undefined
  return { direction, port: Number(port), subset, host }
}

const SERVICE_HOST = /^([^.]+)\.([^.]+)\.svc(\.|$)/

/** `reviews` in its own namespace, `reviews.other` elsewhere, and any other host as it is. */
export function shortHost(host: string, namespace: string): string {
  const [, service, itsNamespace] = SERVICE_HOST.exec(host) ?? []
  if (service === undefined || itsNamespace === undefined) return host
  return itsNamespace === namespace ? service : `${service}.${itsNamespace}`
}

/** The workload without its version, and its version (`` when it has none), as Istio's canonical service labels do. */
export function identityOf(pod: KubeObject): { workload: string; version: string } {
  const labels = pod.metadata.labels ?? {}
  return {
    workload:
      labels['service.istio.io/canonical-name'] ??
      labels['app.kubernetes.io/name'] ??
      labels.app ??
      pod.metadata.name,
    version:
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels.version ??
      '',
  }
}

/** The address of `10.1.2.3:80` or `[::1]:80`. */
export function hostOfAddress(address: string): string {
  const end = address.lastIndexOf(':')
  return (end < 0 ? address : address.slice(0, end)).replace(/^\[|\]$/g, '')
}
