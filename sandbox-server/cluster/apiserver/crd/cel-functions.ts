/** What Kubernetes adds to CEL for custom resources: URLs, addresses, regular expressions, lists, quantities. */
import { isIP } from 'node:net'
import type { Environment } from '@marcbachmann/cel-js'
import { nanoOf, parseQuantity } from '../schema/quantity.ts'

/** A parsed URL as rules see it. */
class CelUrl {
  readonly url: URL | undefined
  readonly text: string

  constructor(text: string) {
    this.text = text
    this.url = URL.canParse(text) ? new URL(text) : undefined
  }
}

class CelQuantity {
  readonly nano: bigint

  constructor(text: string) {
    this.nano = nanoOf(text)
  }
}

/** Go's url.ParseRequestURI: an absolute path, or a scheme and what follows. */
const isUrl = (text: unknown): boolean =>
  typeof text === 'string' &&
  (text.startsWith('/') || (/^[A-Za-z][-+.A-Za-z0-9]*:\/\//.test(text) && URL.canParse(text)))

const schemeOf = (value: CelUrl): string =>
  /^([A-Za-z][-+.A-Za-z0-9]*):/.exec(value.text)?.[1]?.toLowerCase() ?? ''

const isCidr = (text: unknown): boolean => {
  const [address = '', bits = ''] = String(text).split('/')
  const family = isIP(address)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** Registers the functions on an environment. */
export function registerKubernetesFunctions(environment: Environment): void {
  environment.registerType('kubernetes.URL', CelUrl)
  environment.registerType('kubernetes.Quantity', CelQuantity)
  environment.registerFunction('isURL(dyn): bool', isUrl)
  environment.registerFunction('url(dyn): kubernetes.URL', (text: unknown) => new CelUrl(String(text)))
  environment.registerFunction('kubernetes.URL.getScheme(): string', schemeOf)
  environment.registerFunction('kubernetes.URL.getHost(): string', (value: CelUrl) => value.url?.host ?? '')
  environment.registerFunction(
    'kubernetes.URL.getHostname(): string',
    (value: CelUrl) => value.url?.hostname ?? '',
  )
  environment.registerFunction('kubernetes.URL.getPort(): string', (value: CelUrl) => value.url?.port ?? '')
  environment.registerFunction(
    'kubernetes.URL.getEscapedPath(): string',
    (value: CelUrl) => value.url?.pathname ?? value.text,
  )
  environment.registerFunction('isIP(dyn): bool', (text: unknown) => isIP(String(text)) !== 0)
  environment.registerFunction('isCIDR(dyn): bool', isCidr)
  environment.registerFunction(
    'isQuantity(dyn): bool',
    (text: unknown) => parseQuantity(String(text)) !== undefined,
  )
  environment.registerFunction(
    'quantity(dyn): kubernetes.Quantity',
    (text: unknown) => new CelQuantity(String(text)),
  )
  environment.registerFunction(
    'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
    (a: CelQuantity, b: CelQuantity) => a.nano > b.nano,
  )
  environment.registerFunction(
    'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
    (a: CelQuantity, b: CelQuantity) => a.nano < b.nano,
  )
  environment.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
  )
  environment.registerFunction(
    'string.findAll(string): list',
    (text: string, pattern: string) => text.match(new RegExp(pattern, 'gu')) ?? [],
  )
}
