/** Load balancer settings, localities among them. */
import { checkDuration, durationNs } from './durations.ts'
import { append, type GoError } from './go-error.ts'
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { child, children, count, has, type Message, text, texts } from './reading.ts'

export const checkLoadBalancer = (settings: Message | undefined, outlier: Message | undefined): Outcome => {
  if (!settings) return fine
  const locality = child(settings, 'localityLbSetting')
  const zoneAware = child(settings, 'zoneAwareLbSetting')
  return all(
    checkConsistentHash(child(settings, 'consistentHash')),
    error(
      locality && zoneAware ? 'only one of localityLbSetting and zoneAwareLbSetting can be set' : undefined,
    ),
    checkLocality(locality, outlier),
    checkZoneAware(zoneAware, outlier),
    error(checkWarmup(child(settings, 'warmup'))),
  )
}

/** A number that JSON may carry as text. */
const wide = (message: Message | undefined, field: string): number => Number(message?.[field] ?? 0)

const MAX_TABLE_SIZE = 5000011

const checkConsistentHash = (hash: Message | undefined): Outcome => {
  if (!hash) return fine
  const cookie = child(hash, 'httpCookie')
  const maglev = child(hash, 'maglev')
  const ring = wide(hash, 'minimumRingSize') !== 0
  const size = wide(maglev, 'tableSize')
  const algorithm = maglev ?? child(hash, 'ringHash')
  return all(
    error(cookie && text(cookie, 'name') === '' ? 'name required for HttpCookie' : undefined),
    error(checkCookieAttributes(cookie)),
    warning(
      ring
        ? "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead"
        : undefined,
    ),
    error(ring && algorithm ? 'only one of MinimumRingSize or Maglev/Ringhash can be specified' : undefined),
    error(maglev && size === 0 ? 'tableSize must be set for maglev' : undefined),
    error(maglev && size >= MAX_TABLE_SIZE ? 'tableSize must be less than 5000011 for maglev' : undefined),
    error(maglev && !isPrime(size) ? 'tableSize must be a prime number for maglev' : undefined),
  )
}

const checkCookieAttributes = (cookie: Message | undefined): GoError => {
  const seen = new Set<string>()
  return append(
    ...children(cookie, 'attributes').map(attribute => {
      const name = text(attribute, 'name')
      if (name === '') return 'cookie attribute name cannot be empty'
      if (seen.has(name)) return `duplicate cookie attribute name: ${name}`
      seen.add(name)
      return undefined
    }),
  )
}

/** As Envoy counts: 1 is one. */
const isPrime = (value: number): boolean => {
  if (value > 0 && value < 4) return true
  if (value % 2 === 0) return false
  for (let factor = 3; factor * factor <= value; factor += 2) if (value % factor === 0) return false
  return true
}

const checkWarmup = (warmup: Message | undefined): GoError => {
  if (!warmup) return undefined
  const duration = durationNs(warmup, 'duration')
  return append(
    duration === undefined ? 'duration is required' : checkDuration(duration),
    count(warmup, 'minimumPercent') > 100
      ? 'minimumPercent value should be less than or equal to 100'
      : undefined,
    has(warmup, 'aggression') && count(warmup, 'aggression') <= 0
      ? 'aggression should be greater than 0'
      : undefined,
  )
}

const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']
const NEEDS_OUTLIER = 'outlier detection policy must be provided for failover'

