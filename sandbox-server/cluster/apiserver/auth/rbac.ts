/** Role based access control: which rules a user has, and whether one of them allows a request. */
import type { ApiObject } from '../api.ts'
import { listOf, objectOf, objectsOf, textOf } from '../json.ts'
import type { ServedKinds } from '../kinds/kind.ts'
import { serviceAccountName, type UserInfo } from './user.ts'

export interface PolicyRule {
  verbs: readonly string[]
  apiGroups?: readonly string[]
  resources?: readonly string[]
  resourceNames?: readonly string[]
  nonResourceURLs?: readonly string[]
}

export interface Attributes {
  user: UserInfo
  verb: string
  group: string
  resource: string
  subresource: string
  name: string
  namespace: string
  /** Set for requests that are no resource's. */
  path?: string
}

export interface Decision {
  allowed: boolean
  reason: string
}

const RBAC = 'rbac.authorization.k8s.io'
const includes = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted))

/** Whether one rule allows the request. */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!includes(rule.verbs, asked.verb)) return false
  if (asked.path !== undefined) {
    const { path } = asked
    return (rule.nonResourceURLs ?? []).some(
      url => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    )
  }
  if (!includes(rule.apiGroups, asked.group)) return false
  const names = rule.resourceNames ?? []
  if (names.length > 0 && !names.includes(asked.name)) return false
  const combined = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`
  return (rule.resources ?? []).some(
    resource =>
      resource === '*' ||
      resource === combined ||
      (asked.subresource !== '' && resource === `*/${asked.subresource}`),
  )
}

/** A role's rules, their lists read as text. */
export function rulesOf(role: ApiObject | undefined): PolicyRule[] {
  return objectsOf(role?.rules).map(rule => ({
    verbs: listOf(rule.verbs).map(String),
    apiGroups: listOf(rule.apiGroups).map(String),
    resources: listOf(rule.resources).map(String),
    resourceNames: listOf(rule.resourceNames).map(String),
    nonResourceURLs: listOf(rule.nonResourceURLs).map(String),
  }))
}

interface Grant {
  rule: PolicyRule
  reason: string
}

export class Authorizer {
  readonly #registry: ServedKinds

  constructor(registry: ServedKinds) {
    this.#registry = registry
  }

  authorize(asked: Attributes): Decision {
    if (asked.user.groups.includes('system:masters')) return { allowed: true, reason: '' }
    for (const { rule, reason } of this.grants(asked.user, asked.path === undefined ? asked.namespace : '')) {
      if (ruleAllows(rule, asked)) return { allowed: true, reason }
    }
    return { allowed: false, reason: '' }
  }

  /** Every rule the user has in the namespace ('' for cluster-wide ones alone), with the words that name its source. */
  *grants(user: UserInfo, namespace: string): Iterable<Grant> {
    const api = this.#registry.api
    for (const binding of api.list({ group: RBAC, resource: 'clusterrolebindings' })) {
      yield* this.#grantsOf(binding, user, '')
    }
    if (namespace === '') return
    for (const binding of api.list({ group: RBAC, resource: 'rolebindings' }, { namespace })) {
      yield* this.#grantsOf(binding, user, namespace)
    }
  }

  #grantsOf(binding: ApiObject, user: UserInfo, namespace: string): Grant[] {
    const subject = objectsOf(binding.subjects).find(candidate => matchesSubject(candidate, user, namespace))
    if (!subject) return []
    const reference = objectOf(binding.roleRef)
    const where = namespace === '' ? `"${binding.metadata.name}"` : `"${binding.metadata.name}/${namespace}"`
    const words = subjectWords(subject)
    const reason = `RBAC: allowed by ${binding.kind} ${where} of ${textOf(reference.kind)} "${textOf(reference.name)}" to ${words}`
    return rulesOf(this.role(reference, namespace)).map(rule => ({ rule, reason }))
  }

  /** The role that a roleRef names. */
  role(reference: Record<string, unknown>, namespace: string): ApiObject | undefined {
    const name = textOf(reference.name)
    return reference.kind === 'ClusterRole'
      ? this.#registry.api.get({ group: RBAC, resource: 'clusterroles' }, undefined, name)
      : this.#registry.api.get({ group: RBAC, resource: 'roles' }, namespace, name)
  }
}

function matchesSubject(subject: Record<string, unknown>, user: UserInfo, namespace: string): boolean {
  const name = textOf(subject.name)
  switch (subject.kind) {
    case 'User':
      return user.username === name
    case 'Group':
      return user.groups.includes(name)
    case 'ServiceAccount':
      return user.username === serviceAccountName(textOf(subject.namespace) || namespace, name)
    default:
      return false
  }
}

const subjectWords = (subject: Record<string, unknown>): string =>
  subject.kind === 'ServiceAccount'
    ? `ServiceAccount "${textOf(subject.name)}/${textOf(subject.namespace)}"`
    : `${textOf(subject.kind)} "${textOf(subject.name)}"`
