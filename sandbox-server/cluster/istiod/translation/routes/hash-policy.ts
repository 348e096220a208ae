/** Consistent hashing: what a request's destination is chosen by. */
import type { Config } from '../model/config.ts'
import { protoDuration } from '../model/duration.ts'
import type { ConsistentHash, DestinationRuleSpec, TrafficPolicy } from '../model/specs/destination-rule.ts'
import type { Destination } from '../model/specs/virtual-service.ts'

/** The hash policy; undefined when the rule names nothing to hash. */
export function hashPolicy(hash: ConsistentHash | undefined): Record<string, unknown> | undefined {
  if (!hash) return undefined
  if (hash.httpHeaderName !== undefined) return { header: { headerName: hash.httpHeaderName } }
  if (hash.httpCookie) {
    const { name, path, attributes, ttl } = hash.httpCookie
    const duration = protoDuration(ttl)
    return {
      cookie: {
        name: name ?? '',
        ...(duration !== undefined ? { ttl: duration } : {}),
        ...(path ? { path } : {}),
        ...(attributes?.length ? { attributes } : {}),
      },
    }
  }
  if (hash.useSourceIp !== undefined)
    return { connectionProperties: hash.useSourceIp ? { sourceIp: true } : {} }
  if (hash.httpQueryParameterName !== undefined)
    return { queryParameter: { name: hash.httpQueryParameterName } }
  return undefined
}

const ofPort = (policy: TrafficPolicy | undefined, port: number | undefined): ConsistentHash | undefined =>
  policy?.portLevelSettings?.find(p => p.port?.number === port)?.loadBalancer?.consistentHash

/** For a service without VirtualService. */
export function serviceHash(
  rule: Config<DestinationRuleSpec> | undefined,
  port: number,
): ConsistentHash | undefined {
  const policy = rule?.spec.trafficPolicy
  return ofPort(policy, port) ?? policy?.loadBalancer?.consistentHash
}

/** For a destination of a VirtualService: a subset's port, the subset, the port, the rule. */
export function destinationHash(
  rule: Config<DestinationRuleSpec> | undefined,
  destination: Destination | undefined,
): ConsistentHash | undefined {
  const policy = rule?.spec.trafficPolicy
  const subset = rule?.spec.subsets?.find(s => s.name === (destination?.subset ?? ''))?.trafficPolicy
  const port = destination?.port?.number
  const atPort = (p: TrafficPolicy | undefined) => (port === undefined ? undefined : ofPort(p, port))
  return (
    atPort(subset) ??
    subset?.loadBalancer?.consistentHash ??
    atPort(policy) ??
    policy?.loadBalancer?.consistentHash
  )
}
