/** How long a step took, as `0:41`. */
import type { StepReport } from '../../../sandbox-server/protocol/steps.ts'

/** Empty while the step has not passed. */
export function elapsed({ startedAt, passedAt }: Pick<StepReport, 'startedAt' | 'passedAt'>): string {
  if (startedAt === undefined || passedAt === undefined) return ''
  const seconds = Math.max(0, Math.round((Date.parse(passedAt) - Date.parse(startedAt)) / 1000))
  const minutes = Math.floor(seconds / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`
}
