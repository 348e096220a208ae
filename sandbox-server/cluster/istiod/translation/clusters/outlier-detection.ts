/** Outlier detection. */
import { protoDuration } from '../model/duration.ts'
import type { OutlierDetection } from '../model/specs/destination-rule.ts'
import type { ClusterDraft } from './draft.ts'

const enforced = (errors: number): number => (errors > 0 ? 100 : 0)

/** Writes it into the cluster; ejection by success rate stays off, as Istio has no setting for it. */
export function applyOutlierDetection(draft: ClusterDraft, outlier: OutlierDetection | undefined): void {
  if (!outlier) return
  const { consecutive5xxErrors, consecutiveGatewayErrors, consecutiveLocalOriginFailures } = outlier
  const interval = protoDuration(outlier.interval)
  const baseEjectionTime = protoDuration(outlier.baseEjectionTime)
  draft.fields.outlierDetection = {
    enforcingSuccessRate: 0,
    ...(consecutive5xxErrors !== undefined
      ? { consecutive5xx: consecutive5xxErrors, enforcingConsecutive5xx: enforced(consecutive5xxErrors) }
      : {}),
    ...(consecutiveGatewayErrors !== undefined
      ? {
          consecutiveGatewayFailure: consecutiveGatewayErrors,
          enforcingConsecutiveGatewayFailure: enforced(consecutiveGatewayErrors),
        }
      : {}),
    ...(interval ? { interval } : {}),
    ...(baseEjectionTime ? { baseEjectionTime } : {}),
    ...(outlier.maxEjectionPercent ? { maxEjectionPercent: outlier.maxEjectionPercent } : {}),
    ...(outlier.splitExternalLocalOriginErrors
      ? { splitExternalLocalOriginErrors: true, enforcingLocalOriginSuccessRate: 0 }
      : {}),
    ...(outlier.splitExternalLocalOriginErrors && consecutiveLocalOriginFailures
      ? {
          consecutiveLocalOriginFailure: consecutiveLocalOriginFailures,
          enforcingConsecutiveLocalOriginFailure: 100,
        }
      : {}),
  }
  const minHealthPercent = outlier.minHealthPercent ?? 0
  if (minHealthPercent >= 0) {
    const value = minHealthPercent > 0 ? { value: minHealthPercent } : {}
    draft.commonLbConfig = { ...draft.commonLbConfig, healthyPanicThreshold: value }
  }
  applyErrorCodes(draft, outlier.outlierDetectionHttpErrorCodes ?? [])
}

/** Status codes that count as errors instead of the 5xx. */
function applyErrorCodes(draft: ClusterDraft, codes: readonly number[]): void {
  if (codes.length === 0) return
  const rules = codes.map(code => ({
    httpResponseHeadersMatch: { headers: [{ name: ':status', stringMatch: { exact: String(code) } }] },
  }))
  draft.httpOptions = {
    ...draft.httpOptions,
    outlierDetection: { errorMatcher: rules.length === 1 ? rules[0] : { orMatch: { rules } } },
  }
}
