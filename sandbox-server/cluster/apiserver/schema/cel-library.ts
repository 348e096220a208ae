/**
 * The functions Kubernetes adds to CEL (k8s.io/apiserver/pkg/cel/library) as far as CRDs of a learning cluster use
 * them: URLs, IP addresses, regular expressions, list sums.
 */
import { isIP } from 'node:net'
import type * as Cel from '@marcbachmann/cel-js'

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
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    this.text = text
    this.scheme = parsed.scheme
    this.host = parsed.host
    this.path = parsed.path
  }
}

const parseUrl = (text: string): { scheme: string; host: string; path: string } | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters in URLs
  if (text === '' || /[\u0000-\u0020\u007f]/.test(text)) return undefined
  if (text.startsWith('/')) return { scheme: '', host: '', path: text }
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):(\/\/([^/?#]*))?([^?#]*)/.exec(text)
  if (!match) return undefined
  const [, scheme = '', authority, host = '', path = ''] = match
  if (authority !== undefined && /:[^0-9\]]+$/.test(host)) return undefined
  return { scheme: scheme.toLowerCase(), host: host.replace(/^[^@]*@/, ''), path }
}

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
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
    )
    .registerFunction(
      'string.findAll(string): list<string>',
      (text: string, pattern: string) => text.match(new RegExp(pattern, 'gu')) ?? [],
    )
  return environment
}
