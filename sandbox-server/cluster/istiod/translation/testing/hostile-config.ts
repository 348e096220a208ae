/**
 * Istio objects that nobody would write: of every kind, from templates that use most fields, with parts replaced by
 * values of the wrong type, absurd sizes and reserved names, removed, repeated or nested; and some that are noise
 * altogether. The same seed gives the same objects.
 */
import fc from 'fast-check'
import type { ApiObject } from '../../../apiserver/api.ts'

type Json = Record<string, unknown>

interface Template {
  apiVersion: string
  kind: string
  spec: Json
}

const NETWORKING = 'networking.istio.io/v1'
const SECURITY = 'security.istio.io/v1'
const HOST = 'target.hostile.svc.cluster.local'
const GATEWAY = 'hostile/gateway'

const destination = (subset?: string) => ({
  destination: { host: HOST, port: { number: 8080 }, ...(subset ? { subset } : {}) },
  weight: 50,
})

const policy = {
  loadBalancer: {
    consistentHash: { httpCookie: { name: 'c', ttl: '3s', path: '/' }, ringHash: { minimumRingSize: 1024 } },
    localityLbSetting: { distribute: [{ from: '*', to: { 'a/b': 100 } }], failoverPriority: ['version'] },
    warmup: { duration: '10s', aggression: 2, minimumPercent: 10 },
  },
  connectionPool: {
    tcp: { maxConnections: 1, connectTimeout: '1s', tcpKeepalive: { probes: 3, time: '3s', interval: '1s' } },
    http: { http1MaxPendingRequests: 1, http2MaxRequests: 1, idleTimeout: '3s', h2UpgradePolicy: 'UPGRADE' },
  },
  outlierDetection: {
    consecutive5xxErrors: 1,
    interval: '1s',
    baseEjectionTime: '3m',
    maxEjectionPercent: 100,
  },
  tls: { mode: 'SIMPLE', sni: 'a.example', subjectAltNames: ['a'], caCertificates: '/ca.pem' },
}

const patch = (applyTo: string, match: Json, operation: string, value: Json) => ({
  applyTo,
  match: { context: 'ANY', ...match },
  patch: { operation, value },
})

const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager'
const LUA = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua'

