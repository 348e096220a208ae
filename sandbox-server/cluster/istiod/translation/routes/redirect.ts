/** Redirects and direct responses. */
import type { DirectResponse, Redirect } from '../model/specs/virtual-service.ts'

const RESPONSE_CODES: ReadonlyMap<number, string | undefined> = new Map([
  [0, undefined],
  [301, undefined],
  [302, 'FOUND'],
  [303, 'SEE_OTHER'],
  [307, 'TEMPORARY_REDIRECT'],
  [308, 'PERMANENT_REDIRECT'],
])

function portOf(redirect: Redirect, listenerPort: number, isTls: boolean): number {
  const port = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenerPort : 0)
  const scheme = redirect.scheme || (isTls ? 'https' : 'http')
  const isDefault = (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https')
  return isDefault ? 0 : port
}

/** The redirect; undefined for a status code that Envoy cannot send. */
export function redirectAction(
  redirect: Redirect,
  listenerPort: number,
  isTls: boolean,
): Record<string, unknown> | undefined {
  const code = redirect.redirectCode ?? 0
  if (!RESPONSE_CODES.has(code)) return undefined
  const responseCode = RESPONSE_CODES.get(code)
  const portRedirect = portOf(redirect, listenerPort, isTls)
  return {
    ...(redirect.authority ? { hostRedirect: redirect.authority } : {}),
    pathRedirect: redirect.uri ?? '',
    ...(redirect.scheme ? { schemeRedirect: redirect.scheme } : {}),
    ...(portRedirect ? { portRedirect } : {}),
    ...(responseCode ? { responseCode } : {}),
  }
}

/** The answer the proxy gives itself. */
export function directResponseAction({ status, body }: DirectResponse): Record<string, unknown> {
  const content =
    body?.string !== undefined
      ? { inlineString: body.string }
      : body?.bytes !== undefined
        ? { inlineBytes: body.bytes }
        : undefined
  return { status: status ?? 0, ...(content ? { body: content } : {}) }
}
