/** PeerAuthentication and RequestAuthentication. */
import { checkDuration, durationNs } from './durations.ts'
import { append, type GoError, listed, q } from './go-error.ts'
import { checkStrictHeaderName } from './headers.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { child, children, has, isMessage, type Message, text, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkAttachment, checkSelector } from './selectors.ts'

export const checkPeerAuthentication = ({ spec }: Config): Outcome => {
  const selector = child(spec, 'selector')
  const unselected = Object.keys(child(selector, 'matchLabels') ?? {}).length === 0
  const levels = child(spec, 'portLevelMtls')
  const ports = Object.keys(levels ?? {}).map(Number)
  const selected = checkSelector(selector)
  return {
    error: append(
      unselected && ports.length > 0
        ? 'mesh/namespace peer authentication cannot have port level mTLS'
        : undefined,
      levels && ports.length === 0
        ? 'port level mTLS, if defined, must have at least one element'
        : undefined,
      ...ports.map(port => (port > 0 && port <= 65535 ? undefined : 'port must be in range 1..65535')),
      selected.error,
    ),
    warning: selected.warning,
  }
}

export const checkRequestAuthentication = ({ spec }: Config): Outcome =>
  all(
    checkAttachment(spec),
    ...children(spec, 'jwtRules').flatMap(rule => [error(checkJwtRule(rule)), warnPrivateKeys(rule)]),
  )

/** Every complaint is a list here, even of one. */
const checkJwtRule = (rule: Message): GoError => {
  const uri = text(rule, 'jwksUri') || text(rule, 'jwks_uri')
  const jwks = text(rule, 'jwks')
  const jwksError = jwks === '' ? undefined : checkJwks(jwks)
  const errors = append(
    ...texts(rule, 'audiences').map(audience =>
      audience === '' ? 'audience must be non-empty string' : undefined,
    ),
    text(rule, 'issuer') === '' && uri === '' ? 'issuer or jwksUri must be non-empty string' : undefined,
    uri === '' ? undefined : checkJwksUri(uri),
    jwksError && `jwks parse error: ${jwksError}`,
    ...children(rule, 'fromHeaders').map(header =>
      text(header, 'name') === '' ? 'location header name must be non-empty string' : undefined,
    ),
    ...texts(rule, 'fromParams').map(name =>
      name === '' ? 'location query must be non-empty string' : undefined,
    ),
    ...texts(rule, 'fromCookies').map(name =>
      name === '' ? 'cookie name must be non-empty string' : undefined,
    ),
    ...children(rule, 'outputClaimToHeaders').map(checkClaimHeader),
    checkDuration(durationNs(rule, 'timeout')),
  )
  return errors === undefined ? undefined : listed(errors)
}

const checkClaimHeader = (output: Message): GoError =>
  text(output, 'claim') === '' || text(output, 'header') === ''
    ? 'outputClaimToHeaders header and claim value must be non-empty string'
    : checkStrictHeaderName(text(output, 'header'))

const checkJwksUri = (uri: string): GoError => {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase() ?? ''
  return ['http', 'https'].includes(scheme) ? undefined : `URI scheme ${q(scheme)} is not supported`
}

const parseJwks = (jwks: string): unknown => {
  try {
    return JSON.parse(jwks)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What Go's encoding/json says of the beginning of a wrong text. */
const jsonError = (text: string): string => {
  const first = text.trimStart().charAt(0)
  if (first === '') return 'unexpected end of JSON input'
  if (/[-0-9]/.test(first)) return 'error reading token: EOF'
  if (!/[{["\-0-9tfn]/.test(first)) return `invalid character '${first}' looking for beginning of value`
  const literal = ['true', 'false', 'null'].find(word => word.startsWith(first))
  if (literal === undefined) return 'unexpected end of JSON input'
  const given = text.trimStart()
  const wrong = [...literal].findIndex((letter, i) => given.charAt(i) !== letter)
  if (given.charAt(wrong) === '') return 'unexpected end of JSON input'
  return `invalid character '${given.charAt(wrong)}' in literal ${literal} (expecting '${literal.charAt(wrong)}')`
}

const checkJwks = (jwks: string): string | undefined => {
  const parsed = parseJwks(jwks)
  if (parsed === undefined) return `failed to unmarshal JWK set: ${jsonError(jwks)}`
  if (!isMessage(parsed)) return 'failed to unmarshal JWK set: error reading token: EOF'
  return has(parsed, 'keys') || has(parsed, 'kty')
    ? undefined
    : 'failed to unmarshal JWK set: failed to unmarshal sole key in key set'
}

/** Keys that carry what only the issuer should have. */
const warnPrivateKeys = (rule: Message): Outcome => {
  const parsed = parseJwks(text(rule, 'jwks'))
  if (!isMessage(parsed)) return warning(undefined)
  const keys = has(parsed, 'keys') ? children(parsed, 'keys') : [parsed]
  return all(
    ...keys.map((key, i) =>
      warning(
        has(key, 'd') || text(key, 'kty') === 'oct'
          ? `jwks key at index ${i} contains private key material; only public keys are used for verification`
          : undefined,
      ),
    ),
  )
}
