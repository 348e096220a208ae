/** AuthorizationPolicy, after istiod's ValidateAuthorizationPolicy. */
import {
  checkAttribute,
  checkEmpty,
  checkIps,
  checkPathTemplates,
  checkPorts,
  checkServiceAccounts,
  checkTrustDomains,
} from './authorization-attributes.ts'
import { append, errorText, type GoError, prefixed } from './go-error.ts'
import type { Outcome } from './outcome.ts'
import { child, children, has, type Message, text, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkAttachment, checkSelector } from './selectors.ts'

const MEANINGLESS =
  'action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request'

const TCP_WARNING =
  'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port'

export const checkAuthorizationPolicy = ({ spec, name, namespace }: Config): Outcome => {
  const action = text(spec, 'action') || 'ALLOW'
  const rules = children(spec, 'rules')
  const provider = has(spec, 'provider') && action !== 'CUSTOM'
  const errors = append(
    checkAttachment(spec).error,
    action === 'CUSTOM' ? checkCustom(spec, rules) : undefined,
    provider ? `\`provider\` must not be with non CUSTOM action, found ${action}` : undefined,
    action === 'DENY' && rules.length === 0 ? `DENY ${MEANINGLESS}` : undefined,
    ...rules.map(checkRule),
  )
  const warnings = append(
    checkSelector(child(spec, 'selector')).warning,
    ...rules.map(rule => (action === 'DENY' && blocksTcp(rule) ? TCP_WARNING : undefined)),
  )
  return { error: prefixed(errors, `invalid policy ${name}.${namespace}:`), warning: warnings }
}

const UNSUPPORTED_SOURCES: readonly (readonly [field: string, name: string])[] = [
  ['namespaces', 'From.Namespaces'],
  ['notNamespaces', 'From.NotNamespaces'],
  ['serviceAccounts', 'From.ServiceAccounts'],
  ['notServiceAccounts', 'From.NotServiceAccounts'],
  ['trustDomains', 'From.TrustDomains'],
  ['notTrustDomains', 'From.NotTrustDomains'],
  ['principals', 'From.Principals'],
  ['notPrincipals', 'From.NotPrincipals'],
  ['requestPrincipals', 'From.RequestPrincipals'],
  ['notRequestPrincipals', 'From.NotRequestPrincipals'],
]

const UNSUPPORTED_KEYS = [
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
]

const checkCustom = (spec: Message, rules: readonly Message[]): GoError => {
  if (rules.length === 0) return `CUSTOM ${MEANINGLESS}`
  const unsupported = (name: string): string => `${name} is currently not supported with CUSTOM action`
  return append(
    text(child(spec, 'provider'), 'name') === '' ? '`provider.name` must not be empty' : undefined,
    ...rules.flatMap(rule => [
      ...children(rule, 'from').flatMap(from =>
        UNSUPPORTED_SOURCES.filter(([field]) => texts(child(from, 'source'), field).length > 0).map(
          ([, name]) => unsupported(name),
        ),
      ),
      ...children(rule, 'when')
        .map(when => text(when, 'key'))
        .filter(key => UNSUPPORTED_KEYS.includes(key) || key.startsWith('request.auth.'))
        .map(unsupported),
    ]),
  )
}

const checkRule = (rule: Message, index: number): GoError =>
  append(
    ...children(rule, 'from').map(from => checkSource(child(from, 'source'), index)),
    ...children(rule, 'to').map(to => checkOperation(child(to, 'operation'), index)),
    ...children(rule, 'when').map(checkCondition),
  )

const SOURCE_FIELDS = [
  'principals',
  'requestPrincipals',
  'namespaces',
  'ipBlocks',
  'remoteIpBlocks',
  'notPrincipals',
  'notRequestPrincipals',
  'notNamespaces',
  'notIpBlocks',
  'notRemoteIpBlocks',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
]

const given = (message: Message | undefined, fields: readonly string[]): boolean =>
  fields.some(field => texts(message, field).length > 0)

