/** Resources of a sidecar in the shape that istiod sends them, small, for tests of what becomes of them. */
import type { EnvoyResource, ProxyResources } from '../../istiod/translation/contract.ts'

const TYPE = 'type.googleapis.com/envoy.extensions'
const HCM = `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`
const ADS = { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' }

export interface FixtureService {
  host: string
  port: number
  /** Addresses and ports by subset; the subset '' is the whole service. */
  subsets: Record<string, { address: string; port: number }[]>
  /** Routes of its virtual host; without them everything goes to the subset ''. */
  routes?: EnvoyResource[]
  /** `auto`: detected; a listener of its own, and routes named HOST:PORT. */
  protocol?: 'http' | 'tcp' | 'auto'
  clusterIp?: string
  /** Changes its clusters. */
  cluster?: EnvoyResource
}

export interface FixtureSidecar {
  services: FixtureService[]
  inboundPorts: number[]
  /** Ports where the application may speak first. */
  inboundTcpPorts?: number[]
  /** Ports where HTTP is detected. */
  inboundAutoPorts?: number[]
  /** Inbound chains with mutual TLS, and outbound clusters that use it. */
  mutualTls?: boolean
  /** As PeerAuthentication STRICT has it. */
  refusePlainText?: boolean
}

export const outboundCluster = (service: FixtureService, subset = ''): string =>
  `outbound|${service.port}|${subset}|${service.host}`

export function sidecarResources(sidecar: FixtureSidecar): ProxyResources {
  const { services } = sidecar
  const httpPorts = [
    ...new Set(
      services.filter(service => (service.protocol ?? 'http') === 'http').map(service => service.port),
    ),
  ]
  const clusters = services.flatMap(service =>
    Object.keys(service.subsets).map(subset => edsCluster(service, subset, sidecar)),
  )
  return {
    listeners: [
      virtualOutbound(),
      virtualInbound(sidecar),
      ...httpPorts.map(httpListener),
      ...services.filter(service => service.protocol === 'tcp').map(tcpListener),
      ...services.filter(service => service.protocol === 'auto').map(detectingListener),
    ],
    clusters: [
      { name: 'BlackHoleCluster', altStatName: 'BlackHoleCluster;', type: 'STATIC', connectTimeout: '10s' },
      originalDst('InboundPassthroughCluster', 'PassthroughCluster;', '127.0.0.6'),
      originalDst('PassthroughCluster', 'PassthroughCluster;'),
      ...[
        ...sidecar.inboundPorts,
        ...(sidecar.inboundTcpPorts ?? []),
        ...(sidecar.inboundAutoPorts ?? []),
      ].map(port => originalDst(`inbound|${port}||`, `inbound|${port}||;`, '127.0.0.6')),
      ...clusters,
    ],
    routes: [
      ...httpPorts.map(port =>
        routeConfiguration(
          port,
          services.filter(service => service.port === port && service.protocol !== 'auto'),
        ),
      ),
      ...services
        .filter(service => service.protocol === 'auto')
        .map(service => ({
          ...routeConfiguration(service.port, [service]),
          name: `${service.host}:${service.port}`,
        })),
    ],
    endpoints: services.flatMap(service =>
      Object.entries(service.subsets).map(([subset, addresses]) => ({
        clusterName: outboundCluster(service, subset),
        endpoints: [
          {
            locality: {},
            lbEndpoints: addresses.map(({ address, port }) => endpoint(address, port, sidecar)),
          },
        ],
      })),
    ),
  }
}

function endpoint(address: string, portValue: number, { mutualTls }: FixtureSidecar): EnvoyResource {
  const tls = mutualTls ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}
  const filterMetadata = { ...tls, istio: { workload: 'w;default;w;v1;Kubernetes' } }
  return {
    endpoint: { address: { socketAddress: { address, portValue } } },
    healthStatus: 'HEALTHY',
    metadata: { filterMetadata },
  }
}

