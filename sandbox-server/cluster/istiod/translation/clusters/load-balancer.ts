/** Load balancing policies. */
import { localitySetting } from '../endpoints/locality-setting.ts'
import { protoDuration } from '../model/duration.ts'
import type { MeshSettings } from '../model/mesh-config.ts'
import type { Service } from '../model/service.ts'
import type { ConsistentHash, LoadBalancer } from '../model/specs/destination-rule.ts'
import type { ClusterDraft } from './draft.ts'

const DEFAULT_RING_SIZE = 1024
const DEFAULT_AGGRESSION = 1
const DEFAULT_MINIMUM_PERCENT = 10

/** proto3 JSON writes 64-bit integers as strings. */
const int64 = (value: number): string => String(value)

function slowStart(lb: LoadBalancer | undefined): Record<string, unknown> | undefined {
  if (lb?.warmup) {
    const slowStartWindow = protoDuration(lb.warmup.duration)
    return {
      ...(slowStartWindow ? { slowStartWindow } : {}),
      aggression: { defaultValue: lb.warmup.aggression ?? DEFAULT_AGGRESSION, runtimeKey: '(' },
      minWeightPercent: { value: lb.warmup.minimumPercent ?? DEFAULT_MINIMUM_PERCENT },
    }
  }
  const slowStartWindow = protoDuration(lb?.warmupDurationSecs)
  return slowStartWindow ? { slowStartWindow } : undefined
}

function applySimple(draft: ClusterDraft, lb: LoadBalancer | undefined): void {
  const slowStartConfig = slowStart(lb)
  switch (lb?.simple) {
    case 'RANDOM':
      draft.lbPolicy = 'RANDOM'
      return
    case 'PASSTHROUGH':
      draft.lbPolicy = 'CLUSTER_PROVIDED'
      draft.type = 'ORIGINAL_DST'
      delete draft.fields.loadAssignment
      return
    case 'ROUND_ROBIN':
      draft.lbPolicy = 'ROUND_ROBIN'
      if (slowStartConfig) draft.fields.roundRobinLbConfig = { slowStartConfig }
      return
    default:
      draft.lbPolicy = 'LEAST_REQUEST'
      if (slowStartConfig) draft.fields.leastRequestLbConfig = { slowStartConfig }
  }
}

function applyConsistentHash(draft: ClusterDraft, hash: ConsistentHash): void {
  if (hash.maglev) {
    draft.lbPolicy = 'MAGLEV'
    if (hash.maglev.tableSize) draft.fields.maglevLbConfig = { tableSize: int64(hash.maglev.tableSize) }
    return
  }
  draft.lbPolicy = 'RING_HASH'
  const size = hash.ringHash ? hash.ringHash.minimumRingSize : hash.minimumRingSize || DEFAULT_RING_SIZE
  if (size) draft.fields.ringHashLbConfig = { minimumRingSize: int64(size) }
}

/** Writes the policy into the cluster, and whether localities have weights. */
export function applyLoadBalancer(
  draft: ClusterDraft,
  mesh: MeshSettings,
  service: Service,
  lb: LoadBalancer | undefined,
): void {
  // Since 1.31 endpoints that are not ready are known too, and must not be used in a panic.
  draft.commonLbConfig ??= {}
  draft.commonLbConfig.healthyPanicThreshold ??= {}
  const locality = localitySetting(mesh, lb, service)
  const { distribute, failover, failoverPriority } = locality?.setting ?? {}
  const failsOver = locality?.isForced || draft.fields.outlierDetection !== undefined
  if (distribute || (failsOver && (failover || failoverPriority))) {
    draft.commonLbConfig.localityWeightedLbConfig = {}
  }
  if (draft.type === 'ORIGINAL_DST') {
    draft.lbPolicy = 'CLUSTER_PROVIDED'
    return
  }
  applySimple(draft, lb)
  if (lb?.consistentHash) applyConsistentHash(draft, lb.consistentHash)
}
