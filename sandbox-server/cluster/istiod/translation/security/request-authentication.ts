/** RequestAuthentication: the filter that checks tokens. Keys by URL are not fetched here; such tokens are refused. */
import type { ApiObject } from '../../../apiserver/api.ts'
import type { Filter } from '../listeners/filter-chain.ts'
import { configsOf, labelsInclude } from '../model/config.ts'
import { anyObject, bool, type Decoded, isObject, list, map, obj, str } from '../model/decode.ts'

const jwtRule = obj({
  issuer: str,
  audiences: list(str),
  jwksUri: str,
  jwks: str,
  fromHeaders: list(obj({ name: str, prefix: str })),
  fromParams: list(str),
  fromCookies: list(str),
  outputPayloadToHeader: str,
  outputClaimToHeaders: list(obj({ header: str, claim: str })),
  forwardOriginalToken: bool,
})
type JwtRule = Decoded<typeof jwtRule>

const requestAuthenticationSpec = obj({
  selector: obj({ matchLabels: map(str) }),
  targetRef: anyObject,
  targetRefs: list(anyObject),
  jwtRules: list(jwtRule),
})

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication'

/** Half of a key pair whose other half was never kept: no token is signed with it, and Envoy refuses a set without keys. */
const NOBODYS_MODULUS =
  'wnYoUoKS_mTOGVoTNHDV5woOelQvYOQGXanjFYeamXEtra--0KxAyPDHgr5Izpy2WhXKfwgdG4LuKXDX2zDhNSjZ' +
  'If3dPpZ9zhKzZJv_7KDxjFxYJYVyl_vU0w2JgV5471f8zWP7nQqvw-VjPFB-F0fP_UhxiAlSfg8EYMEbBqIFqrRe' +
  'kD2oEwjIEIUvPm9e7CIelJOw4W9bYKErjBhqTjQ71xcEUTViFikIKV2oc6OGsbE59k_8H47xto-OqpVQnTzJaNvN' +
  '4uD3LKHL83EPxK07nBdY7vSZvPgkuZ5IaaEXn2-UTcpb0J7Ww4cpb2d6_Ukaqj9j-jmrWUbCMBX8zQ'
const NOBODYS_KEYS = JSON.stringify({ keys: [{ kty: 'RSA', kid: 'nobody', e: 'AQAB', n: NOBODYS_MODULUS }] })

/** The rule's keys as far as Envoy would take them. */
function keysOf({ jwks }: JwtRule): string {
  try {
    const parsed: unknown = JSON.parse(jwks ?? '')
    if (isObject(parsed) && Array.isArray(parsed.keys) && parsed.keys.length > 0) return jwks ?? NOBODYS_KEYS
  } catch {
    // Not JSON: as good as no keys.
  }
  return NOBODYS_KEYS
}

function provider(rule: JwtRule, clearsRouteCache: boolean): Record<string, unknown> {
  return {
    issuer: rule.issuer ?? '',
    ...(rule.audiences?.length ? { audiences: rule.audiences } : {}),
    localJwks: { inlineString: keysOf(rule) },
    ...(rule.forwardOriginalToken ? { forward: true } : {}),
    ...(rule.fromHeaders?.length
      ? {
          fromHeaders: rule.fromHeaders.map(h => ({
            name: h.name ?? '',
            ...(h.prefix ? { valuePrefix: h.prefix } : {}),
          })),
        }
      : {}),
    ...(rule.fromParams?.length ? { fromParams: rule.fromParams } : {}),
    ...(rule.fromCookies?.length ? { fromCookies: rule.fromCookies } : {}),
    ...(rule.outputPayloadToHeader ? { forwardPayloadHeader: rule.outputPayloadToHeader } : {}),
    ...(rule.outputClaimToHeaders?.length
      ? {
          claimToHeaders: rule.outputClaimToHeaders.map(c => ({
            headerName: c.header ?? '',
            claimName: c.claim ?? '',
          })),
        }
      : {}),
    payloadInMetadata: 'payload',
    normalizePayloadInMetadata: { spaceDelimitedClaims: ['permission', 'scope'] },
    ...(clearsRouteCache ? { clearRouteCache: true } : {}),
  }
}

/** The filter; none without rules. A request without a token passes: AuthorizationPolicy may demand one. */
export function jwtFilters(
  config: readonly ApiObject[],
  rootNamespace: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  isGateway: boolean,
): Filter[] {
  const rules = configsOf(config, 'security.istio.io', 'RequestAuthentication', requestAuthenticationSpec)
    .filter(c => c.namespace === namespace || c.namespace === rootNamespace)
    .filter(({ spec }) => !spec.targetRef && !spec.targetRefs?.length)
    .filter(({ spec }) => labelsInclude(labels, spec.selector?.matchLabels))
    .flatMap(({ spec }) => spec.jwtRules ?? [])
    .sort((a, b) => ((a.issuer ?? '') < (b.issuer ?? '') ? -1 : 1))
  if (rules.length === 0) return []
  const names = rules.map((_, i) => `origins-${i}`)
  const optional = names.map(providerName => ({
    requiresAny: { requirements: [{ providerName }, { allowMissing: {} }] },
  }))
  const requires =
    optional.length === 1
      ? optional[0]
      : {
          requiresAny: {
            requirements: [
              ...names.map(providerName => ({ providerName })),
              { requiresAll: { requirements: optional } },
            ],
          },
        }
  return [
    {
      name: 'envoy.filters.http.jwt_authn',
      typedConfig: {
        '@type': TYPE,
        providers: Object.fromEntries(rules.map((rule, i) => [`origins-${i}`, provider(rule, isGateway)])),
        rules: [{ match: { prefix: '/' }, requires }],
        bypassCorsPreflight: true,
      },
    },
  ]
}
