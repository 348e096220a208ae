/**
 * The functions Kubernetes adds to CEL (k8s.io/apiserver/pkg/cel/library) as far as CRDs of a learning cluster use
 * them: URLs, IP addresses and their ranges, quantities, regular expressions.
 */
import { isIP } from 'node:net'
import type * as Cel from '@marcbachmann/cel-js'
import { hasFormat } from './formats.ts'
import { nanoOf, parseQuantity, QUANTITY_ERROR } from './quantity.ts'

/** A URL as Go's `url.ParseRequestURI` takes it: absolute, or an absolute path. */
class CelUrl {
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly path: string

  constructor(text: string) {
    const parsed = parseUrl(text)
    if (!parsed)
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${urlProblem(text)}`,
      )
    this.text = text
    this.scheme = parsed.scheme
    this.host = parsed.host
    this.path = parsed.path
  }
}

class CelQuantity {
  readonly nano: bigint

  constructor(text: string) {
    if (parseQuantity(text) === undefined) throw new Error(QUANTITY_ERROR)
    this.nano = nanoOf(text)
  }
}

const HOST = /^([^@]*@)?(\[[0-9a-fA-F:.%]+\]|[\w\-.~!$&'()*+,;=<>"]*)(:\d*)?$/

const parseUrl = (text: string): { scheme: string; host: string; path: string } | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters in URLs
  if (text === '' || /[\u0000-\u0020\u007f]/.test(text)) return undefined
  if (text.startsWith('/') || text === '*') return { scheme: '', host: '', path: text }
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):(\/\/([^/?#]*))?([^?#]*)/.exec(text)
  if (!match) return undefined
  const [, scheme = '', authority, host = '', path = ''] = match
  if (authority !== undefined && !HOST.test(host)) return undefined
  return { scheme: scheme.toLowerCase(), host: host.replace(/^[^@]*@/, ''), path }
}

/** What Go's net/url says of a text that is no URL. */
const urlProblem = (text: string): string =>
  text.startsWith(':') ? 'missing protocol scheme' : 'invalid URI for request'

/** A Go duration: the interpreter takes some texts that Go does not. */
const GO_DURATION = /^[-+]?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$/

/** Functions of the interpreter that are stricter in cel-go, under names of our own; `asKubernetes` renames calls. */
const registerStrict = (environment: Cel.Environment, cel: typeof Cel): void => {
  const durationOf = new cel.Environment({ unlistedVariablesAreDyn: true }).parse('duration(text)')
  environment
    .registerFunction('k8s_duration(string): google.protobuf.Duration', (text: string) => {
      if (!GO_DURATION.test(text)) {
        throw new Error("type conversion error from 'string' to 'google.protobuf.Duration'")
      }
      return durationOf({ text })
    })
    .registerFunction('k8s_int(dyn): int', (value: unknown) => {
      if (typeof value === 'bigint') return value
      if (typeof value === 'number') return BigInt(Math.trunc(value))
      if (typeof value === 'string' && /^[-+]?\d+$/.test(value)) return BigInt(value)
      throw new Error(`type conversion error from '${typeof value}' to 'int'`)
    })
    .registerFunction('string.k8s_substring(int): string', (text: string, start: bigint) =>
      substring(text, start, BigInt([...text].length)),
    )
    .registerFunction('string.k8s_substring(int, int): string', substring)
}

const substring = (text: string, start: bigint, end: bigint): string => {
  const characters = [...text]
  if (start > end) throw new Error(`invalid substring range. start: ${start}, end: ${end}`)
  const outside = [start, end].find(index => index < 0n || index > BigInt(characters.length))
  if (outside !== undefined) throw new Error(`index out of range: ${outside}`)
  return characters.slice(Number(start), Number(end)).join('')
}

/** The expression with calls of the stricter functions. Their names inside string literals do not occur in rules. */
export const asKubernetes = (expression: string): string =>
  expression.replace(/(?<![\w.])(duration|int)\(/g, 'k8s_$1(').replace(/\.substring\(/g, '.k8s_substring(')

/** An environment in which `self` and `oldSelf` are dynamic, as all checks of types were made by the schema before. */
export const celEnvironment = (cel: typeof Cel): Cel.Environment => {
  const environment = new cel.Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  })
  environment
    .registerType('URL', CelUrl)
    .registerFunction('url(string): URL', (text: string) => new CelUrl(text))
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction('URL.getScheme(): string', (url: CelUrl) => url.scheme)
    .registerFunction('URL.getHost(): string', (url: CelUrl) => url.host)
    .registerFunction('URL.getHostname(): string', (url: CelUrl) => url.host.replace(/:\d+$/, ''))
    .registerFunction('URL.getPort(): string', (url: CelUrl) => /:(\d+)$/.exec(url.host)?.[1] ?? '')
    .registerFunction('URL.getEscapedPath(): string', (url: CelUrl) => url.path)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('isCIDR(string): bool', (text: string) => hasFormat('cidr', text))
    .registerType('Quantity', CelQuantity)
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction('quantity(string): Quantity', (text: string) => new CelQuantity(text))
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => a.nano > b.nano,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => a.nano < b.nano,
    )
    .registerFunction('Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) =>
      a.nano === b.nano ? 0n : a.nano > b.nano ? 1n : -1n,
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
    )
    .registerFunction(
      'string.findAll(string): list<string>',
      (text: string, pattern: string) => text.match(new RegExp(pattern, 'gu')) ?? [],
    )
  registerStrict(environment, cel)
  return environment
}
