/**
 * What one line of an access log says about the graph. Both ends of a request may log it: the caller's record counts, the
 * called one's counts where the caller's log is not read; it always says whether the request came over mTLS. Pure.
 */
import type { AccessLogEntry } from '../checks/access-log.ts'
import { hostOfAddress, parseClusterName } from '../checks/istio-names.ts'
import { type Directory, hostNodeId, nodeId, OUTSIDE_NODE } from './directory.ts'

export interface EdgeKey {
  source: string
  target: string
  protocol: 'http' | 'tcp'
  mirror: boolean
}

export interface Observation {
  side: 'client' | 'server'
  /** Whose proxy. */
  node: string
  /** The edge the record is about. */
  edge: EdgeKey
  /** Whether the record counts as a request of that edge; else it only says how it came. */
  counts: boolean
  failed: boolean
  /** Said by the called side alone. */
  secure: boolean | undefined
  /** Subset that was chosen, `` when none. */
  subset: string
}

/** Flags of connections that came to nothing. */
const BROKEN_CONNECTION = /\b(UF|UH|UO|NR|NC|URX|UAEX|RLSE|DPE)\b/
/** Envoy's mark on copies of requests. */
const SHADOW = /-shadow(:\d+)?$/

/** `self` is the node whose proxy wrote the line, `selfIp` its pod's address. */
export function observe(
  entry: AccessLogEntry,
  self: string,
  selfIp: string,
  directory: Directory,
): Observation[] {
  const cluster = parseClusterName(entry.upstreamCluster)
  const protocol = isTcp(entry) ? 'tcp' : 'http'
  const failed =
    protocol === 'tcp' ? BROKEN_CONNECTION.test(entry.flags) : entry.status >= 400 || entry.status === 0
  const base = { node: self, failed, subset: cluster?.subset ?? '' }
  const caller = hostOfAddress(entry.downstreamRemoteAddress)
  const from = directory.idOfIp(caller) ?? OUTSIDE_NODE
  const callerLogs = directory.nodes.get(from)?.hasSidecar ?? false

  if (isInbound(entry, selfIp)) {
    const mirror = SHADOW.test(entry.authority)
    const edge: EdgeKey = { source: from, target: self, protocol, mirror }
    // Nobody logs a copy on its way out.
    return [{ ...base, side: 'server', edge, counts: mirror || !callerLogs, secure: isSecure(entry) }]
  }
  const target = targetOf(entry, self, directory)
  const sent: Observation = {
    ...base,
    side: 'client',
    edge: { source: self, target, protocol, mirror: false },
    counts: true,
    secure: undefined,
  }
  // What came to a gateway from elsewhere goes on in the same line.
  if (caller === selfIp || caller === '-' || isLoopback(caller)) return [sent]
  const edge: EdgeKey = { source: from, target: self, protocol, mirror: false }
  return [{ ...base, side: 'server', edge, counts: !callerLogs, secure: isSecure(entry) }, sent]
}

/** TCP proxies log `- - -` where a request would stand. */
export const isTcp = (entry: AccessLogEntry): boolean => entry.method === '-' && entry.protocol === '-'

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

/** Sidecars name themselves in the handshake, `outbound_.9080_._.reviews…`; others' TLS names a host. */
const isSecure = (entry: AccessLogEntry): boolean => entry.requestedServerName.startsWith('outbound_')

function isInbound(entry: AccessLogEntry, selfIp: string): boolean {
  const cluster = parseClusterName(entry.upstreamCluster)
  if (cluster) return cluster.direction === 'inbound'
  if (entry.upstreamCluster === 'InboundPassthroughCluster') return true
  // No cluster was chosen (no route, denied): what was addressed to the pod itself came in.
  return entry.upstreamCluster === '-' && hostOfAddress(entry.downstreamLocalAddress) === selfIp
}

function targetOf(entry: AccessLogEntry, self: string, directory: Directory): string {
  const ip = hostOfAddress(entry.upstreamHost)
  const byIp = directory.idOfIp(ip)
  if (byIp !== undefined) return byIp
  const namespace = self.split('/')[0] ?? ''
  const cluster = parseClusterName(entry.upstreamCluster)
  const host = cluster?.host ?? withoutPort(entry.authority)
  if (host === '-' || host === '')
    return hostNodeId(ip === '-' ? withoutPort(entry.downstreamLocalAddress) : ip)
  const nodes = directory.nodesOf(host, cluster?.subset ?? '', namespace)
  if (nodes.length === 1 && nodes[0] !== undefined) return nodes[0]
  return serviceNode(host, namespace, directory)
}

/** No endpoint was chosen among several: the service as a whole. */
function serviceNode(host: string, namespace: string, directory: Directory): string {
  const key = directory.serviceKey(host, namespace)
  if (key === undefined) return hostNodeId(host)
  const [first = ''] = directory.nodesOf(host, '', namespace)
  const [its = '', workload = ''] = first.split('/')
  return nodeId(its, workload, '')
}

const withoutPort = (address: string): string => address.replace(/:\d+$/, '')
