/** Reviews: who am I, may I, what may I, whose token. They are answered, never stored. */
import { rfc3339 } from '../../lifecycle.ts'
import { fieldsOf, toFieldsV1 } from '../apply/field-set.ts'
import type { Attributes, PolicyRule } from '../auth/rbac.ts'
import type { UserInfo } from '../auth/user.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../json.ts'
import type { Kind } from '../kinds/kind.ts'
import { invalid, methodNotAllowed } from '../status.ts'
import { invalidValue } from '../validation/causes.ts'
import type { ApiParts } from './api-parts.ts'
import { readBody } from './decode-body.ts'
import type { Exchange } from './exchange.ts'
import { bindPod } from './pod-subresources.ts'
import { REVIEW_RESOURCES } from './review-kinds.ts'

/** Answers a request for a review resource; false when the path is none. */
export async function serveReview(api: ApiParts, exchange: Exchange): Promise<boolean> {
  const { info } = exchange
  const entry = REVIEW_RESOURCES.find(
    candidate => candidate.group === info.group && candidate.name === info.resource,
  )
  if (!entry) return false
  if (info.verb !== 'create') throw methodNotAllowed()
  const kind = { kind: entry.kind } as Kind
  if (entry.kind === 'Binding') {
    const pods = api.registry.kind('', 'pods')
    if (pods) await bindPod(api.registry, { exchange, kind: pods, version: 'v1' })
    return true
  }
  const { value } = await readBody({ exchange, kind, version: info.version })
  const body = objectOf(value)
  const spec = objectOf(body.spec)
  const apiVersion = `${info.group}/${info.version}`
  const answer = await reviewed(api, exchange, entry.kind, spec)
  const metadata = {
    ...metadataOf(api, exchange, entry.kind, apiVersion, spec),
    ...(isObject(answer.metadata) ? answer.metadata : {}),
  }
  exchange.json(201, { kind: entry.kind, apiVersion, ...answer, metadata })
  return true
}

const WITHOUT_MANAGERS = new Set(['SelfSubjectReview', 'SelfSubjectRulesReview'])

function metadataOf(
  api: ApiParts,
  exchange: Exchange,
  kind: string,
  apiVersion: string,
  spec: JsonObject,
): JsonObject {
  if (WITHOUT_MANAGERS.has(kind)) return {}
  const fields = fieldsOf(undefined, { spec })
  // A pointer struct within spec is a field of its own.
  for (const [key, value] of Object.entries(spec)) if (isObject(value)) fields.add(`f:spec\u0000f:${key}`)
  const agent = exchange.header('user-agent').split('/')[0] ?? ''
  const manager = exchange.info.query.get('fieldManager') || agent || 'unknown'
  const time = rfc3339(api.registry.clock.now())
  const entry = {
    manager,
    operation: 'Update',
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(fields),
  }
  return { managedFields: [entry] }
}

async function reviewed(
  api: ApiParts,
  exchange: Exchange,
  kind: string,
  spec: JsonObject,
): Promise<JsonObject> {
  switch (kind) {
    case 'SelfSubjectReview':
      return {
        metadata: { creationTimestamp: rfc3339(api.registry.clock.now()) },
        status: { userInfo: exchange.user },
      }
    case 'TokenReview':
      return tokenReview(api, spec)
    case 'SelfSubjectRulesReview':
      return rulesReview(api, exchange.user, textOf(spec.namespace))
    case 'SelfSubjectAccessReview':
      return accessReview(api, exchange.user, spec, 'SelfSubjectAccessReview')
    default:
      return accessReview(api, userOf(spec), spec, kind)
  }
}

const userOf = (spec: JsonObject): UserInfo => ({
  username: textOf(spec.user),
  groups: listOf(spec.groups).map(String),
})

function tokenReview({ registry, options }: ApiParts, spec: JsonObject): JsonObject {
  let holder: ReturnType<typeof options.tokens.authenticate>
  try {
    holder = options.tokens.authenticate(textOf(spec.token), registry)
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  if (!holder) return { spec, status: { user: {}, error: 'invalid bearer token' } }
  return { spec, status: { authenticated: true, user: holder.user, audiences: holder.audiences } }
}

function accessReview({ authorizer }: ApiParts, user: UserInfo, spec: JsonObject, kind: string): JsonObject {
  const resource = spec.resourceAttributes
  const path = spec.nonResourceAttributes
  if (isObject(resource) === isObject(path)) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalid('authorization.k8s.io', kind, '', [invalidValue('spec.resourceAttributes', null, detail)])
  }
  const attributes = objectOf(resource)
  const asked: Attributes = {
    user,
    verb: textOf(isObject(path) ? path.verb : attributes.verb),
    group: textOf(attributes.group),
    resource: textOf(attributes.resource),
    subresource: textOf(attributes.subresource),
    name: textOf(attributes.name),
    namespace: textOf(attributes.namespace),
    path: isObject(path) ? textOf(path.path) : undefined,
  }
  const { allowed, reason } = authorizer.authorize(asked)
  return { spec, status: { allowed, ...(reason === '' ? {} : { reason }) } }
}

function rulesReview({ authorizer }: ApiParts, user: UserInfo, namespace: string): JsonObject {
  const rules: PolicyRule[] = user.groups.includes('system:masters')
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : []
  for (const { rule } of authorizer.grants(user, namespace)) rules.push(rule)
  const filled = (list: readonly string[] | undefined): boolean => list !== undefined && list.length > 0
  const resourceRules = rules
    .filter(rule => filled(rule.resources))
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(filled(resourceNames) ? { resourceNames } : {}),
    }))
  const nonResourceRules = rules
    .filter(rule => filled(rule.nonResourceURLs))
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }))
  return { spec: {}, status: { resourceRules, nonResourceRules, incomplete: false } }
}
