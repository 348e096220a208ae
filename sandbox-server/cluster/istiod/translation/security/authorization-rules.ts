/** AuthorizationPolicy's rules as Envoy's RBAC policies (istiod's authz model). */
import { cidrRange } from '../listeners/filter-chain.ts'
import type { AuthorizationRule } from './authorization-policy.ts'
import {
  anyOf,
  claimMatcher,
  headerMatcher,
  type Matcher,
  quoted,
  regexMatcher,
  stringClaimMatcher,
  valueMatcher,
} from './matchers.ts'

/** Envoy's Permission or Principal. */
type Term = Record<string, unknown>

/** A condition: any of `values`, and none of `notValues`. */
interface Condition {
  values: readonly string[]
  notValues: readonly string[]
  /** Turns values into one term; undefined when they make no sense here (HTTP on a TCP chain, a bad port). */
  term(values: readonly string[]): Term | undefined
}

export interface RuleContext {
  namespace: string
  isTcp: boolean
  /** In an ALLOW policy a rule with a part that makes no sense is left out; elsewhere only that part is. */
  isAllow: boolean
  trustDomains: readonly string[]
}

/** One term for each value, any of which is enough. */
const each =
  (kind: 'orRules' | 'orIds', term: (value: string) => Term | undefined, isStrict: boolean) =>
  (values: readonly string[]): Term | undefined => {
    const terms = values.map(term)
    const known = terms.filter(t => t !== undefined)
    if (known.length === 0 || (isStrict && known.length < terms.length)) return undefined
    return { [kind]: kind === 'orRules' ? { rules: known } : { ids: known } }
  }

type Lists = readonly string[] | undefined

class RuleTranslation {
  private readonly context: RuleContext

  constructor(context: RuleContext) {
    this.context = context
  }

  private condition(values: Lists, notValues: Lists, term: Condition['term']): Condition[] {
    return values?.length || notValues?.length
      ? [{ values: values ?? [], notValues: notValues ?? [], term }]
      : []
  }

  private permission(
    values: Lists,
    notValues: Lists,
    term: (value: string) => Term | undefined,
  ): Condition[] {
    return this.condition(values, notValues, each('orRules', term, this.context.isAllow))
  }

  private principal(values: Lists, notValues: Lists, term: (value: string) => Term | undefined): Condition[] {
    return this.condition(values, notValues, each('orIds', term, this.context.isAllow))
  }

  private http(term: Term): Term | undefined {
    return this.context.isTcp ? undefined : term
  }

  permissions(rule: AuthorizationRule): Condition[][] {
    const base = (rule.when ?? []).flatMap(({ key = '', values, notValues }) =>
      this.whenPermission(key, values, notValues),
    )
    if (!rule.to?.length) return [base]
    return rule.to.map(({ operation: o = {} }) => [
      ...this.permission(o.hosts, o.notHosts, v =>
        this.http({ header: headerMatcher(':authority', v, true) }),
      ),
      ...this.permission(o.methods, o.notMethods, v => this.http({ header: headerMatcher(':method', v) })),
      ...this.permission(o.paths, o.notPaths, v => this.http(pathTerm(v))),
      ...this.permission(o.ports, o.notPorts, portTerm),
      ...base,
    ])
  }

  principals(rule: AuthorizationRule): Condition[][] {
    const base = (rule.when ?? []).flatMap(({ key = '', values, notValues }) =>
      this.whenPrincipal(key, values, notValues),
    )
    if (!rule.from?.length) return [base]
    return rule.from.map(({ source: s = {} }) => [
      ...this.identities(s.principals, s.notPrincipals),
      ...this.condition(s.requestPrincipals, s.notRequestPrincipals, v => this.http(requestPrincipals(v))),
      ...this.principal(s.serviceAccounts, s.notServiceAccounts, v => this.serviceAccount(v)),
      ...this.principal(s.trustDomains, s.notTrustDomains, trustDomainTerm),
      ...this.principal(s.namespaces, s.notNamespaces, namespaceTerm),
      ...this.principal(s.remoteIpBlocks, s.notRemoteIpBlocks, v => rangeTerm('remoteIp', v)),
      ...this.principal(s.ipBlocks, s.notIpBlocks, v => rangeTerm('directRemoteIp', v)),
      ...base,
    ])
  }

  /** An identity of one trust domain holds for its aliases too. */
  private identities(values: Lists, notValues: Lists): Condition[] {
    const { trustDomains } = this.context
    const expand = (list: Lists) =>
      (list ?? []).flatMap(value => {
        const slash = value.indexOf('/')
        const known = slash > 0 && trustDomains.length > 1 && trustDomains.includes(value.slice(0, slash))
        return known ? trustDomains.map(domain => domain + value.slice(slash)) : [value]
      })
    return this.principal(expand(values), expand(notValues), v => authenticated(valueMatcher(v, 'spiffe://')))
  }

  private serviceAccount(value: string): Term {
    const [first = '', second] = value.split('/')
    const namespace = second === undefined ? this.context.namespace : first
    const account = second ?? first
    return authenticated(
      regexMatcher(`spiffe://.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(account)}(/.+)?`),
    )
  }

  private whenPermission(key: string, values: Lists, notValues: Lists): Condition[] {
    switch (key) {
      case 'destination.ip':
        return this.permission(values, notValues, v => rangeTerm('destinationIp', v))
      case 'destination.port':
        return this.permission(values, notValues, portTerm)
      case 'connection.sni':
        return this.permission(values, notValues, v => ({ requestedServerName: valueMatcher(v) }))
      default:
        return []
    }
  }

