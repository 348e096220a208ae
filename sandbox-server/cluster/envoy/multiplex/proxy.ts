/** What the multiplexer is told of one proxy, and the names it gives to that proxy's share of the one Envoy. */
import type { EnvoyResource, ProxyResources } from '../../istiod/translation/contract.ts'

/** One access log, already decided from mesh configuration and Telemetry. */
export interface AccessLog {
  /** A format string ending with a newline, or a JSON object of them. */
  format: string | Record<string, unknown>
  /** CEL: only requests for which it is true. */
  filterExpression?: string
}

/** Access logs of a proxy's two directions; a gateway's listeners count as outbound. */
export interface AccessLogs {
  inbound: readonly AccessLog[]
  outbound: readonly AccessLog[]
}

export interface ProxyShare {
  /** Short, unique while the proxy lives, e.g. `p7`. */
  id: string
  kind: 'sidecar' | 'router'
  podIp: string
  /** The ports of the shared Envoy; not used for a router, which listens on its pod's address. */
  ports: { outbound: number; inbound: number }
  /** e.g. `spiffe://cluster.local/ns/default/sa/bookinfo-reviews`. */
  identity: string
  /** Where gateways' credentials are looked up. */
  namespace: string
  /** Used where the translation names no access log. */
  accessLogs: AccessLogs
  resources: ProxyResources
  /** `POST /drain_listeners` was asked of it: which of its listeners are closed until it starts anew. */
  draining?: 'inbound' | 'all'
}

/** Everything the shared Envoy is sent, under names that are unique in it. */
export interface SharedResources {
  listeners: EnvoyResource[]
  clusters: EnvoyResource[]
  routes: EnvoyResource[]
  endpoints: EnvoyResource[]
  /** Names that transport sockets refer to; `secrets.ts` tells what they stand for. */
  secretNames: Set<string>
}

/** Not used by Istio, Kubernetes or in a host name, so that it can be taken off again without doubt. */
const SEPARATOR = '~'

/** A resource's name in the shared Envoy. */
export const scoped = (id: string, name: string): string => `${id}${SEPARATOR}${name}`

/** Takes the proxy's prefix off wherever it stands in a line that Envoy printed. */
export const unscopedText = (id: string, text: string): string => text.replaceAll(`${id}${SEPARATOR}`, '')

/** The proxy's id and the name a real sidecar would have; undefined for names that belong to no proxy. */
export function parseScoped(name: string): { id: string; name: string } | undefined {
  const at = name.indexOf(SEPARATOR)
  return at > 0 ? { id: name.slice(0, at), name: name.slice(at + 1) } : undefined
}
