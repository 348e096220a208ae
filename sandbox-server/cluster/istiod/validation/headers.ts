/** Names and values of HTTP headers in routes. */
import { append, type GoError, q } from './go-error.ts'
import { child, type Message, textMap, texts } from './reading.ts'

/** The comma is allowed by Istio's expression, whose `+-.` is a range. */
const HEADER_NAME = /^[!#$%&'*+,\-.^_`|~A-Za-z0-9]+$/
const STRICT_NAME = /^[-_A-Za-z0-9]+$/
const PSEUDO = new Set([':method', ':scheme', ':authority', ':path', ':status'])
const EMPTY = 'header name cannot be empty'

const notValid = (name: string): string => `header name ${name} is not a valid header name`

export const checkStrictHeaderName = (name: string): GoError =>
  name === '' ? EMPTY : STRICT_NAME.test(name) ? undefined : notValid(name)

export const checkCorsHeaderName = (name: string): GoError =>
  name === '' ? EMPTY : name === '*' || HEADER_NAME.test(name) ? undefined : notValid(name)

/** `@request.auth.claims.group` or `@request.auth.claims[group]` in place of a header's name. */
export const isClaim = (name: string): boolean => /^@request\.auth\.claims(\..+|\[.+\])$/i.test(name)

export const checkMatchedHeaderName = (name: string): GoError => {
  if (name === '') return EMPTY
  return isClaim(name) || PSEUDO.has(name) || HEADER_NAME.test(name) ? undefined : notValid(name)
}

export const isAuthority = (name: string): boolean => ['host', ':authority'].includes(name.toLowerCase())

const isInternal = (name: string): boolean => name.startsWith(':') || name.toLowerCase() === 'host'

const colon = (name: string): string => `invalid header ${q(name)}: header cannot have ":" prefix`

const checkRequestName = (name: string): GoError => {
  if (name === '') return EMPTY
  return isInternal(name) && !isAuthority(name) ? colon(name) : undefined
}

const checkChangedName = (name: string): GoError => {
  if (name === '') return EMPTY
  if (name.toLowerCase() === 'host') return `invalid header ${q(name)}: cannot set Host header`
  return isInternal(name) ? colon(name) : undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/

const checkValue = (value: string): GoError => {
  if (CONTROL.test(value)) return `header value configuration ${value} is invalid`
  const wrong = formatError(value)
  return wrong === undefined ? undefined : `header value configuration: ${wrong}`
}

type State = 'literal' | 'name' | 'array' | 'string' | 'inString' | 'delimiter' | 'argsEnd' | 'end'

const INVALID = 'invalid header configuration. '

/** What follows a character, or the complaint; `skip` jumps over the next one. */
type Step = { state: State; skip?: boolean } | { wrong: string }

const STEPS: Readonly<Record<State, (character: string, next: string | undefined) => Step>> = {
  literal: (c, next) => {
    if (c !== '%') return { state: 'literal' }
    if (next === undefined) return { wrong: 'Un-escaped %' }
    return next === '%' ? { state: 'literal', skip: true } : { state: 'name' }
  },
  name: c => ({ state: c === '%' ? 'literal' : c === '(' ? 'array' : 'name' }),
  array: c => ({ state: c === '[' ? 'string' : c === ' ' ? 'array' : 'inString' }),
  delimiter: c => {
    if (c === ',') return { state: 'string' }
    if (c === ']') return { state: 'argsEnd' }
    return c === ' ' ? { state: 'delimiter' } : { wrong: "Expecting ',', ']', or whitespace" }
  },
  string: c => {
    if (c === '"') return { state: 'inString' }
    return c === ' ' ? { state: 'string' } : { wrong: `Expecting '"'` }
  },
  inString: (c, next) => {
    if (c === '\\') {
      return next === undefined
        ? { wrong: 'Un-terminated backslash in JSON string' }
        : { state: 'inString', skip: true }
    }
    return { state: c === ')' ? 'end' : c === '"' ? 'delimiter' : 'inString' }
  },
  argsEnd: c => {
    if (c === ')') return { state: 'end' }
    return c === ' '
      ? { state: 'argsEnd' }
      : { wrong: "Expecting ')' or whitespace after '{}', but found '{}'" }
  },
  end: c => {
    if (c === '%') return { state: 'literal' }
    return c === ' ' ? { state: 'end' } : { wrong: "Expecting '%' or whitespace after" }
  },
}

/** Envoy's format strings (`%HOSTNAME%`, `%REQ(X)%`) must be closed. */
const formatError = (value: string): string | undefined => {
  let state: State = 'literal'
  for (let i = 0; i < value.length; i++) {
    const step: Step = STEPS[state](value.charAt(i), value[i + 1])
    if ('wrong' in step) return INVALID + step.wrong
    state = step.state
    if (step.skip) i++
  }
  return state === 'literal' ? undefined : `${INVALID}Un-terminated variable expression '${value}'`
}

/** `headers` of a route or a destination. */
export const checkHeaderOperations = (headers: Message | undefined): GoError => {
  const request = child(headers, 'request')
  const response = child(headers, 'response')
  const pairs = (part: Message | undefined, field: string, name: (text: string) => GoError): GoError[] =>
    textMap(part, field).flatMap(([key, value]) => [name(key), checkValue(value)])
  return append(
    ...pairs(request, 'add', checkRequestName),
    ...pairs(request, 'set', checkRequestName),
    ...texts(request, 'remove').map(checkChangedName),
    ...pairs(response, 'add', checkChangedName),
    ...pairs(response, 'set', checkChangedName),
    ...texts(response, 'remove').map(checkChangedName),
  )
}
