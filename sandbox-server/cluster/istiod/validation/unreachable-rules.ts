/** Rules of a VirtualService that can never apply: warnings, in istiod's words. */
import { q } from './go-error.ts'
import { child, children, count, type Message, messageMap, text } from './reading.ts'

/** Warnings for one kind of routes; names exist for http only. */
export const unreachableRules = (routes: readonly Message[], kind: 'http' | 'tcp' | 'tls'): string[] => {
  const named = kind === 'http'
  const warnings: string[] = []
  const seen = new Map<string, number>()
  const prefixes: PrefixMatch[] = []
  let withoutMatch = -1
  const unused = (rule: string, why: string): void => {
    warnings.push(`virtualService rule ${rule} not used (${why})`)
  }
  routes.forEach((route, index) => {
    const rule = nameOf(route, index, named)
    const matches = children(route, 'match')
    if (matches.length === 0) {
      if (withoutMatch >= 0) unused(rule, 'only the last rule can have no matches')
      withoutMatch = index
      return
    }
    let duplicates = 0
    matches.forEach((match, i) => {
      if (withoutMatch >= 0) {
        unused(rule, 'route without matches defined before')
        return
      }
      const key = canonical(match)
      const earlier = seen.get(key)
      if (earlier !== undefined) {
        const first = nameOf(routes[earlier] ?? {}, earlier, named)
        warnings.push(ineffective(rule, nameOf(match, i, named), first))
        duplicates++
        return
      }
      seen.set(key, index)
      const prefix = named ? prefixMatch(match, rule, nameOf(match, i, named)) : undefined
      if (prefix) prefixes.push(prefix)
    })
    if (duplicates === matches.length) unused(rule, 'all matches used by prior rules')
  })
  return [...warnings, ...overlaps(prefixes)]
}

const nameOf = (message: Message, index: number, named: boolean): string => {
  const name = named ? text(message, 'name') : ''
  return name === '' ? `#${index}` : q(name)
}

const ineffective = (rule: string, match: string, by: string): string =>
  `virtualService rule ${rule} match ${match} is not used (duplicate/overlapping match in rule ${by})`

/** Equal matches have equal texts, whatever their keys' order and names. */
const canonical = (match: Message): string => {
  const { name: _, ...rest } = match
  return JSON.stringify(rest, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

interface PrefixMatch {
  rule: string
  match: string
  prefix: string
  port: number
  method: string
  authority: string
  maps: readonly ReadonlyMap<string, string>[]
}

const exactOrPrefix = (match: Message | undefined): string => {
  const exact = text(match, 'exact')
  if (exact !== '') return `exact:${exact}`
  const prefix = text(match, 'prefix')
  return prefix === '' ? '' : `prefix:${prefix}`
}

const prefixMatch = (match: Message, rule: string, name: string): PrefixMatch | undefined => {
  const prefix = text(child(match, 'uri'), 'prefix')
  if (prefix === '') return undefined
  return {
    rule,
    match: name,
    prefix,
    port: count(match, 'port'),
    method: exactOrPrefix(child(match, 'method')) || 'exact:GET',
    authority: exactOrPrefix(child(match, 'authority')),
    maps: ['headers', 'queryParams', 'withoutHeaders'].map(
      field => new Map(messageMap(match, field).map(([key, value]) => [key, exactOrPrefix(value)])),
    ),
  }
}

const overlaps = (matches: readonly PrefixMatch[]): string[] =>
  matches.flatMap((earlier, i) =>
    matches
      .slice(i + 1)
      .filter(later => later.prefix !== earlier.prefix && covers(earlier, later))
      .map(later =>
        ineffective(
          later.rule,
          `${later.match} of prefix ${later.prefix}`,
          `${earlier.match} of prefix ${earlier.prefix} on ${earlier.rule}`,
        ),
      ),
  )

const covers = (a: PrefixMatch, b: PrefixMatch): boolean =>
  b.prefix.startsWith(a.prefix) &&
  a.port === b.port &&
  a.method.startsWith(b.method) &&
  a.authority.startsWith(b.authority) &&
  a.maps.every((map, i) => coversMap(map, b.maps[i] ?? new Map()))

const coversMap = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size &&
  [...a].every(([key, value]) => {
    const other = b.get(key)
    return other !== undefined && value.startsWith(other)
  })
