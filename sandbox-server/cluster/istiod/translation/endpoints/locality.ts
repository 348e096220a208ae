/** Locality load balancing: weights by distribution, priorities by nearness or by labels. */
import type { Locality, MeshProxy } from '../model/proxy.ts'
import type { Endpoint } from '../model/service.ts'
import type { LocalityLbSetting } from '../model/specs/destination-rule.ts'

/** An endpoint beside the form Envoy reads. */
export interface LocatedEndpoint {
  endpoint: Endpoint
  lbEndpoint: Record<string, unknown>
}

/** The endpoints of one locality at one priority. */
export interface LocalityGroup {
  locality: Locality
  members: LocatedEndpoint[]
  weight: number
  priority: number
}

/** Applies the setting; without outlier detection only a distribution matters. */
export function balanceLocalities(
  groups: LocalityGroup[],
  setting: LocalityLbSetting,
  proxy: MeshProxy,
  failsOver: boolean,
): LocalityGroup[] {
  if (setting.distribute) return distribute(groups, setting.distribute, proxy.locality)
  if (!failsOver) return groups
  if (!setting.failoverPriority?.length) return failOver(groups, setting.failover ?? [], proxy.locality)
  const byLabels = prioritiseByLabels(groups, setting.failoverPriority, proxy.labels)
  return setting.failover?.length ? failOver(byLabels, setting.failover, proxy.locality) : byLabels
}

const part = (wanted: string | undefined, actual: string | undefined, mayBeMissing: boolean): boolean =>
  wanted === '*' || (mayBeMissing && !wanted) || (actual ?? '') === (wanted ?? '')

function localityMatches(locality: Locality, rule: string): boolean {
  const [region, zone, subZone] = rule.split('/')
  return (
    part(region, locality.region, false) &&
    part(zone, locality.zone, true) &&
    part(subZone, locality.subZone, true)
  )
}

type Distribution = NonNullable<LocalityLbSetting['distribute']>

/** Localities that the distribution does not name get no traffic. */
function distribute(groups: LocalityGroup[], distribution: Distribution, from: Locality): LocalityGroup[] {
  const chosen = distribution.find(d => localityMatches(from, d.from ?? ''))
  if (!chosen) return groups
  const unmatched = new Set(groups)
  const weights = new Map<LocalityGroup, number>()
  for (const [to, share] of Object.entries(chosen.to ?? {})) {
    const matching = [...unmatched].filter(g => localityMatches(g.locality, to))
    const total = matching.reduce((sum, g) => sum + g.weight, 0)
    for (const group of matching) {
      unmatched.delete(group)
      const weight = Math.ceil((group.weight * share) / total)
      weights.set(group, weight > 0 ? weight : group.weight)
    }
  }
  return groups.map(g =>
    unmatched.has(g) ? { ...g, members: [] } : { ...g, weight: weights.get(g) ?? g.weight },
  )
}

/** 0 same subzone, 1 same zone, 2 same region, 3 elsewhere. */
function distance(from: Locality, to: Locality): number {
  if ((from.region ?? '') !== (to.region ?? '')) return 3
  if ((from.zone ?? '') !== (to.zone ?? '')) return 2
  return (from.subZone ?? '') === (to.subZone ?? '') ? 0 : 1
}

const FARTHEST = 4

function failOver(
  groups: LocalityGroup[],
  failover: NonNullable<LocalityLbSetting['failover']>,
  from: Locality,
): LocalityGroup[] {
  const target = failover.find(f => (f.from ?? '') === (from.region ?? ''))
  const ranked = groups.map(group => {
    const near = distance(from, group.locality)
    const isPassedOver = near === 3 && target !== undefined && group.locality.region !== target.to
    return { ...group, priority: group.priority * 5 + (isPassedOver ? FARTHEST : near) }
  })
  return withoutGaps(ranked)
}

/** Envoy wants priorities 0, 1, 2, … */
function withoutGaps(groups: LocalityGroup[]): LocalityGroup[] {
  const ranks = [...new Set(groups.map(g => g.priority))].sort((a, b) => a - b)
  return groups.map(g => ({ ...g, priority: ranks.indexOf(g.priority) }))
}

const NETWORK_LABEL = 'topology.istio.io/network'

/** The fewer of the first labels agree, the lower the priority. A label may name the wanted value: `label=value`. */
function prioritiseByLabels(
  groups: LocalityGroup[],
  priorities: readonly string[],
  proxyLabels: Readonly<Record<string, string>>,
): LocalityGroup[] {
  if (Object.keys(proxyLabels).length === 0) return groups
  const wanted = priorities.map(text => {
    const [label = '', value, ...rest] = text.split('=')
    return { label, value: value !== undefined && rest.length === 0 ? value : proxyLabels[label] }
  })
  const rankOf = (labels: Readonly<Record<string, string>>): number => {
    let adjust = 0
    for (const [i, { label, value }] of wanted.entries()) {
      if ((labels[label] ?? '') === (value ?? '')) continue
      if (i === 0 && label === NETWORK_LABEL) adjust = wanted.length
      else return wanted.length - i + adjust
    }
    return adjust
  }
  const split = groups.flatMap(group => {
    const byRank = new Map<number, LocalityGroup>()
    for (const member of group.members) {
      const priority = rankOf(member.endpoint.labels)
      const own = byRank.get(priority) ?? { locality: group.locality, members: [], weight: 0, priority }
      byRank.set(priority, own)
      own.members.push(member)
      own.weight += member.endpoint.weight
    }
    return [...byRank.values()].sort((a, b) => a.priority - b.priority)
  })
  return withoutGaps(split)
}
