/** Cross-origin policies. */
import { wholeSeconds } from '../model/duration.ts'
import type { CorsPolicy } from '../model/specs/virtual-service.ts'
import { stringMatcher } from './match.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy'

const commaList = (name: string, values: readonly string[] | undefined): Record<string, string> =>
  values?.length ? { [name]: values.join(',') } : {}

/** The CORS filter's settings of a route. */
export function corsFilter(policy: CorsPolicy): Record<string, unknown> {
  const origins = policy.allowOrigins
    ? policy.allowOrigins.map(stringMatcher).filter(m => m !== undefined)
    : (policy.allowOrigin ?? []).map(exact => ({ exact }))
  const maxAge = wholeSeconds(policy.maxAge)
  return {
    '@type': TYPE,
    ...(origins.length > 0 ? { allowOriginStringMatch: origins } : {}),
    ...commaList('allowMethods', policy.allowMethods),
    ...commaList('allowHeaders', policy.allowHeaders),
    ...commaList('exposeHeaders', policy.exposeHeaders),
    ...(maxAge !== undefined ? { maxAge: String(maxAge) } : {}),
    ...(policy.allowCredentials !== undefined ? { allowCredentials: policy.allowCredentials } : {}),
    filterEnabled: { defaultValue: { numerator: 100 } },
    forwardNotMatchingPreflights: policy.unmatchedPreflights !== 'IGNORE',
  }
}
