/** What an HTTP route may do: redirect, answer, rewrite, retry, mirror, inject faults, allow origins. */
import { GRPC_STATUS } from '../grpc-status.ts'
import { checkDestination } from './destinations.ts'
import { checkDuration, durationNs } from './durations.ts'
import { append, type GoError, listed, q } from './go-error.ts'
import { checkCorsHeaderName, isAuthority } from './headers.ts'
import { checkPort } from './names.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { child, children, count, has, type Message, text, textMap, texts } from './reading.ts'
import { checkMatchRegex, checkRegex } from './string-match.ts'

const checkStatus = (status: number): GoError =>
  status < 200 || status > 600 ? `HTTP status ${status} is not in range 200-599` : undefined

const checkPercentage = (percentage: Message | undefined): GoError => {
  const value = count(percentage, 'value')
  return value < 0 || value > 100 || (value > 0 && value < 0.0001)
    ? `percentage ${goFloat(value)} is neither 0.0, nor in range [0.0001, 100.0]`
    : undefined
}

/** Go's `%v` of a float64: exponents for the very large and very small. */
const goFloat = (value: number): string => {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}

const checkAbort = (abort: Message | undefined): GoError => {
  if (!abort) return undefined
  const grpc = text(abort, 'grpcStatus')
  const unknown = `gRPC status ${q(grpc)} is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`
  return append(
    checkPercentage(child(abort, 'percentage')),
    has(abort, 'grpcStatus') && !GRPC_STATUS.has(grpc) ? unknown : undefined,
    has(abort, 'http2Error') ? 'HTTP/2 abort fault injection not supported yet' : undefined,
    has(abort, 'httpStatus') ? checkStatus(count(abort, 'httpStatus')) : undefined,
  )
}

const checkDelay = (delay: Message | undefined): GoError => {
  if (!delay) return undefined
  const errors = append(
    checkPercentage(child(delay, 'percentage')),
    checkDuration(durationNs(delay, 'fixedDelay')),
    checkDuration(durationNs(delay, 'exponentialDelay')),
  )
  return has(delay, 'exponentialDelay') ? listed(errors, 'exponentialDelay not supported yet') : errors
}

export const checkFault = (fault: Message | undefined): GoError => {
  if (!fault) return undefined
  const nothing = !has(fault, 'abort') && !has(fault, 'delay')
  return append(
    nothing ? listed('HTTP fault injection must have an abort and/or a delay') : undefined,
    checkAbort(child(fault, 'abort')),
    checkDelay(child(fault, 'delay')),
  )
}

const CORS_METHODS = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'],
])

const checkOrigin = (origin: Message): GoError => {
  const match = text(origin, 'exact') || text(origin, 'prefix') || text(origin, 'regex')
  if (match === '') return "'' is not a valid match type for CORS allow origins"
  return checkMatchRegex(origin, 'corsPolicy.allowOrigins')
}

export const checkCors = (policy: Message | undefined): GoError => {
  if (!policy) return undefined
  const maxAge = durationNs(policy, 'maxAge')
  const errors = append(
    ...children(policy, 'allowOrigins').map(checkOrigin),
    ...texts(policy, 'allowMethods').map(method =>
      CORS_METHODS.has(method) ? undefined : `${q(method)} is not a supported HTTP method`,
    ),
    ...texts(policy, 'allowHeaders').map(checkCorsHeaderName),
    ...texts(policy, 'exposeHeaders').map(checkCorsHeaderName),
    checkDuration(maxAge),
  )
  return maxAge !== undefined && maxAge % 1_000_000_000n > 0n
    ? listed(errors, 'max_age duration is accurate only to seconds precision')
    : errors
}

export const checkRedirect = (redirect: Message | undefined, matches: readonly Message[]): GoError => {
  if (!redirect) return undefined
  const uri = text(redirect, 'uri')
  const prefix = text(redirect, 'prefixRewrite')
  const scheme = text(redirect, 'scheme')
  const code = count(redirect, 'redirectCode')
  if (uri !== '' && prefix !== '') return 'redirect may only specify one of uri or prefix_rewrite'
  if (prefix !== '' && matches.some(match => has(match, 'uri') && !has(child(match, 'uri'), 'prefix'))) {
    return 'redirect prefix_rewrite requires all URI matches to use prefix match type'
  }
  const port = has(redirect, 'port') || has(redirect, 'derivePort')
  if (uri === '' && prefix === '' && text(redirect, 'authority') === '' && !port && scheme === '') {
    return 'redirect must specify URI, authority, scheme, or port'
  }
  if (code !== 0 && (code < 300 || code > 399)) return `${code} is not a valid redirect code, must be 3xx`
  if (!['', 'http', 'https'].includes(scheme)) return 'invalid redirect scheme, must be "http" or "https"'
  return count(redirect, 'port') > 0 ? checkPort(count(redirect, 'port')) : undefined
}

const KB = 1024
const MB = 1024 * KB