const TEMPLATES: readonly Template[] = [
  {
    apiVersion: NETWORKING,
    kind: 'VirtualService',
    spec: {
      hosts: [HOST, '*.hostile.example'],
      gateways: ['mesh', GATEWAY],
      exportTo: ['*'],
      http: [
        {
          name: 'first',
          match: [
            {
              uri: { regex: '/a.*' },
              method: { exact: 'GET' },
              headers: { 'x-a': { prefix: 'b' }, '@request.auth.claims.sub': { exact: 'x' } },
              withoutHeaders: { 'x-c': {} },
              queryParams: { q: { exact: '1' } },
              sourceLabels: { app: 'client' },
              port: 8080,
            },
          ],
          route: [destination('v1'), { ...destination('v2'), headers: { request: { set: { a: 'b' } } } }],
          timeout: '3s',
          retries: { attempts: 3, perTryTimeout: '1s', retryOn: '5xx,503', backoff: '1ms' },
          fault: {
            delay: { fixedDelay: '1s', percentage: { value: 1 } },
            abort: { httpStatus: 503, percentage: { value: 0.1 } },
          },
          mirrors: [{ destination: { host: HOST }, percentage: { value: 10 } }],
          corsPolicy: { allowOrigins: [{ regex: '.*' }], maxAge: '1h', allowCredentials: true },
          rewrite: { uriRegexRewrite: { match: '/a/(.*)', rewrite: '/\\1' }, authority: 'b' },
        },
        { match: [{ uri: { prefix: '/r' } }], redirect: { uri: '/x', redirectCode: 302, port: 80 } },
        { match: [{ uri: { exact: '/d' } }], directResponse: { status: 200, body: { string: 'ok' } } },
        { delegate: { name: 'other', namespace: 'hostile' } },
      ],
      tcp: [{ match: [{ port: 9000, destinationSubnets: ['10.0.0.0/8'] }], route: [destination()] }],
      tls: [{ match: [{ sniHosts: ['a.hostile.example'], port: 443 }], route: [destination()] }],
    },
  },
  {
    apiVersion: NETWORKING,
    kind: 'DestinationRule',
    spec: {
      host: HOST,
      trafficPolicy: {
        ...policy,
        portLevelSettings: [{ port: { number: 8080 }, ...policy }],
        proxyProtocol: { version: 'V2' },
        tunnel: { protocol: 'CONNECT', targetHost: 'a.example', targetPort: 443 },
      },
      subsets: [
        { name: 'v1', labels: { version: 'v1' }, trafficPolicy: policy },
        { name: 'v2', labels: { version: 'v2' } },
      ],
      workloadSelector: { matchLabels: { app: 'client' } },
      exportTo: ['.'],
    },
  },
  {
    apiVersion: NETWORKING,
    kind: 'Gateway',
    spec: {
      selector: { app: 'gateway' },
      servers: [
        { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'], tls: { httpsRedirect: true } },
        {
          port: { number: 443, name: 'https', protocol: 'HTTPS' },
          hosts: ['hostile/a.example', './b.example'],
          tls: {
            mode: 'MUTUAL',
            credentialName: 'c',
            minProtocolVersion: 'TLSV1_2',
            cipherSuites: ['ECDHE-RSA-AES256-GCM-SHA384'],
            subjectAltNames: ['x'],
          },
        },
        { port: { number: 9443, name: 'tls', protocol: 'TLS' }, hosts: ['*'], tls: { mode: 'PASSTHROUGH' } },
        { port: { number: 9000, name: 'tcp', protocol: 'TCP' }, hosts: ['*'], bind: '0.0.0.0' },
      ],
    },
  },
  {
    apiVersion: NETWORKING,
    kind: 'ServiceEntry',
    spec: {
      hosts: ['a.hostile.example'],
      addresses: ['240.0.0.1', '240.1.0.0/16'],
      ports: [
        { number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 },
        { number: 9000, name: 'tcp', protocol: 'TCP' },
      ],
      location: 'MESH_EXTERNAL',
      resolution: 'STATIC',
      endpoints: [
        { address: '10.9.9.9', ports: { http: 81 }, labels: { v: '1' }, locality: 'a/b/c', weight: 3 },
      ],
      workloadSelector: { labels: { app: 'target' } },
      subjectAltNames: ['spiffe://x/y'],
    },
  },
  {
    apiVersion: NETWORKING,
    kind: 'Sidecar',
    spec: {
      workloadSelector: { labels: { app: 'client' } },
      ingress: [
        {
          port: { number: 8080, protocol: 'HTTP', name: 'in' },
          defaultEndpoint: '127.0.0.1:8080',
          bind: '0.0.0.0',
        },
      ],
      egress: [
        { port: { number: 9000, protocol: 'TCP', name: 'out' }, bind: '127.0.0.1', hosts: ['./*'] },
        { hosts: ['*/*', '~/x.example'] },
      ],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      inboundConnectionPool: policy.connectionPool,
    },
  },
  {
    apiVersion: NETWORKING,
    kind: 'WorkloadEntry',
    spec: { address: '10.9.9.8', ports: { http: 1 }, labels: { app: 'target' }, locality: 'a/b', weight: 2 },
  },
  {
    apiVersion: SECURITY,
    kind: 'PeerAuthentication',
    spec: {
      selector: { matchLabels: { app: 'target' } },
      mtls: { mode: 'PERMISSIVE' },
      portLevelMtls: { '8080': { mode: 'STRICT' } },
    },
  },
  {
    apiVersion: SECURITY,
    kind: 'RequestAuthentication',
    spec: {
      jwtRules: [
        { issuer: 'a', jwks: '{"keys":[]}', fromHeaders: [{ name: 'x', prefix: 'p' }], audiences: ['b'] },
      ],
    },
  },
  {
    apiVersion: SECURITY,
    kind: 'AuthorizationPolicy',
    spec: {
      action: 'DENY',
      selector: { matchLabels: { app: 'target' } },
      rules: [
        {
          from: [{ source: { principals: ['a/*'], namespaces: ['x'], ipBlocks: ['10.0.0.0/8'] } }],
          to: [{ operation: { paths: ['/a/{*}'], methods: ['GET'], ports: ['80'], hosts: ['h*'] } }],
          when: [{ key: 'request.headers[x]', values: ['v'] }],
        },
      ],
    },
  },
  {
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    spec: {
      accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression: 'response.code >= 400' } }],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    spec: {
      priority: 1,
      configPatches: [
        patch(
          'HTTP_FILTER',
          {
            listener: {
              filterChain: {
                filter: { name: HTTP_MANAGER, subFilter: { name: 'envoy.filters.http.router' } },
              },
            },
          },
          'INSERT_BEFORE',
          { name: 'lua', typed_config: { '@type': LUA, inline_code: 'function envoy_on_request(h) end' } },
        ),
        patch('CLUSTER', { cluster: { service: HOST } }, 'MERGE', {
          connect_timeout: '1s',
          lb_policy: 'RANDOM',
        }),
        patch('LISTENER', { listener: { portNumber: 8080 } }, 'MERGE', {
          per_connection_buffer_limit_bytes: 9,
        }),
        patch('VIRTUAL_HOST', { routeConfiguration: { name: '8080' } }, 'ADD', {
          name: 'v',
          domains: ['v.example'],
        }),
        patch('HTTP_ROUTE', { routeConfiguration: { vhost: { name: 'v' } } }, 'MERGE', {
          route: { timeout: '1s' },
        }),
        patch('FILTER_CHAIN', {}, 'REMOVE', {}),
        patch('CLUSTER', {}, 'ADD', { name: 'added', type: 'STATIC', connect_timeout: '1s' }),
      ],
    },
  },
]

