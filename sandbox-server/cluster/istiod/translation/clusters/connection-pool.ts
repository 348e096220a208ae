/** Connection pools: circuit-breaker thresholds, time-outs, keep-alive. */
import { protoDuration, wholeSeconds } from '../model/duration.ts'
import type { MeshSettings } from '../model/mesh-config.ts'
import { isHttp, type Protocol } from '../model/protocol.ts'
import type { ConnectionPool, TcpKeepalive, TrafficPolicy } from '../model/specs/destination-rule.ts'
import { type ClusterDraft, useDownstreamProtocol, useHttp2 } from './draft.ts'

const UNLIMITED = 4294967295
const DEFAULT_RETRY_BUDGET_PERCENT = 20
const DEFAULT_RETRY_CONCURRENCY = 3

type RetryBudget = NonNullable<TrafficPolicy['retryBudget']>

function retryBudgetOf(budget: RetryBudget | undefined): Record<string, unknown> {
  if (!budget) return {}
  const budgetInterval = protoDuration(budget.budgetInterval)
  return {
    retryBudget: {
      budgetPercent: { value: budget.percent ?? DEFAULT_RETRY_BUDGET_PERCENT },
      ...(budgetInterval ? { budgetInterval } : {}),
      minRetryConcurrency: budget.minRetryConcurrency || DEFAULT_RETRY_CONCURRENCY,
    },
  }
}

/** Unlimited where nothing is set. Istio 1.27 has Envoy report what is left (`remaining_…`). */
function thresholds(pool: ConnectionPool, budget: RetryBudget | undefined): Record<string, unknown> {
  const { tcp, http } = pool
  return {
    maxConnections: tcp?.maxConnections || UNLIMITED,
    maxPendingRequests: http?.http1MaxPendingRequests || UNLIMITED,
    maxRequests: http?.http2MaxRequests || UNLIMITED,
    maxRetries: http?.maxRetries || UNLIMITED,
    trackRemaining: true,
    ...retryBudgetOf(budget),
  }
}

function keepaliveOf(settings: readonly (TcpKeepalive | undefined)[]): Record<string, unknown> | undefined {
  if (settings.every(s => s === undefined)) return undefined
  const out: Record<string, unknown> = {}
  for (const keepalive of settings) {
    if (keepalive?.probes) out.keepaliveProbes = keepalive.probes
    const time = wholeSeconds(keepalive?.time)
    const interval = wholeSeconds(keepalive?.interval)
    if (time !== undefined) out.keepaliveTime = time
    if (interval !== undefined) out.keepaliveInterval = interval
  }
  return out
}

/** Whether a port's cluster is to speak HTTP/2 although the port says HTTP. */
export function shouldUpgrade(
  pool: ConnectionPool | undefined,
  protocol: Protocol,
  mesh: MeshSettings,
): boolean {
  const { useClientProtocol, h2UpgradePolicy } = pool?.http ?? {}
  if (useClientProtocol) return false
  if (h2UpgradePolicy === 'UPGRADE') return true
  if (h2UpgradePolicy === 'DO_NOT_UPGRADE') return false
  return isHttp(protocol) && mesh.config.h2UpgradePolicy === 'UPGRADE'
}

/** Writes a pool's settings into the cluster. */
export function applyConnectionPool(
  draft: ClusterDraft,
  mesh: MeshSettings,
  pool: ConnectionPool = {},
  budget?: RetryBudget,
): void {
  const { tcp, http } = pool
  draft.fields.connectTimeout = protoDuration(tcp?.connectTimeout) ?? mesh.connectTimeout
  draft.fields.circuitBreakers = { thresholds: [thresholds(pool, budget)] }
  const tcpKeepalive = keepaliveOf([mesh.config.tcpKeepalive, tcp?.tcpKeepalive])
  if (tcpKeepalive) draft.fields.upstreamConnectionOptions = { tcpKeepalive }
  applyHttpLimits(draft, pool)
  if (http?.useClientProtocol) useDownstreamProtocol(draft)
}

function applyHttpLimits(draft: ClusterDraft, { tcp, http }: ConnectionPool): void {
  const idleTimeout = protoDuration(http?.idleTimeout ?? tcp?.idleTimeout)
  const maxConnectionDuration = protoDuration(tcp?.maxConnectionDuration)
  const { maxRequestsPerConnection, maxConcurrentStreams, http2KeepAlive } = http ?? {}
  const set =
    idleTimeout || maxConnectionDuration || maxRequestsPerConnection || maxConcurrentStreams || http2KeepAlive
  if (!set) return
  draft.httpOptions ??= {}
  draft.httpOptions.commonHttpProtocolOptions = {
    ...draft.httpOptions.commonHttpProtocolOptions,
    ...(idleTimeout ? { idleTimeout } : {}),
    ...(maxRequestsPerConnection ? { maxRequestsPerConnection } : {}),
    ...(maxConnectionDuration ? { maxConnectionDuration } : {}),
  }
  const http2 = draft.httpOptions.explicitHttpConfig?.http2ProtocolOptions
  if (!http2) return
  if (maxConcurrentStreams) http2.maxConcurrentStreams = maxConcurrentStreams
  if (http2KeepAlive) {
    const interval = protoDuration(http2KeepAlive.interval)
    const timeout = protoDuration(http2KeepAlive.timeout)
    http2.connectionKeepalive = { ...(interval ? { interval } : {}), ...(timeout ? { timeout } : {}) }
  }
}

/** HTTP/2 by the port's protocol or by an upgrade; what was sniffed goes on as it came. */
export function applyUpstreamProtocol(draft: ClusterDraft, protocol: Protocol, isSidecar: boolean): void {
  if (protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-Web') useHttp2(draft)
  else if (isSidecar && protocol === 'Sniffed') useDownstreamProtocol(draft)
}
