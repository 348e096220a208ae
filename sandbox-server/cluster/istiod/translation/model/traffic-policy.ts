/** Which traffic policy holds for a port and a subset. */
import type { DestinationRuleSpec, TrafficPolicy } from './specs/destination-rule.ts'

interface PortPolicy {
  policy: TrafficPolicy | undefined
  /** Whether the port has settings of its own, which replace the general ones as a whole. */
  isPortLevel: boolean
}

/** The settings of the port, else the general ones. */
export function policyForPort(policy: TrafficPolicy | undefined, port: number): PortPolicy {
  const own = policy?.portLevelSettings?.find(p => p.port?.number === port)
  if (!own) return { policy, isPortLevel: false }
  const { loadBalancer, connectionPool, outlierDetection, tls } = own
  return { policy: { loadBalancer, connectionPool, outlierDetection, tls }, isPortLevel: true }
}

/** A rule's policy with a subset's own laid over it, block by block. */
export function policyForSubset(
  general: TrafficPolicy | undefined,
  subset: TrafficPolicy | undefined,
  port: number,
): TrafficPolicy | undefined {
  const base = policyForPort(general, port).policy
  if (!subset) return base
  const { policy: own = {}, isPortLevel } = policyForPort(subset, port)
  if (!base) return own
  const pick = <K extends keyof TrafficPolicy>(key: K): TrafficPolicy[K] =>
    isPortLevel ? own[key] : (own[key] ?? base[key])
  return {
    connectionPool: pick('connectionPool'),
    outlierDetection: pick('outlierDetection'),
    loadBalancer: pick('loadBalancer'),
    tls: pick('tls'),
    tunnel: own.tunnel ?? base.tunnel,
    proxyProtocol: own.proxyProtocol ?? base.proxyProtocol,
    retryBudget: own.retryBudget ?? base.retryBudget,
  }
}

/** The policy of a rule's subset (`''` for the service itself) on a port. */
export function effectivePolicy(
  rule: DestinationRuleSpec | undefined,
  subset: string,
  port: number,
): TrafficPolicy | undefined {
  if (!rule) return undefined
  const own = rule.subsets?.find(s => s.name === subset)?.trafficPolicy
  return policyForSubset(rule.trafficPolicy, own, port)
}
