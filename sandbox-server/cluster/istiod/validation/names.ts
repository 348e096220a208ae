/** Host names, addresses, ports and labels, in the words of istiod's pkg/config/validation/agent and pkg/config/labels. */
import { isIP } from 'node:net'
import { append, type GoError, listedOrNil, q } from './go-error.ts'

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/
const WILDCARD_LABEL = /^(\*|(\*|\*-)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/
const QUALIFIED = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const DNS_PREFIX = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*/'
const TAG_KEY = new RegExp(`^(${DNS_PREFIX})?(${QUALIFIED})$`)
const TAG_VALUE = new RegExp(`^(${QUALIFIED})?$`)

export const isLabel = (value: string): boolean => value.length <= 63 && LABEL.test(value)

const isWildcardLabel = (value: string): boolean => value.length <= 63 && WILDCARD_LABEL.test(value)

/** Go's netip.ParseAddr: a zone only for IPv6, no leading zeros. */
export const isAddress = (value: string): boolean => isIP(value) !== 0

/** The parse error after `netip.ParsePrefix(…): `, undefined for a CIDR range. */
export const prefixError = (value: string): string | undefined => {
  const slash = value.lastIndexOf('/')
  const parse = `netip.ParsePrefix(${q(value)}): `
  if (slash < 0) return `${parse}no '/'`
  const address = value.slice(0, slash)
  const bits = value.slice(slash + 1)
  const version = isIP(address)
  if (version === 0) return `${parse}ParseAddr(${q(address)}): ${addressError(address)}`
  if (!/^(0|[1-9]\d*)$/.test(bits)) return `${parse}bad bits after slash: ${q(bits)}`
  return Number(bits) > (version === 4 ? 32 : 128) ? `${parse}prefix length out of range` : undefined
}

/** Why Go's netip.ParseAddr refuses a text that is no address. */
const addressError = (text: string): string => {
  const first = /[.:%]/.exec(text)?.[0]
  if (first === '.') return ipv4Error(text)
  if (first === '%') return 'missing IPv6 address'
  return first === ':' ? ipv6Error(text) : 'unable to parse IP'
}

const ipv4Error = (text: string): string => {
  let dots = 0
  let digits = ''
  for (const [i, character] of [...text].entries()) {
    if (/\d/.test(character)) {
      if (digits === '0') return 'IPv4 field has octet with leading zero'
      digits += character
      if (Number(digits) > 255) return 'IPv4 field has value >255'
    } else if (character !== '.') {
      return `unexpected character (at ${q(text.slice(i))})`
    } else if (digits === '' || i === text.length - 1) {
      return `IPv4 field must have at least one digit (at ${q(text.slice(i))})`
    } else {
      if (dots === 3) return 'IPv4 address too long'
      dots++
      digits = ''
    }
  }
  return 'IPv4 address too short'
}

const ipv6Error = (text: string): string => {
  const start = text.startsWith('::') ? 2 : 0
  for (let at = start; at < text.length; ) {
    const field = /^[0-9a-fA-F]*/.exec(text.slice(at))?.[0] ?? ''
    if (field === '')
      return `each colon-separated field must have at least one digit (at ${q(text.slice(at))})`
    if (field.length > 4) return `each group must have 4 or less digits (at ${q(text.slice(at))})`
    at += field.length
    if (at < text.length && text.charAt(at) !== ':') {
      return `unexpected character, want colon (at ${q(text.slice(at))})`
    }
    if (at === text.length - 1) return `colon must be followed by more characters (at ${q(text.slice(at))})`
    at += text.startsWith('::', at) ? 2 : 1
  }
  return 'address string too short'
}

export const checkAddress = (value: string): GoError =>
  isAddress(value) ? undefined : `${value} is not a valid IP`

/** An address or a CIDR range. */
export const checkSubnet = (value: string): GoError => {
  if (value.split('/').length !== 2) return checkAddress(value)
  return prefixError(value) === undefined ? undefined : `${value} is not a valid CIDR block`
}

export const checkPort = (port: number): GoError =>
  port >= 1 && port <= 65535 ? undefined : `port number ${port} must be in the range 1..65535`

const checkLength = (name: string): GoError => {
  if (name.length > 255) return `domain name ${q(name)} too long (max 255)`
  return name === '' ? 'empty domain name not allowed' : undefined
}

const checkLabels = (domain: string): GoError => {
  const parts = domain.split('.')
  const top = parts.at(-1) ?? ''
  if (/^[-+]?\d+$/.test(top)) {
    return `domain name ${q(domain)} invalid (top level domain ${q(top)} cannot be all-numeric)`
  }
  // An empty last part is an absolute name, `istio.io.`.
  const wrong = parts.find((part, i) => !isLabel(part) && !(part === '' && i === parts.length - 1))
  return wrong === undefined ? undefined : `domain name ${q(domain)} invalid (label ${q(wrong)} invalid)`
}

/** A fully qualified domain name. */
export const checkFqdn = (name: string): GoError => checkLength(name) ?? checkLabels(name)

/** A domain name whose first label may be a wildcard. */
export const checkWildcardDomain = (domain: string): GoError => {
  const length = checkLength(domain)
  if (length) return length
  const dot = domain.indexOf('.')
  const first = dot < 0 ? domain : domain.slice(0, dot)
  if (!isWildcardLabel(first)) return `domain name ${q(domain)} invalid (label ${q(first)} invalid)`
  return dot < 0 ? undefined : checkLabels(domain.slice(dot + 1))
}

const SNI_FORMAT = 'outbound_.<PORT>_._.<HOSTNAME>'

/** The same for a VirtualService on a gateway, where names made for AUTO_PASSTHROUGH (`outbound_.80_._.host`) may stand. */
export const checkGatewayHost = (sni: boolean, domain: string): GoError => {
  const length = checkLength(domain)
  if (length || !sni || !domain.startsWith('outbound_')) return length ?? checkWildcardDomain(domain)
  const parts = domain.split('_')
  if (parts.length < 4) return `domain name ${domain} invalid, should follow '${SNI_FORMAT}' format`
  const trim = (part = ''): string => part.replace(/^\.+|\.+$/g, '')
  const port = trim(parts[1])
  const host = trim(parts[3])
  if (!/[0-9]/.test(port)) {
    return `domain name ${q(domain)} invalid (label ${q(port)} invalid). should follow ${SNI_FORMAT} format`
  }
  return /[a-zA-Z]/.test(host)
    ? undefined
    : `domain name ${q(domain)} invalid (label ${q(host)} invalid). should follow ${SNI_FORMAT} format`
}

export const checkPartialWildcard = (host: string): GoError =>
  host.includes('*') && host.length !== 1 && !host.startsWith('*.')
    ? `partial wildcard ${q(host)} not allowed`
    : undefined

const checkHostPart = (host: string, isGateway: boolean): GoError => {
  const short = host !== '*' && !host.includes('.') ? 'short names (non FQDN) are not allowed' : undefined
  const domain = checkWildcardDomain(host)
  return append(
    short,
    isGateway ? undefined : domain,
    domain !== undefined && !isAddress(host) ? domain : undefined,
    checkPartialWildcard(host),
  )
}

/** `namespace/dnsName` of a Sidecar's egress or a Gateway's hosts; the namespace may be left out in a Gateway. */
export const checkNamespacedHost = (host: string, isGateway: boolean): GoError => {
  const slash = host.indexOf('/')
  if (slash < 0) {
    return isGateway ? checkHostPart(host, true) : 'host must be of form namespace/dnsName'
  }
  const namespace = host.slice(0, slash)
  const name = host.slice(slash + 1)
  const empty =
    namespace === '' || name === '' ? 'config namespace and dnsName in host entry cannot be empty' : undefined
  return append(empty, checkHostNamespace(namespace, isGateway), checkHostPart(name, isGateway))
}

const checkHostNamespace = (namespace: string, isGateway: boolean): GoError => {
  const plain = isGateway ? namespace : namespace.replace(/^~/, '')
  if (plain === '*' || plain === '.' || isLabel(plain) || (!isGateway && plain === '')) return undefined
  return `invalid namespace value ${q(namespace)} in ${isGateway ? 'gateway' : 'sidecar'}`
}

/** Labels of a subset or a workload. */
export const checkLabelMap = (labels: readonly (readonly [string, string])[]): GoError =>
  listedOrNil(
    labels.flatMap(([key, value]) => [
      ...checkTagKey(key),
      ...(TAG_VALUE.test(value) ? [] : [`invalid tag value: ${q(value)}`]),
    ]),
  )

const checkTagKey = (key: string): string[] => {
  const match = TAG_KEY.exec(key)
  if (!match) return [`invalid tag key: ${q(key)}`]
  if ((match[1]?.length ?? 0) - 1 > 253) return [`invalid tag key: ${q(key)} (DNS prefix is too long)`]
  return (match[2]?.length ?? 0) > 63 ? [`invalid tag key: ${q(key)} (name is too long)`] : []
}

/** Whether two hosts, each perhaps a wildcard, have a name in common. */
export const hostsOverlap = (a: string, b: string): boolean => {
  if (a.startsWith('*') && b.startsWith('*')) {
    const [shorter, longer] = a.length < b.length ? [a, b] : [b, a]
    return longer.slice(1).endsWith(shorter.slice(1))
  }
  if (a.startsWith('*')) return b.endsWith(a.slice(1))
  return b.startsWith('*') ? a.endsWith(b.slice(1)) : a === b
}

/** Whether every name of `host` is one of `other`. */
export const isHostSubset = (host: string, other: string): boolean => {
  if (!other.startsWith('*')) return host === other
  if (host.startsWith('*') && host.length < other.length) return false
  return host.replace(/^\*/, '').endsWith(other.slice(1))
}

const VISIBILITY = 'only .,*, or a valid DNS 1123 label is allowed as exportTo entry'

/** `exportTo` of a resource in `namespace`. */
export const checkExportTo = (
  namespace: string,
  exportTo: readonly string[],
  options: { serviceEntry?: boolean; selector?: boolean } = {},
): GoError => {
  const seen = new Set<string>()
  const errors: GoError[] = []
  for (const entry of exportTo) {
    const key = entry === '.' ? namespace : entry
    if (seen.has(key)) {
      errors.push(
        key === entry
          ? `duplicate entries in exportTo for entry ${entry}`
          : `duplicate entries in exportTo: . and current namespace ${namespace}`,
      )
      continue
    }
    const wrong = options.serviceEntry && entry === '~' ? undefined : checkVisibility(key)
    if (wrong) errors.push(wrong)
    else seen.add(key)
  }
  if (options.selector && seen.size > 0) {
    if (!seen.has(namespace)) {
      errors.push('destination rule with workload selector cannot have exportTo beyond current namespace')
    } else if (seen.size > 1) {
      errors.push('destination rule with workload selector cannot have multiple entries in exportTo')
    }
  }
  if (seen.has('*') && exportTo.length > 1) {
    errors.push('cannot have both public (*) and non-public exportTo values for a resource')
  }
  if (seen.has('~') && exportTo.length > 1) {
    errors.push('cannot export service entry to no one (~) and someone')
  }
  return append(...errors)
}

const checkVisibility = (entry: string): GoError => {
  if (entry === '.' || entry === '*') return undefined
  if (entry === '~') return 'exportTo ~ (none) is not allowed for Istio configuration objects'
  return isLabel(entry) ? undefined : VISIBILITY
}
