/** Paths that are no resource's: discovery roots, version, health, OpenAPI, the token issuer's keys. */
import { createHash } from 'node:crypto'
import { ISSUER } from '../auth/tokens.ts'
import { methodNotAllowed } from '../status.ts'
import type { ApiParts } from './api-parts.ts'
import type { Exchange } from './exchange.ts'
import { HEALTH_CHECKS, READY_CHECKS } from './health-checks.ts'
import { notFoundPage } from './respond.ts'

const VERSION = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.4',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64',
}

/** Answers a path outside the resources; 404 in the router's words for unknown ones. */
export async function serveMeta(api: ApiParts, exchange: Exchange): Promise<void> {
  const { discovery } = api
  const { path } = exchange.info
  const parts = path.split('/').filter(part => part !== '')
  const method = exchange.request.method ?? 'GET'
  if (parts[0] === 'healthz' || parts[0] === 'livez' || parts[0] === 'readyz') return health(exchange, parts)
  if (path === '/version' || path === '/version/') return exchange.json(200, VERSION)
  if (path === '/.well-known/openid-configuration') return issuerDocument(exchange)
  if (path === '/openid/v1/jwks') {
    const keys = JSON.stringify(api.options.tokens.keySet())
    return cacheable(exchange, 'application/jwk-set+json', keys)
  }
  if (parts[0] === 'openapi') return api.openApi.serve(exchange, parts)
  if (parts.length === 0) return exchange.json(200, { paths: rootPaths(api) })
  if (path === '/metrics') return exchange.text(200, 'text/plain; version=0.0.4; charset=utf-8', metrics(api))
  const isDiscovery =
    (parts[0] === 'api' && (parts.length === 1 || discovery.serves('', parts[1] ?? ''))) ||
    (parts[0] === 'apis' &&
      (parts.length === 1 || discovery.versions(parts[1] ?? '').length > 0) &&
      parts[1] !== '')
  if (!isDiscovery || parts.length > 3 || (parts[0] === 'api' && parts.length > 2))
    return notFoundPage(exchange)
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
  if (parts.length === 1) return roots(api, exchange, parts[0] === 'api')
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1] ?? '', parts[2]]
  if (version === undefined) {
    const entry = discovery.group(group) as Record<string, unknown>
    return exchange.json(200, { kind: 'APIGroup', apiVersion: 'v1', ...entry })
  }
  if (!discovery.serves(group, version)) return notFoundPage(exchange)
  exchange.json(200, discovery.resourceList(group, version))
}

function roots({ discovery }: ApiParts, exchange: Exchange, core: boolean): void {
  const aggregated = exchange
    .header('accept')
    .split(',')
    .find(clause => clause.includes('as=APIGroupDiscoveryList') && clause.includes('application/json'))
  if (aggregated !== undefined) {
    const version = /v=(v2beta1|v2)\b/.exec(aggregated)?.[1] ?? 'v2'
    const body = `${JSON.stringify(discovery.aggregated(core, version))}\n`
    return cachedDiscovery(
      exchange,
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      body,
    )
  }
  if (core) {
    const { localAddress = '127.0.0.1', localPort = 443 } = exchange.request.socket
    const serverAddress = `${localAddress}:${localPort}`
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress }]
    return exchange.json(200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs })
  }
  const groups = discovery
    .groups()
    .filter(group => group !== '')
    .map(group => discovery.group(group))
  exchange.json(200, { kind: 'APIGroupList', apiVersion: 'v1', groups })
}

/** What verifiers of ServiceAccount tokens ask first (serviceaccount.OpenIDMetadata upstream). */
function issuerDocument(exchange: Exchange): void {
  const { localAddress = '127.0.0.1', localPort = 443 } = exchange.request.socket
  const document = {
    issuer: ISSUER,
    jwks_uri: `https://${exchange.header(':authority') || exchange.header('host') || `${localAddress}:${localPort}`}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
  cacheable(exchange, 'application/json', JSON.stringify(document))
}

function cacheable(exchange: Exchange, contentType: string, body: string): void {
  const headers = { 'content-type': contentType, 'cache-control': 'public, max-age=3600' }
  exchange.response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

function cachedDiscovery(exchange: Exchange, contentType: string, body: string): void {
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase().slice(0, 128)}"`
  const headers = { 'content-type': contentType, 'cache-control': 'public', vary: 'Accept', etag }
  if (exchange.header('if-none-match') === etag) {
    exchange.response.writeHead(304, headers).end()
    return
  }
  exchange.response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) })
  exchange.response.end(body)
}

function health(exchange: Exchange, parts: readonly string[]): void {
  const [endpoint = '', ...rest] = parts
  const checks = endpoint === 'readyz' ? READY_CHECKS : HEALTH_CHECKS
  exchange.response.setHeader('x-content-type-options', 'nosniff')
  const plain = 'text/plain; charset=utf-8'
  if (rest.length > 0) {
    return checks.includes(rest.join('/')) ? exchange.text(200, plain, 'ok') : notFoundPage(exchange)
  }
  const excluded = exchange.info.query.getAll('exclude')
  if (!exchange.info.query.has('verbose')) return exchange.text(200, plain, 'ok')
  const lines = checks.map(check =>
    excluded.includes(check) ? `[+]${check} excluded: ok` : `[+]${check} ok`,
  )
  exchange.text(200, plain, `${lines.join('\n')}\n${endpoint} check passed\n`)
}

function rootPaths({ discovery }: ApiParts): string[] {
  const groups = discovery
    .groups()
    .filter(group => group !== '')
    .sort()
  const apis = groups.flatMap(group => [
    `/apis/${group}`,
    ...discovery
      .versions(group)
      .map(version => `/apis/${group}/${version}`)
      .sort(),
  ])
  const checks = (endpoint: string, names: readonly string[]): string[] => [
    `/${endpoint}`,
    ...names.map(name => `/${endpoint}/${name}`).sort(),
  ]
  return [
    '/.well-known/openid-configuration',
    '/api',
    '/api/v1',
    '/apis',
    '/apis/',
    ...apis,
    ...checks('healthz', HEALTH_CHECKS),
    ...checks('livez', HEALTH_CHECKS),
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    ...checks('readyz', READY_CHECKS),
    '/version',
  ]
}

function metrics(api: ApiParts): string {
  const lines = [
    '# TYPE apiserver_request_total counter',
    `apiserver_request_total{code="200"} ${api.requests}`,
    '# TYPE apiserver_storage_objects gauge',
  ]
  const { registry } = api
  for (const kind of registry.kinds()) {
    const name = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
    lines.push(`apiserver_storage_objects{resource="${name}"} ${registry.list(kind).length}`)
  }
  return `${lines.join('\n')}\n`
}
