/** What roles and bindings share: schemas, defaults, rules and table cells. */
import type { ApiObject } from '../api.ts'
import { equal, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../json.ts'
import { always, atomic, kindSchema, labelSelector, list, object, text } from '../schema/declare.ts'
import type { StatusCause } from '../status.ts'
import { immutable, invalidValue, notSupported, required } from '../validation/causes.ts'

import { AGE_COLUMN, column, NAME_COLUMN, wide } from './columns.ts'
import { age } from './time.ts'

const RBAC = 'rbac.authorization.k8s.io'

const rule = object(
  {
    apiGroups: list(text),
    nonResourceURLs: list(text),
    resourceNames: list(text),
    resources: list(text),
    verbs: list(text),
  },
  ['verbs'],
)

export const roleSchema = kindSchema({ rules: list(rule) })
export const clusterRoleSchema = kindSchema({
  aggregationRule: object({ clusterRoleSelectors: list(labelSelector) }),
  rules: list(rule),
})
export const bindingSchema = kindSchema({
  roleRef: always(atomic(object({ apiGroup: text, kind: always(text, ''), name: always(text, '') }))),
  subjects: list(
    atomic(object({ apiGroup: text, kind: always(text, ''), name: always(text, ''), namespace: text })),
  ),
})

/** Go writes `rules: null` for a role without rules. */
export function defaultRules(role: JsonObject): void {
  if (role.rules === undefined) role.rules = null
}

export function validateRole(role: ApiObject): StatusCause[] {
  return objectsOf(role.rules).flatMap((entry, index) => {
    const path = `rules[${index}]`
    const causes: StatusCause[] = []
    if (listOf(entry.verbs).length === 0)
      causes.push(required(`${path}.verbs`, 'verbs must contain at least one value'))
    const urls = listOf(entry.nonResourceURLs)
    if (urls.length > 0) {
      if (role.kind === 'Role')
        causes.push(
          invalidValue(`${path}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'),
        )
      return causes
    }
    if (listOf(entry.apiGroups).length === 0)
      causes.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
    if (listOf(entry.resources).length === 0)
      causes.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
    return causes
  })
}

export function defaultBinding(binding: JsonObject): void {
  const reference = objectOf(binding.roleRef)
  if (textOf(reference.apiGroup) === '') reference.apiGroup = RBAC
  for (const subject of objectsOf(binding.subjects)) {
    if ((subject.kind === 'User' || subject.kind === 'Group') && textOf(subject.apiGroup) === '')
      subject.apiGroup = RBAC
  }
}

export function validateBinding(binding: ApiObject): StatusCause[] {
  const reference = objectOf(binding.roleRef)
  const kinds = binding.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const causes: StatusCause[] = []
  if (!kinds.includes(textOf(reference.kind)))
    causes.push(notSupported('roleRef.kind', reference.kind ?? '', kinds))
  if (textOf(reference.name) === '') causes.push(required('roleRef.name'))
  objectsOf(binding.subjects).forEach((subject, index) => {
    const path = `subjects[${index}]`
    if (textOf(subject.name) === '') causes.push(required(`${path}.name`))
    if (!['ServiceAccount', 'User', 'Group'].includes(textOf(subject.kind))) {
      causes.push(notSupported(`${path}.kind`, subject.kind ?? '', ['ServiceAccount', 'User', 'Group']))
    } else if (
      binding.kind === 'ClusterRoleBinding' &&
      subject.kind === 'ServiceAccount' &&
      textOf(subject.namespace) === ''
    )
      causes.push(required(`${path}.namespace`))
  })
  return causes
}

export function validateBindingUpdate(binding: ApiObject, old: ApiObject): StatusCause[] {
  const causes = validateBinding(binding)
  if (!equal(binding.roleRef, old.roleRef)) {
    causes.push({
      ...immutable('roleRef', binding.roleRef),
      message: `Invalid value: ${JSON.stringify(goRoleRef(binding))}: cannot change roleRef`,
    })
  }
  return causes
}

function goRoleRef(binding: ApiObject): JsonObject {
  const { apiGroup, kind, name } = objectOf(binding.roleRef)
  return { APIGroup: apiGroup, Kind: kind, Name: name }
}

export const bindingColumns = [
  NAME_COLUMN,
  column(
    'Role',
    'string',
    'RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
  ),
  AGE_COLUMN,
  wide('Users', 'Users in the roleBinding'),
  wide('Groups', 'Groups in the roleBinding'),
  wide('ServiceAccounts', 'ServiceAccounts in the roleBinding'),
]

export function bindingRow(binding: ApiObject, now: number): unknown[] {
  const reference = objectOf(binding.roleRef)
  const named = (kind: string, show: (subject: JsonObject) => string): string =>
    objectsOf(binding.subjects)
      .filter(subject => subject.kind === kind)
      .map(show)
      .join(', ')
  return [
    binding.metadata.name,
    `${textOf(reference.kind)}/${textOf(reference.name)}`,
    age(binding, now),
    named('User', subject => textOf(subject.name)),
    named('Group', subject => textOf(subject.name)),
    named('ServiceAccount', subject => `${textOf(subject.namespace)}/${textOf(subject.name)}`),
  ]
}