  private whenPrincipal(key: string, values: Lists, notValues: Lists): Condition[] {
    const claims = (path: readonly string[]) =>
      this.condition(values, notValues, v => this.http({ metadata: claimMatcher(path, anyOf(v)) }))
    const header = /^request\.headers\[(.*)\]$/.exec(key)?.[1]
    const claim = /^request\.auth\.claims\[(.*)\]$/.exec(key)?.[1]
    if (header !== undefined) {
      return this.principal(values, notValues, v => this.http({ header: headerMatcher(header, v) }))
    }
    if (claim !== undefined) return claims(claim.split(']['))
    switch (key) {
      case 'source.ip':
        return this.principal(values, notValues, v => rangeTerm('directRemoteIp', v))
      case 'remote.ip':
        return this.principal(values, notValues, v => rangeTerm('remoteIp', v))
      case 'source.namespace':
        return this.principal(values, notValues, namespaceTerm)
      case 'source.trustDomain':
        return this.principal(values, notValues, trustDomainTerm)
      case 'source.serviceAccount':
        return this.principal(values, notValues, v => this.serviceAccount(v))
      case 'source.principal':
        return this.identities(values, notValues)
      case 'request.auth.principal':
        return this.condition(values, notValues, v => this.http(requestPrincipals(v)))
      case 'request.auth.audiences':
        return claims(['aud'])
      case 'request.auth.presenter':
        return claims(['azp'])
      default:
        return []
    }
  }
}

const authenticated = (principalName: Matcher): Term => ({ authenticated: { principalName } })

const namespaceTerm = (value: string): Term =>
  authenticated(regexMatcher(`.*/ns/${value.split('*').map(quoted).join('.*')}/.*`))

function trustDomainTerm(value: string): Term {
  if (value === '*') return authenticated({ prefix: 'spiffe://' })
  const [before = '', after] = value.split('*')
  if (after === undefined) return authenticated({ prefix: `spiffe://${value}/` })
  return authenticated(regexMatcher(`spiffe://${quoted(before)}[^/]*${quoted(after)}/.*`))
}

function rangeTerm(field: string, value: string): Term | undefined {
  const range = cidrRange(value)
  return range && { [field]: range }
}

function portTerm(value: string): Term | undefined {
  return /^\d+$/.test(value) && Number(value) <= 65535 ? { destinationPort: Number(value) } : undefined
}

/** A path, or a template with `{*}` and `{**}`. */
function pathTerm(value: string): Term {
  if (!value.includes('{*}') && !value.includes('{**}')) return { urlPath: { path: valueMatcher(value) } }
  const pathTemplate = value.replaceAll('{**}', '**').replaceAll('{*}', '*')
  const type = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
  return { uriTemplate: { name: 'uri-template', typedConfig: { '@type': type, pathTemplate } } }
}

/** `issuer/subject`, either with `*`. */
function requestPrincipals(values: readonly string[]): Term {
  const ids = values.map(value => {
    const [issuer, subject] = issuerAndSubject(value)
    const terms = [stringClaimMatcher('iss', issuer), stringClaimMatcher('sub', subject)]
    return { andIds: { ids: terms.map(metadata => ({ metadata })) } }
  })
  return ids.length === 1 && ids[0] ? ids[0] : { orIds: { ids } }
}

function issuerAndSubject(value: string): [Matcher, Matcher] {
  const any = regexMatcher('.+')
  const slash = value.lastIndexOf('/')
  const issuer = slash < 0 ? value : value.slice(0, slash)
  const subject = slash < 0 ? '' : value.slice(slash + 1)
  if (value === '*') return [any, any]
  if (value.startsWith('*')) {
    if (slash < 0) return [any, { suffix: value.slice(1) }]
    return [issuer === '*' ? any : { suffix: issuer.slice(1) }, { exact: subject }]
  }
  if (value.endsWith('*')) {
    if (slash < 0) return [{ prefix: value.slice(0, -1) }, any]
    return [{ exact: issuer }, subject === '*' ? any : { prefix: subject.slice(0, -1) }]
  }
  return [{ exact: issuer }, { exact: subject }]
}

/** All conditions together; undefined when one makes no sense in an ALLOW rule. */
function conjunction(
  conditions: readonly Condition[],
  kind: 'rule' | 'id',
  isAllow: boolean,
): Term | undefined {
  const terms: Term[] = []
  for (const { values, notValues, term } of conditions) {
    const wanted = values.length > 0 ? term(values) : undefined
    const unwanted = notValues.length > 0 ? term(notValues) : undefined
    if (isAllow && ((values.length > 0 && !wanted) || (notValues.length > 0 && !unwanted))) return undefined
    if (wanted) terms.push(wanted)
    if (unwanted) terms.push({ [kind === 'rule' ? 'notRule' : 'notId']: unwanted })
  }
  const all = terms.length > 0 ? terms : [{ any: true }]
  return kind === 'rule' ? { andRules: { rules: all } } : { andIds: { ids: all } }
}

/** One rule as an RBAC policy; undefined when it cannot hold on this kind of chain. */
export function rbacPolicy(
  rule: AuthorizationRule,
  context: RuleContext,
): Record<string, unknown> | undefined {
  const translation = new RuleTranslation(context)
  const permissions = translation.permissions(rule).map(c => conjunction(c, 'rule', context.isAllow))
  const principals = translation.principals(rule).map(c => conjunction(c, 'id', context.isAllow))
  if ([...permissions, ...principals].some(t => t === undefined)) return undefined
  return { permissions, principals }
}
