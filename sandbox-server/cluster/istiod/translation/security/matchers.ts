/** Envoy's matchers for the values of AuthorizationPolicies, where `*` may stand at one end. */

export type Matcher = Record<string, unknown>

const SPECIAL = /[\\.+*?()|[\]{}^$]/g

/** Text as it is inside a regular expression. */
export const quoted = (text: string): string => text.replace(SPECIAL, '\\$&')

export const regexMatcher = (regex: string): Matcher => ({ safeRegex: { regex } })

/** A value with `*` at its start, its end or alone; `prefix` comes before it. */
export function valueMatcher(value: string, prefix = ''): Matcher {
  if (value === '*') return regexMatcher('.+')
  if (value.startsWith('*')) {
    const suffix = value.slice(1)
    return prefix === '' ? { suffix } : regexMatcher(`${prefix}.*${quoted(suffix)}`)
  }
  if (value.endsWith('*')) return { prefix: prefix + value.slice(0, -1) }
  return { exact: prefix + value }
}

/** A header's value; hosts are compared without regard to case. */
export function headerMatcher(name: string, value: string, ignoreCase = false): Matcher {
  if (value === '*') return { name, presentMatch: true }
  const stringMatch = valueMatcher(value)
  return { name, stringMatch: ignoreCase ? { ...stringMatch, ignoreCase } : stringMatch }
}

/** One of several values. */
export function anyOf(values: readonly string[]): Matcher {
  const matchers = values.map(v => ({ stringMatch: valueMatcher(v) }))
  return matchers.length === 1 && matchers[0] ? matchers[0] : { orMatch: { valueMatchers: matchers } }
}

const JWT_FILTER = 'envoy.filters.http.jwt_authn'
const PAYLOAD = 'payload'

/** A claim of the request's token: the value itself, or one of a list. */
export function claimMatcher(claims: readonly string[], value: Matcher): Matcher {
  return {
    filter: JWT_FILTER,
    path: [PAYLOAD, ...claims].map(key => ({ key })),
    value: { orMatch: { valueMatchers: [{ listMatch: { oneOf: value } }, value] } },
  }
}

/** A claim that is one string. */
export const stringClaimMatcher = (claim: string, stringMatch: Matcher): Matcher => ({
  filter: JWT_FILTER,
  path: [{ key: PAYLOAD }, { key: claim }],
  value: { stringMatch },
})
