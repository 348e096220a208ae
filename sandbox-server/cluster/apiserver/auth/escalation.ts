/**
 * Nobody may give away more than they hold: writes of roles and bindings by people compare what is granted with what the
 * writer has (k8s.io/kubernetes/pkg/registry/rbac: policybased storage, validation.ConfirmNoEscalation).
 */
import type { ApiObject } from '../api.ts'
import { equal, objectOf, textOf } from '../json.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { forbidden, notFound } from '../status.ts'
import { Authorizer, type PolicyRule, rulesOf } from './rbac.ts'
import type { UserInfo } from './user.ts'

const RBAC = 'rbac.authorization.k8s.io'

export interface GrantContext {
  registry: ServedKinds
  /** Absent for parts of the cluster, which may grant anything. */
  user?: UserInfo
}

/** Throws a 403 StatusError when a role says more than its writer holds. */
export function checkRole(role: ApiObject, old: ApiObject | undefined, context: GrantContext): void {
  const { user, registry } = context
  if (!user || mayDoAnything(user)) return
  if (old && equal(old.rules, role.rules) && equal(old.aggregationRule, role.aggregationRule)) return
  const authorizer = new Authorizer(registry)
  if (holdsVerb(authorizer, user, 'escalate', role.kind, role.metadata.name, role.metadata.namespace)) return
  // What an aggregated role will hold is anybody's: only who holds everything may write one.
  const granted = role.aggregationRule === undefined ? rulesOf(role) : EVERYTHING
  confirm(authorizer, user, role, granted)
}

/** Throws a 403 StatusError when a binding grants more than its writer holds; 404 when its role does not exist. */
export function checkBinding(binding: ApiObject, _old: ApiObject | undefined, context: GrantContext): void {
  const { user, registry } = context
  if (!user || mayDoAnything(user)) return
  const authorizer = new Authorizer(registry)
  const reference = objectOf(binding.roleRef)
  const name = textOf(reference.name)
  const { namespace = '' } = binding.metadata
  if (holdsVerb(authorizer, user, 'bind', textOf(reference.kind), name, namespace)) return
  const role = authorizer.role(reference, namespace)
  if (!role) throw notFound(RBAC, reference.kind === 'ClusterRole' ? 'clusterroles' : 'roles', name)
  confirm(authorizer, user, binding, rulesOf(role))
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

const mayDoAnything = (user: UserInfo): boolean => user.groups.includes('system:masters')

function holdsVerb(
  authorizer: Authorizer,
  user: UserInfo,
  verb: string,
  kind: string,
  name: string,
  namespace = '',
): boolean {
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  return authorizer.authorize({ user, verb, group: RBAC, resource, subresource: '', name, namespace }).allowed
}

function confirm(
  authorizer: Authorizer,
  user: UserInfo,
  object: ApiObject,
  granted: readonly PolicyRule[],
): void {
  const held = [...authorizer.grants(user, object.metadata.namespace ?? '')].map(({ rule }) => rule)
  const missing = granted.flatMap(singleRights).filter(right => !held.some(rule => covers(rule, right)))
  if (missing.length === 0) return
  const descriptions = [...new Set(withVerbsTogether(missing).map(ruleText))].sort()
  const groups = user.groups.map(group => JSON.stringify(group)).join(' ')
  throw forbidden(
    RBAC,
    `${object.kind.toLowerCase()}s`,
    object.metadata.name,
    `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${descriptions.join('\n')}`,
  )
}

/** One rule a group, resource, name and verb. */
function singleRights(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const rights: PolicyRule[] = []
  for (const apiGroup of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const right = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] }
        if (resourceNames.length === 0) rights.push(right)
        else rights.push(...resourceNames.map(name => ({ ...right, resourceNames: [name] })))
      }
    }
  }
  for (const url of nonResourceURLs) {
    for (const verb of verbs) rights.push({ verbs: [verb], nonResourceURLs: [url] })
  }
  return rights
}

const hasAll = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.includes('*') || wanted.every(item => held.includes(item))

function covers(held: PolicyRule, right: PolicyRule): boolean {
  const names = held.resourceNames ?? []
  const wanted = right.resourceNames ?? []
  return (
    hasAll(held.verbs, right.verbs) &&
    hasAll(held.apiGroups, right.apiGroups) &&
    (right.resources ?? []).every(resource => coversResource(held.resources ?? [], resource)) &&
    (names.length === 0 || (wanted.length > 0 && wanted.every(name => names.includes(name)))) &&
    (right.nonResourceURLs ?? []).every(url => coversUrl(held.nonResourceURLs ?? [], url))
  )
}

function coversResource(held: readonly string[], resource: string): boolean {
  const [, subresource] = resource.split('/')
  return (
    held.includes('*') ||
    held.includes(resource) ||
    (subresource !== undefined && held.includes(`*/${subresource}`))
  )
}

const coversUrl = (held: readonly string[], url: string): boolean =>
  held.some(one => one === '*' || one === url || (one.endsWith('*') && url.startsWith(one.slice(0, -1))))

/** Rights that differ in their verb alone become one rule. */
function withVerbsTogether(rights: readonly PolicyRule[]): PolicyRule[] {
  const together = new Map<string, PolicyRule>()
  for (const { verbs, ...rest } of rights) {
    const simple = rest.nonResourceURLs === undefined
    const key = JSON.stringify(simple ? rest : { rest, verbs })
    const known = together.get(key)
    together.set(key, { ...rest, verbs: [...(known?.verbs ?? []), ...verbs] })
  }
  return [...together.values()]
}

const RULE_PARTS = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
function ruleText(rule: PolicyRule): string {
  const parts = RULE_PARTS.flatMap(([goName, field]) => {
    const values = rule[field] ?? []
    return values.length === 0 ? [] : [`${goName}:[${values.map(value => JSON.stringify(value)).join(' ')}]`]
  })
  return `{${parts.join(', ')}}`
}
