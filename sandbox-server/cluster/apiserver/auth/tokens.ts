/** ServiceAccount tokens: JWTs signed with ES256, bound to the account's uid (and a pod's, when asked). */
import { createHash, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto'
import { at, isObject, type JsonObject, textOf } from '../json.ts'
import type { Registry } from '../registry.ts'
import { serviceAccountName, type UserInfo } from './user.ts'

export const ISSUER = 'https://kubernetes.default.svc.cluster.local'

export interface TokenClaims {
  namespace: string
  name: string
  uid: string
  audiences: readonly string[]
  expirationSeconds: number
  /** Milliseconds since the epoch. */
  now: number
  boundObject?: { kind: string; name: string; uid: string }
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs and checks tokens with the cluster's key. */
export class TokenIssuer {
  readonly #key: KeyObject
  readonly #publicKey: KeyObject
  readonly #keyId: string

  constructor(key: KeyObject) {
    this.#key = key
    this.#publicKey = createPublicKey(key)
    this.#keyId = createHash('sha256')
      .update(this.#publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
  }

  issue(claims: TokenClaims): string {
    const issuedAt = Math.floor(claims.now / 1000)
    const bound = claims.boundObject
    const payload = {
      aud: claims.audiences,
      exp: issuedAt + claims.expirationSeconds,
      iat: issuedAt,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: claims.namespace,
        ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
        serviceaccount: { name: claims.name, uid: claims.uid },
      },
      nbf: issuedAt,
      sub: serviceAccountName(claims.namespace, claims.name),
    }
    const text = `${encoded({ alg: 'ES256', kid: this.#keyId })}.${encoded(payload)}`
    const signature = sign('sha256', Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }

  /** The keys that check tokens, as a JSON Web Key Set. */
  keySet(): { keys: JsonObject[] } {
    const { kty, crv, x, y } = this.#publicKey.export({ format: 'jwk' })
    return { keys: [{ use: 'sig', kty, kid: this.#keyId, crv, alg: 'ES256', x, y }] }
  }

  /** Who holds the token; undefined when it is forged, expired, or its account is gone. */
  authenticate(token: string, registry: Registry): { user: UserInfo; audiences: string[] } | undefined {
    const payload = this.#verified(token)
    if (!payload || Number(payload.exp) * 1000 < registry.clock.now()) return undefined
    const namespace = textOf(at(payload, 'kubernetes.io', 'namespace'))
    const name = textOf(at(payload, 'kubernetes.io', 'serviceaccount', 'name'))
    const uid = textOf(at(payload, 'kubernetes.io', 'serviceaccount', 'uid'))
    const account = registry.api.get({ group: '', resource: 'serviceaccounts' }, namespace, name)
    if (account?.metadata.uid !== uid) return undefined
    const pod = at(payload, 'kubernetes.io', 'pod')
    const extra: Record<string, string[]> = {
      'authentication.kubernetes.io/credential-id': [`JTI=${textOf(payload.jti)}`],
    }
    if (isObject(pod)) {
      const live = registry.api.get({ group: '', resource: 'pods' }, namespace, textOf(pod.name))
      if (live?.metadata.uid !== pod.uid) return undefined
      extra['authentication.kubernetes.io/pod-name'] = [textOf(pod.name)]
      extra['authentication.kubernetes.io/pod-uid'] = [textOf(pod.uid)]
    }
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
    const audiences = Array.isArray(payload.aud) ? payload.aud.map(String) : []
    return { user: { username: serviceAccountName(namespace, name), uid, groups, extra }, audiences }
  }

  #verified(token: string): JsonObject | undefined {
    const [header, payload, signature, more] = token.split('.')
    if (!header || !payload || !signature || more !== undefined) return undefined
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const }
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
      return undefined
    const parsed: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return isObject(parsed) ? parsed : undefined
  }
}
