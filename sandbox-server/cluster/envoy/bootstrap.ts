/** What the shared Envoy is started with: where its discovery server is, its limits, and how statistics are labelled. */
import type { EnvoyResource } from '../istiod/translation/contract.ts'

export interface BootstrapPaths {
  adminSocketPath: string
  xdsSocketPath: string
  /** Cluster DNS, for clusters of type DNS; absent: the machine's own resolver. */
  dnsAddress?: string
}

const XDS_CLUSTER = 'xds-grpc'
/** A runaway load generator in one cluster must not eat the machine. */
const MAX_DOWNSTREAM_CONNECTIONS = 4000
/** The cluster's process restarts an Envoy that is gone; one that is slow for a while, on a busy machine, is left alone. */
const PATIENT_WATCHDOG = { missTimeout: '60s', megamissTimeout: '120s' }
const ADS = { ads: {}, resourceApiVersion: 'V3' }

/** Envoy's bootstrap, as JSON. */
export function bootstrap(paths: BootstrapPaths): EnvoyResource {
  return {
    node: { id: 'meshdojo', cluster: 'meshdojo' },
    admin: { address: pipe(paths.adminSocketPath) },
    dynamicResources: {
      adsConfig: {
        apiType: 'DELTA_GRPC',
        transportApiVersion: 'V3',
        grpcServices: [
          {
            envoyGrpc: {
              clusterName: XDS_CLUSTER,
              retryPolicy: { retryBackOff: { baseInterval: '0.05s', maxInterval: '0.5s' } },
            },
          },
        ],
      },
      cdsConfig: ADS,
      ldsConfig: ADS,
    },
    staticResources: { clusters: [xdsCluster(paths.xdsSocketPath)] },
    statsConfig: { statsTags: STATS_TAGS, useAllDefaultTags: false },
    // A hundred idle sandboxes share a machine: no wake-ups that nobody needs.
    statsFlushInterval: '60s',
    watchdogs: { mainThreadWatchdog: PATIENT_WATCHDOG, workerWatchdog: PATIENT_WATCHDOG },
    deferredStatOptions: { enableDeferredCreationStats: true },
    overloadManager: {
      resourceMonitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typedConfig: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            maxActiveDownstreamConnections: MAX_DOWNSTREAM_CONNECTIONS,
          },
        },
      ],
    },
    ...(paths.dnsAddress === undefined ? {} : { typedDnsResolverConfig: dnsResolver(paths.dnsAddress) }),
  }
}

const pipe = (path: string): EnvoyResource => ({ pipe: { path, mode: 0o600 } })

function xdsCluster(socketPath: string): EnvoyResource {
  return {
    name: XDS_CLUSTER,
    altStatName: `${XDS_CLUSTER};`,
    type: 'STATIC',
    connectTimeout: '1s',
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    loadAssignment: {
      clusterName: XDS_CLUSTER,
      endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: socketPath } } } }] }],
    },
  }
}

function dnsResolver(address: string): EnvoyResource {
  return {
    name: 'envoy.network.dns_resolver.cares',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
      resolvers: [{ socketAddress: { address, portValue: 53 } }],
    },
  }
}

/**
 * Istio ends the names it gives to clusters and listeners with `;`, so that names with dots become one Prometheus label
 * (its bootstrap template has the same tags). Envoy's own rules would cut them at the first dot. Each rule begins with a
 * literal word, by which Envoy knows without trying which names it concerns: there are thousands of names at every start.
 * The two of response codes cannot, so they are Envoy's built-in ones, which have another such short cut (without, they
 * took a third of Envoy's start); `admin/stats` gives them Istio's names.
 */
const STATS_TAGS = [
  { tagName: 'cluster_name', regex: '^cluster\\.(([^;]+);\\.)' },
  {
    tagName: 'http_conn_manager_prefix',
    regex: '^http\\.(([^;]+?);?\\.)(?:downstream|no_|passthrough|rq_|rs_|tracing|fault|cors|user_agent|rbac)',
  },
  {
    tagName: 'listener_address',
    regex: '^listener\\.((.+?)\\.)(?:downstream|no_|ssl|server_ssl|http|worker)',
  },
  { tagName: 'tcp_prefix', regex: '^tcp\\.((.+?)\\.)\\w+?$' },
  { tagName: 'envoy.response_code' },
  { tagName: 'envoy.response_code_class' },
]