export const checkDirectResponse = (response: Message | undefined): Outcome => {
  if (!response) return error(undefined)
  const body = child(response, 'body')
  const bytes = has(body, 'bytes')
    ? Buffer.byteLength(text(body, 'bytes'), 'base64')
    : Buffer.byteLength(text(body, 'string'))
  const large = 'large direct_responses may impact control plane performance'
  return all(
    error(bytes > MB ? `${large}, must be less than 1MB` : undefined),
    warning(bytes > 100 * KB && bytes <= MB ? large : undefined),
    error(checkStatus(count(response, 'status'))),
  )
}

/** C's `%f`. */
const fixed = (value: number): string => value.toFixed(6)

export const checkMirrors = (mirrors: readonly Message[]): GoError =>
  append(
    ...mirrors.flatMap(mirror => {
      const destination = child(mirror, 'destination')
      if (!destination) return ['destination is required for mirrors']
      const value = count(child(mirror, 'percentage'), 'value')
      return [
        checkDestination(destination),
        value > 100 ? `mirror percentage must have a max value of 100 (it has ${fixed(value)})` : undefined,
        value < 0 ? `mirror percentage must have a min value of 0 (it has ${fixed(value)})` : undefined,
      ]
    }),
  )

/** `mirrorPercent` (deprecated) and `mirrorPercentage`. */
export const checkMirrorShare = (http: Message): Outcome => {
  // The CRD takes the deprecated field under both of its names.
  const field = has(http, 'mirrorPercent') ? 'mirrorPercent' : 'mirror_percent'
  const percent = count(http, field)
  const value = count(child(http, 'mirrorPercentage'), 'value')
  return all(
    error(percent > 100 ? `mirror_percent must have a max value of 100 (it has ${percent})` : undefined),
    warning(
      has(http, field)
        ? 'using deprecated setting "mirrorPercent", use "mirrorPercentage" instead'
        : undefined,
    ),
    error(
      value > 100 ? `mirror_percentage must have a max value of 100 (it has ${fixed(value)})` : undefined,
    ),
    error(value < 0 ? `mirror_percentage must have a min value of 0 (it has ${fixed(value)})` : undefined),
  )
}

export const checkRewrite = (rewrite: Message | undefined): GoError => {
  if (!rewrite) return undefined
  const uri = text(rewrite, 'uri')
  const regex = child(rewrite, 'uriRegexRewrite')
  if (uri !== '' && regex) return 'rewrite may only contain one of URI or UriRegexRewrite'
  if (uri === '' && !regex && text(rewrite, 'authority') === '') {
    return 'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified'
  }
  const wrong = regex && checkRegexRewrite(regex)
  return wrong === undefined ? undefined : `UriRegexRewrite has errors\n${wrong}`
}

const checkRegexRewrite = (rewrite: Message): GoError =>
  text(rewrite, 'match') === '' || text(rewrite, 'rewrite') === ''
    ? 'UriRegexRewrite requires both Rewrite and Match fields to be specified'
    : checkRegex(text(rewrite, 'match'), 'HTTPRewrite.UriRegexRewrite.Match')

/** The authority may be changed in one place only. */
export const checkAuthority = (rewrite: Message | undefined, headers: Message | undefined): GoError => {
  const request = child(headers, 'request')
  let current = text(rewrite, 'authority')
  for (const [name, value] of [...textMap(request, 'set'), ...textMap(request, 'add')]) {
    if (!isAuthority(name)) continue
    if (current !== '') {
      return `authority header cannot be set multiple times: have ${q(current)}, attempting to set ${q(value)}`
    }
    current = value
  }
  return undefined
}

const RETRY_ON = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

/** Codes Go's net/http has a text for. */
const isHttpStatus = (code: number): boolean =>
  (code >= 100 && code <= 103) ||
  (code >= 200 && code <= 208) ||
  code === 226 ||
  (code >= 300 && code <= 308 && code !== 306) ||
  (code >= 400 && code <= 418) ||
  [421, 422, 423, 424, 425, 426, 428, 429, 431, 451].includes(code) ||
  (code >= 500 && code <= 511 && code !== 509)

const isRetryOn = (policy: string): boolean =>
  RETRY_ON.has(policy) || (/^[-+]?\d+$/.test(policy) && isHttpStatus(Number(policy)))

export const checkRetries = (retries: Message | undefined): GoError => {
  if (!retries) return undefined
  const attempts = count(retries, 'attempts')
  const on = text(retries, 'retryOn')
  const configured = has(retries, 'perTryTimeout') || on !== '' || has(retries, 'retryRemoteLocalities')
  return append(
    attempts < 0 ? listed('attempts cannot be negative') : undefined,
    attempts === 0 && configured
      ? 'http retry policy configured when attempts are set to 0 (disabled)'
      : undefined,
    checkDuration(durationNs(retries, 'perTryTimeout')),
    ...(on === '' ? [] : on.split(',')).map(policy =>
      isRetryOn(policy) ? undefined : `${q(policy)} is not a valid retryOn policy`,
    ),
    checkDuration(durationNs(retries, 'backoff')),
  )
}
