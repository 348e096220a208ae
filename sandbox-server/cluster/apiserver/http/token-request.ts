/** serviceaccounts/token: TokenRequest. */
import { rfc3339 } from '../../lifecycle.ts'
import { ISSUER } from '../auth/tokens.ts'
import { listOf, objectOf, textOf } from '../json.ts'
import { invalid, notFound } from '../status.ts'
import { invalidValue } from '../validation/causes.ts'
import type { ApiParts } from './api-parts.ts'
import { readBody } from './decode-body.ts'
import type { ResourceExchange } from './exchange.ts'

const DEFAULT_SECONDS = 3600
const MINIMUM_SECONDS = 600
const MAXIMUM_SECONDS = 2 ** 32

/** Issues a token for a service account, bound to a pod or secret when asked. */
export async function createToken(api: ApiParts, target: ResourceExchange): Promise<void> {
  const { registry, options } = api
  const { exchange, kind } = target
  const { namespace = '', name = '' } = exchange.info
  const { value } = await readBody({ ...target, kind: { ...kind, kind: 'TokenRequest' } })
  const account = registry.get(kind, namespace, name)
  if (!account) throw notFound('', 'serviceaccounts', name)
  const spec = objectOf(objectOf(value).spec)
  const expirationSeconds =
    typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : DEFAULT_SECONDS
  checkExpiration(expirationSeconds)
  const audiences = listOf(spec.audiences).map(String)
  const bound = objectOf(spec.boundObjectRef)
  const boundObject = textOf(bound.kind) === '' ? undefined : boundTo(api, namespace, bound)
  const now = registry.clock.now()
  const claims = {
    namespace,
    name,
    uid: account.metadata.uid,
    audiences: audiences.length > 0 ? audiences : [ISSUER],
    expirationSeconds,
    now,
    boundObject,
  }
  exchange.json(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: rfc3339(now) },
    spec: {
      audiences: claims.audiences,
      expirationSeconds,
      boundObjectRef: boundObject ? { ...bound, uid: boundObject.uid } : null,
    },
    status: {
      token: options.tokens.issue(claims),
      expirationTimestamp: rfc3339(now + expirationSeconds * 1000),
    },
  })
}

function checkExpiration(seconds: number): void {
  const field = 'spec.expirationSeconds'
  if (seconds < MINIMUM_SECONDS) {
    throw invalid('authentication.k8s.io', 'TokenRequest', '', [
      invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'),
    ])
  }
  if (seconds > MAXIMUM_SECONDS) {
    throw invalid('authentication.k8s.io', 'TokenRequest', '', [
      invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'),
    ])
  }
}

function boundTo(
  { registry }: ApiParts,
  namespace: string,
  bound: Record<string, unknown>,
): { kind: string; name: string; uid: string } {
  const kind = textOf(bound.kind)
  const name = textOf(bound.name)
  const resource = kind === 'Pod' ? 'pods' : kind === 'Secret' ? 'secrets' : ''
  const object = resource === '' ? undefined : registry.api.get({ group: '', resource }, namespace, name)
  if (!object) throw notFound('', resource || kind.toLowerCase(), name)
  return { kind, name, uid: object.metadata.uid }
}
