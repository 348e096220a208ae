/** Values of AuthorizationPolicy's fields and conditions (istiod's pkg/config/security). */
import { type GoError, listedOrNil, q } from './go-error.ts'
import { isAddress, prefixError } from './names.ts'

export const checkEmpty = (key: string, values: readonly string[]): GoError =>
  values.includes('') ? `empty value not allowed, found in ${key}` : undefined

export const checkIps = (values: readonly string[]): GoError =>
  listedOrNil(
    values.flatMap(value => {
      if (!value.includes('/')) return isAddress(value) ? [] : [`bad IP address (${value})`]
      const wrong = prefixError(value)
      return wrong === undefined ? [] : [`bad CIDR range (${value}): ${wrong}`]
    }),
  )

export const checkPorts = (values: readonly string[]): GoError =>
  listedOrNil(
    values.flatMap(value => {
      const parse = `strconv.ParseUint: parsing ${q(value)}: `
      if (!/^\d+$/.test(value)) return [`bad port (${value}): ${parse}invalid syntax`]
      if (Number(value) > 4294967295) return [`bad port (${value}): ${parse}value out of range`]
      return Number(value) > 65535 ? [`bad port (${value}): <nil>`] : []
    }),
  )

const checkWildcards = (key: string, values: readonly string[]): GoError => {
  const empty = checkEmpty(key, values)
  if (empty) return empty
  for (const value of values) {
    const stars = value.split('*').length - 1
    if (stars > 1) return `at most one wildcard is allowed, found in ${key}: ${q(value)}`
    if (stars === 1 && !value.startsWith('*') && !value.endsWith('*')) {
      return `wildcard is only allowed at the start or end, found in ${key}: ${q(value)}`
    }
  }
  return undefined
}

export const checkTrustDomains = (key: string, values: readonly string[]): GoError => {
  const wrong = checkWildcards(key, values)
  if (wrong) return wrong
  const slashed = values.find(value => value.includes('/'))
  return slashed === undefined
    ? undefined
    : `trust domain must not contain '/', found in ${key}: ${q(slashed)}`
}

const ACCOUNT_FORM = "expected format 'serviceAccount' or 'namespace/serviceAccount'"

export const checkServiceAccounts = (key: string, values: readonly string[]): GoError => {
  if (values.length > 16) return 'may not have more than 16 values'
  for (const value of values) {
    const wrong = checkServiceAccount(key, value)
    if (wrong) return wrong
  }
  return undefined
}

const checkServiceAccount = (key: string, value: string): GoError => {
  if (value === '') return `empty value not allowed, found in ${key}`
  if (value.includes('*')) return `wildcard not allowed, found in ${key}`
  const [first = '', second, ...rest] = value.split('/')
  if (rest.length > 0) return `${ACCOUNT_FORM}, found ${q(value)} in ${key}`
  if (value.length > 320) return `value cannot exceed 320 characters, found ${q(value)} in ${key}`
  if (second === undefined) return undefined
  if (first === '') return `${ACCOUNT_FORM}, found empty namespace ${q(value)} in ${key}`
  return second === '' ? `${ACCOUNT_FORM}, found empty serviceAccount ${q(value)} in ${key}` : undefined
}

const LITERAL = /^[a-zA-Z0-9-._~%!$&'()+,;:@=]+$/

/** Paths with `{*}` (one segment) and `{**}` (the rest, last). */
export const checkPathTemplates = (key: string, paths: readonly string[]): GoError => {
  for (const path of paths) {
    const wrong = checkPathTemplate(key, path)
    if (wrong) return wrong
  }
  return undefined
}

const checkPathTemplate = (key: string, given: string): GoError => {
  const template = given.includes('{*}') || given.includes('{**}')
  const path = given.replace(/^\/+|\/+$/g, '')
  const bad = `invalid or unsupported path ${path}, found in ${key}. `
  let last = false
  for (const segment of path.split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (last) return `${bad}{**} is not the last operator`
      last = segment === '{**}'
    } else if (/[{}]/.test(segment)) {
      return `${bad}Contains '{' or '}' beyond a supported path template`
    } else if (template && !LITERAL.test(segment)) {
      return `${bad}Contains segment ${segment} with invalid string literal`
    }
  }
  return undefined
}

const checkMapKey = (key: string): GoError => {
  const open = key.indexOf('[')
  return key.endsWith(']') && open > 0 && open < key.length - 2
    ? undefined
    : `bad key (${key}): should have format a[b]`
}

const FREE = new Set([
  'source.namespace',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'connection.sni',
])

/** Values of a `when` condition, by its key. */
export const checkAttribute = (key: string, values: readonly string[]): GoError => {
  const empty = checkEmpty(key, values)
  if (empty) return empty
  const mapped = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.']
  if (mapped.some(prefix => key.startsWith(prefix))) return checkMapKey(key)
  if (['source.ip', 'remote.ip', 'destination.ip'].includes(key)) return checkIps(values)
  if (key === 'source.serviceAccount') return checkServiceAccounts(key, values)
  if (key === 'source.trustDomain') return checkWildcards(key, values)
  if (key === 'destination.port') return checkPorts(values)
  if (FREE.has(key)) return undefined
  if (key === 'destination.namespace') return `attribute ${key} is replaced by the metadata.namespace`
  if (key.startsWith('destination.labels')) return `attribute ${key} is replaced by the workload selector`
  if (key === 'destination.name' || key === 'destination.user') {
    return `deprecated attribute ${key}: only supported in v1alpha1`
  }
  return `unknown attribute: ${key}`
}