const WORDS = [
  '',
  '*',
  '.',
  '~',
  '%',
  '/',
  'a'.repeat(300),
  '\u0000',
  'é',
  '(',
  '(?=a)',
  '[',
  '-1s',
  '9e99h',
  '0s',
  '1',
]
const MORE_WORDS = [
  '::1',
  '300.1.1.1',
  '10.0.0.0/99',
  'unix:///x',
  '__proto__',
  'constructor',
  'mesh',
  '*.*',
  'a b',
  'TLS',
]
const HOSTILE: readonly unknown[] = [
  ...WORDS,
  ...MORE_WORDS,
  ...[0, -1, 1, 1.5, 65536, 4294967296, Number.MAX_SAFE_INTEGER, 1e300],
  ...[null, true, false, [], {}, [[]], [null], { '': '' }, { constructor: 1 }, ['*', '*'], [{}, {}]],
]

const PATCH_STEPS = fc.array(
  fc.record({
    place: fc.nat(),
    value: fc.nat({ max: HOSTILE.length - 1 }),
    action: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'repeat', 'rename', 'nest'),
  }),
  { minLength: 1, maxLength: 4 },
)

/** An object or list, and the key of one of its members. */
interface Place {
  parent: Json | unknown[]
  key: string | number
}

function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      found.push({ parent: value, key: index })
      placesIn(element, found)
    }
  } else if (typeof value === 'object' && value !== null) {
    const parent = value as Json
    for (const key of Object.keys(parent)) {
      found.push({ parent, key })
      placesIn(parent[key], found)
    }
  }
  return found
}

function change(spec: Json, action: string, place: number, hostile: unknown): void {
  const places = placesIn(spec)
  const chosen = places[place % Math.max(places.length, 1)]
  if (!chosen) return
  const members = chosen.parent as Record<string | number, unknown>
  const { key } = chosen
  if (action === 'replace') members[key] = structuredClone(hostile)
  else if (action === 'nest') members[key] = { [String(key)]: members[key] }
  else if (Array.isArray(chosen.parent)) {
    if (action === 'remove') chosen.parent.splice(Number(key), 1)
    else chosen.parent.push(structuredClone(members[key]))
  } else {
    const value = members[key]
    delete members[key]
    if (action !== 'remove') members[`${key}${typeof hostile === 'string' ? hostile : ''}`] = value
  }
}

const spoilt = fc
  .tuple(fc.constantFrom(...TEMPLATES), PATCH_STEPS)
  .map(([{ apiVersion, kind, spec }, steps]): Template => {
    const copy = structuredClone(spec)
    for (const { action, place, value } of steps) change(copy, action, place, HOSTILE[value])
    return { apiVersion, kind, spec: copy }
  })

const noise = fc
  .tuple(
    fc.constantFrom(...TEMPLATES),
    fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 4 })),
  )
  .map(([{ apiVersion, kind }, spec]): Template => ({ apiVersion, kind, spec }))

const anyConfig = fc.oneof({ weight: 9, arbitrary: spoilt }, { weight: 1, arbitrary: noise })

/** The objects of a seed, in the namespace `hostile`, each with a name of its own. */
export function hostileConfigs(count: number, seed: number): ApiObject[] {
  return fc.sample(anyConfig, { numRuns: count, seed }).map(({ apiVersion, kind, spec }, index) => ({
    apiVersion,
    kind,
    metadata: {
      name: `${kind.toLowerCase()}-${index}`,
      namespace: 'hostile',
      uid: String(index),
      resourceVersion: String(index + 1),
      creationTimestamp: '2024-01-01T00:00:00Z',
    },
    spec,
  }))
}
