/** The headers that every Bookinfo service passes on, so that traces hold together and `end-user` reaches the last service. */
import type { IncomingHttpHeaders } from 'node:http'

const TRACE_HEADERS = [
  'x-request-id',
  'x-ot-span-context',
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'traceparent',
  'tracestate',
  'x-cloud-trace-context',
  'grpc-trace-bin',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'sw8',
]
const APPLICATION_HEADERS = ['user-agent', 'cookie', 'authorization', 'jwt']

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined) picked[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return picked
}

/** As reviews and details do: what came in, `end-user` included. */
export const forwardHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  pick(headers, [...TRACE_HEADERS, 'end-user', ...APPLICATION_HEADERS])

/** As productpage does: `end-user` comes from its own session, never from the caller. */
export function forwardHeadersOfUser(headers: IncomingHttpHeaders, user: string): Record<string, string> {
  const forwarded = pick(headers, [...TRACE_HEADERS, ...APPLICATION_HEADERS])
  return user === '' ? forwarded : { ...forwarded, 'end-user': user }
}