function edsCluster(service: FixtureService, subset: string, sidecar: FixtureSidecar): EnvoyResource {
  const name = outboundCluster(service, subset)
  const tls = {
    transportSocketMatches: [
      { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: clientTls(name) },
      {
        name: 'tlsMode-disabled',
        match: {},
        transportSocket: {
          name: 'envoy.transport_sockets.raw_buffer',
          typedConfig: { '@type': `${TYPE}.transport_sockets.raw_buffer.v3.RawBuffer` },
        },
      },
    ],
  }
  return {
    ...(sidecar.mutualTls ? tls : {}),
    name,
    altStatName: `${name};`,
    type: 'EDS',
    edsClusterConfig: { edsConfig: ADS, serviceName: name },
    connectTimeout: '10s',
    lbPolicy: 'ROUND_ROBIN',
    filters: [
      {
        name: 'istio.metadata_exchange',
        typedConfig: { '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct' },
      },
    ],
    ...service.cluster,
  }
}

const secret = (name: string) => ({ name, sdsConfig: { apiConfigSource: { apiType: 'GRPC' } } })

function clientTls(name: string): EnvoyResource {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`,
      commonTlsContext: {
        tlsCertificateSdsSecretConfigs: [secret('default')],
        combinedValidationContext: {
          defaultValidationContext: {},
          validationContextSdsSecretConfig: secret('ROOTCA'),
        },
        alpnProtocols: ['istio-peer-exchange', 'istio'],
      },
      sni: name.replaceAll('|', '_.'),
    },
  }
}

function serverTls(): EnvoyResource {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: {
      '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
      commonTlsContext: {
        tlsCertificateSdsSecretConfigs: [secret('default')],
        combinedValidationContext: {
          defaultValidationContext: {},
          validationContextSdsSecretConfig: secret('ROOTCA'),
        },
        alpnProtocols: ['h2', 'http/1.1'],
      },
      requireClientCertificate: true,
    },
  }
}

function originalDst(name: string, altStatName: string, source?: string): EnvoyResource {
  const bind = source ? { upstreamBindConfig: { sourceAddress: { address: source, portValue: 0 } } } : {}
  return {
    name,
    altStatName,
    type: 'ORIGINAL_DST',
    connectTimeout: '10s',
    lbPolicy: 'CLUSTER_PROVIDED',
    ...bind,
  }
}

const tcpProxy = (cluster: string): EnvoyResource => ({
  name: 'envoy.filters.network.tcp_proxy',
  typedConfig: { '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`, statPrefix: cluster, cluster },
})

function connectionManager(statPrefix: string, routes: EnvoyResource): EnvoyResource {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: {
      '@type': HCM,
      statPrefix,
      ...routes,
      httpFilters: [
        {
          name: 'istio.metadata_exchange',
          typedConfig: { '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct' },
        },
        {
          name: 'istio.alpn',
          typedConfig: {
            '@type': 'type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
          },
        },
        {
          name: 'envoy.filters.http.fault',
          typedConfig: { '@type': `${TYPE}.filters.http.fault.v3.HTTPFault` },
        },
        {
          name: 'envoy.filters.http.router',
          typedConfig: { '@type': `${TYPE}.filters.http.router.v3.Router` },
        },
      ],
      tracing: { randomSampling: { value: 1 } },
    },
  }
}

const address = (host: string, portValue: number): EnvoyResource => ({
  socketAddress: { address: host, portValue },
})
const inspector = (kind: 'tls' | 'http'): EnvoyResource => ({
  name: `envoy.filters.listener.${kind}_inspector`,
  typedConfig: {
    '@type': `${TYPE}.filters.listener.${kind}_inspector.v3.${kind === 'tls' ? 'Tls' : 'Http'}Inspector`,
  },
})

