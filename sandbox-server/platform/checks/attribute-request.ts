/**
 * Whose request an access log line tells of. A request between two sidecars is logged by both: the caller's record
 * counts. The callee's counts only when the caller has no sidecar here (the toolbox, a gateway, the outside), and for
 * copies that a mirror made: callers do not log those. Pure.
 */
import type { RequestRow } from '../../protocol/steps.ts'
import type { AccessLogEntry } from './access-log.ts'
import { hostOfAddress, parseClusterName, shortHost } from './istio-names.ts'

export interface Peer {
  workload: string
  version: string
  hasSidecar: boolean
}

export interface AttributionContext {
  namespace: string
  /** The pod whose sidecar wrote the line. */
  self: Peer & { ip: string }
  peerByIp(ip: string): Peer | undefined
}

/** The source of what came from no pod of this namespace. */
export const OUTSIDE = 'outside'

/** Undefined when the line is the other half of a request that is counted elsewhere. */
export function attributeRequest(entry: AccessLogEntry, context: AttributionContext): RequestRow | undefined {
  return isInbound(entry, context) ? received(entry, context) : sent(entry, context)
}

function isInbound(entry: AccessLogEntry, { self }: AttributionContext): boolean {
  const cluster = parseClusterName(entry.upstreamCluster)
  if (cluster) return cluster.direction === 'inbound'
  if (entry.upstreamCluster === 'InboundPassthroughCluster') return true
  // No cluster was chosen (no route, denied): what was addressed to the pod itself came in.
  return entry.upstreamCluster === '-' && hostOfAddress(entry.downstreamLocalAddress) === self.ip
}

function received(entry: AccessLogEntry, context: AttributionContext): RequestRow | undefined {
  const peer = context.peerByIp(hostOfAddress(entry.downstreamRemoteAddress))
  const mirrored = isCopy(entry)
  if (peer?.hasSidecar && !mirrored) return undefined
  const { workload, version } = context.self
  const received = row(entry, peer?.workload ?? OUTSIDE, workload, version)
  return mirrored ? { ...received, mirrored } : received
}

/** Envoy appends `-shadow` to the host of what it mirrors. */
const isCopy = ({ authority }: AccessLogEntry): boolean => /-shadow(:\d+)?$/.test(authority)

function sent(entry: AccessLogEntry, context: AttributionContext): RequestRow {
  const peer = context.peerByIp(hostOfAddress(entry.upstreamHost))
  const host = parseClusterName(entry.upstreamCluster)?.host ?? entry.authority.replace(/:\d+$/, '')
  const destination =
    peer?.workload ?? (host === '-' ? hostOfAddress(entry.upstreamHost) : shortHost(host, context.namespace))
  return row(entry, context.self.workload, destination, peer?.version ?? '')
}

const row = (entry: AccessLogEntry, source: string, destination: string, version: string): RequestRow => ({
  time: new Date(entry.startedAt).toISOString(),
  source,
  destination,
  version,
  method: entry.method,
  path: entry.path,
  status: entry.status,
  flags: entry.flags,
  durationMs: entry.durationMs,
})
