/** Injected delays and aborts. */
import { GRPC_STATUS } from '../../grpc-status.ts'
import { protoDuration } from '../model/duration.ts'
import type { Fault } from '../model/specs/virtual-service.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

/** A share of 100 in millionths, rounded down as istiod does. */
export const millionths = (percent: number): Record<string, unknown> => ({
  numerator: Math.trunc(percent * 10_000),
  denominator: 'MILLION',
})

/** A whole share of 100. */
export const hundredths = (percent: number): Record<string, unknown> => ({ numerator: Math.trunc(percent) })

function delay(fault: Fault['delay']): Record<string, unknown> | undefined {
  const fixedDelay = protoDuration(fault?.fixedDelay)
  if (!fault || fixedDelay === undefined) return undefined
  return {
    fixedDelay,
    percentage: fault.percentage ? millionths(fault.percentage.value ?? 0) : hundredths(fault.percent ?? 0),
  }
}

function abort(fault: Fault['abort']): Record<string, unknown> | undefined {
  if (!fault) return undefined
  const percentage = fault.percentage ? { percentage: millionths(fault.percentage.value ?? 0) } : {}
  if (fault.httpStatus !== undefined) return { httpStatus: fault.httpStatus, ...percentage }
  if (fault.grpcStatus !== undefined)
    return { grpcStatus: GRPC_STATUS.get(fault.grpcStatus) ?? 0, ...percentage }
  return undefined
}

/** The fault filter's settings of a route. */
export function faultFilter(fault: Fault): Record<string, unknown> {
  const delayed = delay(fault.delay)
  const aborted = abort(fault.abort)
  return { '@type': TYPE, ...(delayed ? { delay: delayed } : {}), ...(aborted ? { abort: aborted } : {}) }
}