const checkLocality = (locality: Message | undefined, outlier: Message | undefined): Outcome => {
  if (!locality) return fine
  const distribute = children(locality, 'distribute')
  const failover = children(locality, 'failover')
  const priority = texts(locality, 'failoverPriority')
  if (distribute.length > 0 && failover.length > 0) {
    return error("can not simultaneously specify 'distribute' and 'failover'")
  }
  const topology = failover.length > 0 ? priority.find(label => TOPOLOGY.includes(label)) : undefined
  if (topology !== undefined) {
    return error(
      `can not simultaneously set 'failover' and topology label '${topology}' in 'failover_priority'`,
    )
  }
  const { errors, stop } = checkDistribution(distribute)
  if (stop) return error(errors)
  return all(
    error(errors),
    error(checkLocalities(distribute.map(rule => text(rule, 'from')))),
    warning(failover.length + priority.length > 0 && !outlier ? NEEDS_OUTLIER : undefined),
    ...failover.map(rule => checkFailover(rule, 'locality lb', 'only specify region')),
  )
}

/** `stop`: a wrong weight ends the whole check, as in istiod. */
const checkDistribution = (distribute: readonly Message[]): { errors: GoError; stop: boolean } => {
  let errors: GoError
  for (const rule of distribute) {
    const to = Object.entries(child(rule, 'to') ?? {}).map(([name, weight]): [string, number] => [
      name,
      Number(weight),
    ])
    if (to.some(([, weight]) => weight <= 0 || weight > 100)) {
      return { errors: append(errors, 'locality weight must be in range [1, 100]'), stop: true }
    }
    const total = to.reduce((sum, [, weight]) => sum + weight, 0)
    if (total !== 100) {
      return { errors: append(errors, `total locality weight ${total} != 100`), stop: true }
    }
    errors = append(errors, checkLocalities(to.map(([name]) => name)))
  }
  return { errors, stop: false }
}

const checkFailover = (rule: Message, who: string, onlyRegions: string): Outcome => {
  const from = text(rule, 'from')
  const to = text(rule, 'to')
  return all(
    error(from === to ? `${who} failover settings must specify different regions` : undefined),
    error(from.includes('/') || to.includes('/') ? `${who} failover ${onlyRegions}` : undefined),
    error(
      from.includes('*') || to.includes('*')
        ? `${who} failover region should not contain '*' wildcard`
        : undefined,
    ),
  )
}

const checkZoneAware = (setting: Message | undefined, outlier: Message | undefined): Outcome => {
  if (!setting) return fine
  const failover = children(setting, 'failover')
  const priority = texts(setting, 'failoverPriority')
  return all(
    ...priority
      .filter(label => TOPOLOGY.includes(label))
      .map(label =>
        error(
          `'failover_priority' for zone aware lb must not use topology label '${label}'; region- and zone-level routing are handled automatically`,
        ),
      ),
    warning(failover.length + priority.length > 0 && !outlier ? NEEDS_OUTLIER : undefined),
    ...failover.map(rule =>
      checkFailover(
        rule,
        'zone aware lb',
        'only specifies region; zone and subzone failover are handled automatically',
      ),
    ),
  )
}

/** Localities (`region/zone/subzone`, a `*` at the end) must not overlap. */
const checkLocalities = (localities: readonly string[]): GoError => {
  const seen: string[] = []
  for (const locality of localities) {
    const stars = locality.split('*').length - 1
    if (stars > 1 || (stars === 1 && !locality.endsWith('*'))) {
      return `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`
    }
    const overlap = `locality ${locality} overlap with previous specified ones`
    if (seen.includes('*')) return overlap
    if (locality.split('/').includes('')) {
      return `locality ${locality} must not contain empty region/zone/subzone info`
    }
    if (seen.some(earlier => overlaps(earlier, locality))) return overlap
    seen.push(locality)
  }
  return undefined
}

/** Only an earlier, wider (or, for a whole region, any) locality counts. */
const overlaps = (earlier: string, later: string): boolean => {
  const a = earlier.split('/')
  const b = later.split('/')
  if (b.length === 1) return a[0] === b[0]
  const wildcard = (part: string | undefined): boolean => part === undefined || part === '*'
  if (a[0] !== b[0]) return false
  if (wildcard(a[1])) return true
  if (a[1] !== b[1]) return false
  return b.length === 2 || wildcard(a[2]) || a[2] === b[2]
}