function virtualOutbound(): EnvoyResource {
  return {
    name: 'virtualOutbound',
    address: address('0.0.0.0', 15001),
    useOriginalDst: true,
    trafficDirection: 'OUTBOUND',
    filterChains: [
      {
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: 15001 },
        filters: [tcpProxy('BlackHoleCluster')],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: [tcpProxy('PassthroughCluster')] },
    ],
  }
}

function httpListener(port: number): EnvoyResource {
  return {
    name: `0.0.0.0_${port}`,
    address: address('0.0.0.0', port),
    bindToPort: false,
    trafficDirection: 'OUTBOUND',
    listenerFilters: [inspector('http')],
    listenerFiltersTimeout: '0s',
    filterChains: [
      {
        filterChainMatch: { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] },
        filters: [
          connectionManager(`outbound_0.0.0.0_${port};`, {
            rds: { configSource: ADS, routeConfigName: String(port) },
          }),
        ],
      },
    ],
    defaultFilterChain: {
      name: 'PassthroughFilterChain',
      filterChainMatch: {},
      filters: [tcpProxy('PassthroughCluster')],
    },
  }
}

function detectingListener(service: FixtureService): EnvoyResource {
  const http = connectionManager(`outbound_${service.clusterIp}_${service.port};`, {
    rds: { configSource: ADS, routeConfigName: `${service.host}:${service.port}` },
  })
  return {
    name: `${service.clusterIp}_${service.port}`,
    address: address(service.clusterIp ?? '0.0.0.0', service.port),
    bindToPort: false,
    trafficDirection: 'OUTBOUND',
    listenerFilters: [inspector('tls'), inspector('http')],
    listenerFiltersTimeout: '0s',
    filterChains: [
      {
        filterChainMatch: { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] },
        filters: [http],
      },
    ],
    defaultFilterChain: { filters: [tcpProxy(outboundCluster(service))] },
  }
}

function tcpListener(service: FixtureService): EnvoyResource {
  const host = service.clusterIp ?? '0.0.0.0'
  return {
    name: `${host}_${service.port}`,
    address: address(host, service.port),
    bindToPort: false,
    trafficDirection: 'OUTBOUND',
    filterChains: [{ filters: [tcpProxy(outboundCluster(service))] }],
  }
}

function inboundHttp(port: number): EnvoyResource[] {
  return [
    {
      name: 'istio.metadata_exchange',
      typedConfig: { '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct' },
    },
    connectionManager(`inbound_0.0.0.0_${port};`, {
      routeConfig: {
        name: `inbound|${port}||`,
        virtualHosts: [
          {
            name: `inbound|http|${port}`,
            domains: ['*'],
            routes: [
              {
                name: 'default',
                match: { prefix: '/' },
                route: { cluster: `inbound|${port}||`, timeout: '0s' },
              },
            ],
          },
        ],
      },
    }),
  ]
}

