/** RequestAuthentication: the filter that checks tokens. Keys by URL are not fetched here; such tokens are refused. */
import type { ApiObject } from '../../../apiserver/api.ts'
import type { Filter } from '../listeners/filter-chain.ts'
import { configsOf, labelsInclude } from '../model/config.ts'
import { anyObject, bool, type Decoded, list, map, obj, str } from '../model/decode.ts'

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
const NO_KEYS = '{"keys":[]}'

function provider(rule: JwtRule, clearsRouteCache: boolean): Record<string, unknown> {
  return {
    issuer: rule.issuer ?? '',
    ...(rule.audiences?.length ? { audiences: rule.audiences } : {}),
    localJwks: { inlineString: rule.jwks || NO_KEYS },
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