const goName = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1)

const checkSource = (source: Message | undefined, index: number): GoError => {
  if (!source) return `\`from.source\` must not be nil, found at rule ${index}`
  const identities = given(source, ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'])
  const accounts = given(source, ['serviceAccounts', 'notServiceAccounts'])
  const empty = (...fields: string[]): GoError[] =>
    fields.map(field => checkEmpty(goName(field), texts(source, field)))
  return append(
    identities && accounts
      ? `cannot set serviceAccounts with namespaces or principals, found at rule ${index}`
      : undefined,
    given(source, SOURCE_FIELDS) ? undefined : `\`from.source\` must not be empty, found at rule ${index}`,
    ...['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'].map(field =>
      checkIps(texts(source, field)),
    ),
    ...empty('principals', 'requestPrincipals', 'namespaces'),
    checkServiceAccounts('ServiceAccounts', texts(source, 'serviceAccounts')),
    checkTrustDomains('TrustDomains', texts(source, 'trustDomains')),
    ...empty('ipBlocks', 'remoteIpBlocks', 'notPrincipals', 'notRequestPrincipals', 'notNamespaces'),
    checkServiceAccounts('NotServiceAccounts', texts(source, 'notServiceAccounts')),
    checkTrustDomains('NotTrustDomains', texts(source, 'notTrustDomains')),
    ...empty('notIpBlocks', 'notRemoteIpBlocks'),
  )
}

const OPERATION_FIELDS = [
  'ports',
  'methods',
  'paths',
  'hosts',
  'notPorts',
  'notMethods',
  'notPaths',
  'notHosts',
]

const checkOperation = (operation: Message | undefined, index: number): GoError => {
  if (!operation) return `\`to.operation\` must not be nil, found at rule ${index}`
  return append(
    given(operation, OPERATION_FIELDS)
      ? undefined
      : `\`to.operation\` must not be empty, found at rule ${index}`,
    checkPorts(texts(operation, 'ports')),
    checkPorts(texts(operation, 'notPorts')),
    ...OPERATION_FIELDS.map(field => checkEmpty(goName(field), texts(operation, field))),
    checkPathTemplates('Paths', texts(operation, 'paths')),
    checkPathTemplates('NotPaths', texts(operation, 'notPaths')),
  )
}

const checkCondition = (condition: Message): GoError => {
  const key = text(condition, 'key')
  if (key === '') return '`key` must not be empty'
  const values = texts(condition, 'values')
  const notValues = texts(condition, 'notValues')
  if (values.length + notValues.length === 0) {
    return `at least one of \`values\` or \`notValues\` must be set for key ${key}`
  }
  const wrong = checkAttribute(key, values)
  const notWrong = checkAttribute(key, notValues)
  return append(
    wrong && `invalid \`value\` for \`key\` ${key}: ${errorText(wrong)}`,
    notWrong && `invalid \`notValue\` for \`key\` ${key}: ${errorText(notWrong)}`,
  )
}

const TCP_SOURCES = [
  'notPrincipals',
  'principals',
  'ipBlocks',
  'notIpBlocks',
  'namespaces',
  'notNamespaces',
  'remoteIpBlocks',
  'notRemoteIpBlocks',
  'serviceAccounts',
  'notServiceAccounts',
]

const present = (message: Message | undefined): Message[] => (message ? [message] : [])

/** A rule with HTTP attributes alone: for TCP they are left out, so everything is denied. */
const blocksTcp = (rule: Message): boolean => {
  const sources = children(rule, 'from').flatMap(from => present(child(from, 'source')))
  const operations = children(rule, 'to').flatMap(to => present(child(to, 'operation')))
  const tcpSource = sources.some(source => given(source, TCP_SOURCES))
  const tcpOperation = operations.some(operation => given(operation, ['ports', 'notPorts']))
  return (
    (sources.length > 0 && operations.length === 0 && !tcpSource) || (operations.length > 0 && !tcpOperation)
  )
}
