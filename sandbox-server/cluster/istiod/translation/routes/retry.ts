/** Retry policies, with Istio's defaults where a VirtualService says nothing. */
import { protoDuration } from '../model/duration.ts'
import type { Retries } from '../model/specs/virtual-service.ts'

const DEFAULT_RETRY_ON = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'
const DEFAULT_ATTEMPTS = 2
/** Inbound, only what never reached the application is tried again. */
const INBOUND_RETRY_ON = 'reset-before-request'
const HOST_SELECTION_ATTEMPTS = '5'

const PREVIOUS_HOSTS = [
  {
    name: 'envoy.retry_host_predicates.previous_hosts',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
    },
  },
]

const PREVIOUS_PRIORITIES = {
  name: 'envoy.retry_priorities.previous_priorities',
  typedConfig: {
    '@type':
      'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
    updateFrequency: 2,
  },
}

/** Status codes with a name in Go's net/http; others in retryOn are passed on as words. */
const KNOWN_STATUS_CODES = new Set([
  100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307,
  308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421,
  422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
])

interface RetryOn {
  retryOn: string
  retriableStatusCodes?: number[]
}

function parseRetryOn(text: string | undefined, otherwise: string): RetryOn {
  if (!text) return { retryOn: otherwise }
  const words: string[] = []
  const codes: number[] = []
  for (const part of text.split(',').map(p => p.trim())) {
    if (part === '') continue
    if (/^\d+$/.test(part) && KNOWN_STATUS_CODES.has(Number(part))) codes.push(Number(part))
    else words.push(part)
  }
  const retryOn = words.join(',')
  if (codes.length === 0) return { retryOn }
  const named = retryOn.includes('retriable-status-codes')
  return { retryOn: named ? retryOn : `${retryOn},retriable-status-codes`, retriableStatusCodes: codes }
}

const backOff = (backoff: string | undefined): Record<string, unknown> => {
  const baseInterval = protoDuration(backoff)
  return baseInterval ? { retryBackOff: { baseInterval } } : {}
}

/**
 * The policy of an outbound route; undefined when retries are off. With consistent hashing the same host is asked
 * again, so that previous hosts are not avoided.
 */
export function retryPolicy(
  retries: Retries | undefined,
  consistentHash: boolean,
): Record<string, unknown> | undefined {
  if (retries && (retries.attempts ?? 0) <= 0) return undefined
  const avoidPrevious = retries?.retryIgnorePreviousHosts ?? !consistentHash
  const perTryTimeout = protoDuration(retries?.perTryTimeout)
  return {
    ...parseRetryOn(retries?.retryOn, DEFAULT_RETRY_ON),
    numRetries: retries?.attempts ?? DEFAULT_ATTEMPTS,
    ...(perTryTimeout ? { perTryTimeout } : {}),
    ...(avoidPrevious ? { retryHostPredicate: PREVIOUS_HOSTS } : {}),
    hostSelectionRetryMaxAttempts: HOST_SELECTION_ATTEMPTS,
    ...(retries?.retryRemoteLocalities ? { retryPriority: PREVIOUS_PRIORITIES } : {}),
    ...backOff(retries?.backoff),
  }
}

/** The policy of an inbound route; undefined when the mesh turns it off. */
export function inboundRetryPolicy(retries: Retries | undefined): Record<string, unknown> | undefined {
  if (retries && (retries.attempts ?? 0) <= 0) return undefined
  return {
    ...parseRetryOn(retries?.retryOn, INBOUND_RETRY_ON),
    numRetries: retries?.attempts ?? DEFAULT_ATTEMPTS,
    ...backOff(retries?.backoff),
  }
}