function virtualInbound({
  inboundPorts,
  inboundTcpPorts = [],
  inboundAutoPorts = [],
  mutualTls,
  refusePlainText,
}: FixtureSidecar): EnvoyResource {
  const tcpChains = inboundTcpPorts.map(port => ({
    name: `0.0.0.0_${port}`,
    filterChainMatch: { destinationPort: port },
    filters: [tcpProxy(`inbound|${port}||`)],
  }))
  const silent = inboundTcpPorts.map(port => ({ destinationPortRange: { start: port, end: port + 1 } }))
  const disabled =
    silent.length > 0
      ? { filterDisabled: silent.length === 1 ? silent[0] : { orMatch: { rules: silent } } }
      : {}
  const detectingChains = inboundAutoPorts.flatMap(port => {
    const match = (transportProtocol: string, applicationProtocols?: string[]) => ({
      destinationPort: port,
      transportProtocol,
      applicationProtocols,
    })
    const tls = { transportSocket: serverTls() }
    const http = { filters: inboundHttp(port) }
    const tcp = { filters: [tcpProxy(`inbound|${port}||`)] }
    return [
      { ...http, ...tls, filterChainMatch: match('tls', ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']) },
      { ...tcp, ...tls, filterChainMatch: match('tls', ['istio-peer-exchange', 'istio']) },
      { ...http, filterChainMatch: match('raw_buffer', ['http/1.1', 'h2c']) },
      { ...tcp, filterChainMatch: match('raw_buffer') },
    ].filter(chain => mutualTls || !('transportSocket' in chain))
  })
  const chains = inboundPorts.flatMap(port => {
    const filters = inboundHttp(port)
    const name = `0.0.0.0_${port}`
    const istio = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2']
    const tls = {
      name,
      filterChainMatch: { destinationPort: port, transportProtocol: 'tls', applicationProtocols: istio },
      transportSocket: serverTls(),
      filters,
    }
    const plain = {
      name,
      filterChainMatch: { destinationPort: port, transportProtocol: 'raw_buffer' },
      filters,
    }
    return [...(mutualTls ? [tls] : []), ...(refusePlainText ? [] : [plain])]
  })
  return {
    name: 'virtualInbound',
    address: address('0.0.0.0', 15006),
    trafficDirection: 'INBOUND',
    listenerFilters: [
      {
        name: 'envoy.filters.listener.original_dst',
        typedConfig: { '@type': `${TYPE}.filters.listener.original_dst.v3.OriginalDst` },
      },
      { ...inspector('tls'), ...disabled },
      { ...inspector('http'), ...disabled },
    ],
    listenerFiltersTimeout: '0s',
    filterChains: [
      {
        name: 'virtualInbound-blackhole',
        filterChainMatch: { destinationPort: 15006 },
        filters: [tcpProxy('BlackHoleCluster')],
      },
      {
        name: 'virtualInbound',
        filterChainMatch: { transportProtocol: 'raw_buffer' },
        filters: [tcpProxy('InboundPassthroughCluster')],
      },
      ...chains,
      ...tcpChains,
      ...detectingChains,
    ],
  }
}

function routeConfiguration(port: number, services: readonly FixtureService[]): EnvoyResource {
  return {
    name: String(port),
    virtualHosts: [
      ...services
        .filter(service => service.protocol !== 'tcp')
        .map(service => ({
          name: `${service.host}:${port}`,
          domains: [
            service.host,
            service.host.split('.')[0],
            ...(service.clusterIp ? [service.clusterIp] : []),
          ],
          routes: service.routes ?? [
            {
              name: 'default',
              match: { prefix: '/' },
              route: { cluster: outboundCluster(service), timeout: '0s' },
              decorator: { operation: 'x' },
            },
          ],
        })),
      {
        name: 'allow_any',
        domains: ['*'],
        routes: [
          {
            name: 'allow_any',
            match: { prefix: '/' },
            route: { cluster: 'PassthroughCluster', timeout: '0s' },
          },
        ],
      },
    ],
    validateClusters: false,
    ignorePortInHostMatching: true,
  }
}

/** A gateway's resources: one HTTP listener on `port`, the clusters of a sidecar. */
export function gatewayResources(port: number, sidecar: FixtureSidecar): ProxyResources {
  const { clusters, endpoints } = sidecarResources(sidecar)
  const routeConfigName = `http.${port}`
  const rds = { rds: { configSource: ADS, routeConfigName } }
  const listener = {
    name: `0.0.0.0_${port}`,
    address: address('0.0.0.0', port),
    trafficDirection: 'OUTBOUND',
    filterChains: [{ filters: [connectionManager(`outbound_0.0.0.0_${port};`, rds)] }],
  }
  return {
    listeners: [listener],
    clusters: clusters.filter(({ name }) => String(name).startsWith('outbound|')),
    routes: [{ ...routeConfiguration(port, sidecar.services), name: routeConfigName }],
    endpoints,
  }
}
