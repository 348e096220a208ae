/**
 * One line of a sidecar's access log, in Istio's default text format or as JSON. Pure.
 * https://istio.io/latest/docs/tasks/observability/logs/access-log/
 */
import { isRecord } from '../kube-client/objects.ts'

export interface AccessLogEntry {
  /** Milliseconds since the epoch. */
  startedAt: number
  /** `-` for a TCP connection. */
  method: string
  path: string
  status: number
  flags: string
  durationMs: number
  authority: string
  requestId: string
  /** `address:port`, or `-` when no host was chosen. */
  upstreamHost: string
  /** As Istio names clusters, e.g. `outbound|9080|v1|reviews.default.svc.cluster.local`. */
  upstreamCluster: string
  downstreamLocalAddress: string
  downstreamRemoteAddress: string
  /** `HTTP/1.1`; `-` for a TCP connection. */
  protocol: string
  /** Why the answer is what it is, e.g. `via_upstream` or `route_not_found`. */
  details: string
  bytesReceived: number
  bytesSent: number
  userAgent: string
  /** Server name of the TLS handshake, `-` without TLS. Sidecars say `outbound_.9080_._.reviews…`. */
  requestedServerName: string
  /** Name of the route that matched, `-` when it has none. */
  routeName: string
}

/** Undefined for any other line. */
export function parseAccessLog(line: string): AccessLogEntry | undefined {
  return line.startsWith('{') ? parseJson(line) : parseText(line)
}

const word = '(\\S+)'
const quoted = '"(.*?)"'
const DEFAULT_FORMAT = new RegExp(
  [
    `^\\[([^\\]]+)\\]`, // START_TIME
    `"(\\S+) (.*) (\\S+)"`, // method path protocol
    word, // RESPONSE_CODE
    word, // RESPONSE_FLAGS
    word, // RESPONSE_CODE_DETAILS
    word, // CONNECTION_TERMINATION_DETAILS
    quoted, // UPSTREAM_TRANSPORT_FAILURE_REASON
    word, // BYTES_RECEIVED
    word, // BYTES_SENT
    word, // DURATION
    word, // X-ENVOY-UPSTREAM-SERVICE-TIME
    quoted, // X-FORWARDED-FOR
    quoted, // USER-AGENT
    quoted, // X-REQUEST-ID
    quoted, // AUTHORITY
    quoted, // UPSTREAM_HOST
    word, // UPSTREAM_CLUSTER
    word, // UPSTREAM_LOCAL_ADDRESS
    word, // DOWNSTREAM_LOCAL_ADDRESS
    word, // DOWNSTREAM_REMOTE_ADDRESS
    word, // REQUESTED_SERVER_NAME
    `(\\S+)\\s*$`, // ROUTE_NAME
  ].join(' '),
)

function parseText(line: string): AccessLogEntry | undefined {
  const found = DEFAULT_FORMAT.exec(line)
  if (!found) return undefined
  const field = (index: number) => found[index] ?? '-'
  const startedAt = Date.parse(field(1))
  if (Number.isNaN(startedAt)) return undefined
  return {
    startedAt,
    method: field(2),
    path: field(3),
    status: number(field(5)),
    flags: field(6),
    durationMs: number(field(12)),
    requestId: field(16),
    authority: field(17),
    upstreamHost: field(18),
    upstreamCluster: clusterName(field(19)),
    downstreamLocalAddress: field(21),
    downstreamRemoteAddress: field(22),
    protocol: field(4),
    details: field(7),
    bytesReceived: number(field(10)),
    bytesSent: number(field(11)),
    userAgent: field(15),
    requestedServerName: field(23),
    routeName: field(24),
  }
}

function parseJson(line: string): AccessLogEntry | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined // Applications may log braces too.
  }
  if (!isRecord(entry)) return undefined
  const fields = entry
  const text = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : '-'
  }
  const startedAt = Date.parse(text('start_time'))
  if (Number.isNaN(startedAt) || !('response_flags' in fields)) return undefined
  return {
    startedAt,
    method: text('method'),
    path: text('path'),
    status: number(text('response_code')),
    flags: text('response_flags'),
    durationMs: number(text('duration')),
    requestId: text('request_id'),
    authority: text('authority'),
    upstreamHost: text('upstream_host'),
    upstreamCluster: clusterName(text('upstream_cluster')),
    downstreamLocalAddress: text('downstream_local_address'),
    downstreamRemoteAddress: text('downstream_remote_address'),
    protocol: text('protocol'),
    details: text('response_code_details'),
    bytesReceived: number(text('bytes_received')),
    bytesSent: number(text('bytes_sent')),
    userAgent: text('user_agent'),
    requestedServerName: text('requested_server_name'),
    routeName: text('route_name'),
  }
}

/** `-` is 0. */
const number = (text: string): number => {
  const value = Number(text)
  return Number.isFinite(value) ? value : 0
}

/** Istio's alternative statistics names end in `;`. */
const clusterName = (text: string): string => text.replace(/;$/, '')
