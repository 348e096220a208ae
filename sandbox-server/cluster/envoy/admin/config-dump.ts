/** `/config_dump` of one pod: what istiod sent it, in Envoy's words, not what the shared Envoy made of it. */
import type { EnvoyResource, ProxyResources } from '../../istiod/translation/contract.ts'

export interface PodSecret {
  name: string
  certificateChain?: string
  trustedCa?: string
}

export interface PodConfig {
  resources: ProxyResources
  secrets: readonly PodSecret[]
  /** Of the bootstrap: `sidecar~IP~POD.NS~NS.svc.cluster.local`. */
  nodeId: string
  nodeMetadata: EnvoyResource
  cluster: string
  /** RFC 3339. */
  lastUpdated: string
}

const ADMIN = 'type.googleapis.com/envoy.admin.v3'
const VERSION = '1'
const REDACTED = Buffer.from('[redacted]').toString('base64')

/** The dump, with endpoints if `withEndpoints` (`?include_eds`); `resource` keeps one list alone (`?resource=`). */
export function configDump(
  config: PodConfig,
  options: { withEndpoints: boolean; resource?: string },
): EnvoyResource {
  const { resources, lastUpdated } = config
  const any = (type: string, resource: EnvoyResource) => ({
    '@type': `type.googleapis.com/${type}`,
    ...resource,
  })
  const listeners = resources.listeners.map(listener => ({
    name: listener.name,
    activeState: {
      versionInfo: VERSION,
      listener: any('envoy.config.listener.v3.Listener', listener),
      lastUpdated,
    },
  }))
  const clusters = resources.clusters.map(cluster => ({
    versionInfo: VERSION,
    cluster: any('envoy.config.cluster.v3.Cluster', cluster),
    lastUpdated,
  }))
  const routes = resources.routes.map(route => ({
    versionInfo: VERSION,
    routeConfig: any('envoy.config.route.v3.RouteConfiguration', route),
    lastUpdated,
  }))
  const endpoints = resources.endpoints.map(assignment => ({
    versionInfo: VERSION,
    endpointConfig: any('envoy.config.endpoint.v3.ClusterLoadAssignment', assignment),
    lastUpdated,
  }))
  const secrets = config.secrets.map(secret => ({
    name: secret.name,
    versionInfo: VERSION,
    lastUpdated,
    secret: any('envoy.extensions.transport_sockets.tls.v3.Secret', envoySecret(secret)),
  }))
  const dumps: EnvoyResource[] = [
    { '@type': `${ADMIN}.BootstrapConfigDump`, bootstrap: bootstrap(config), lastUpdated },
    { '@type': `${ADMIN}.ClustersConfigDump`, versionInfo: VERSION, dynamicActiveClusters: clusters },
    ...(options.withEndpoints
      ? [{ '@type': `${ADMIN}.EndpointsConfigDump`, dynamicEndpointConfigs: endpoints }]
      : []),
    { '@type': `${ADMIN}.ListenersConfigDump`, versionInfo: VERSION, dynamicListeners: listeners },
    {
      '@type': `${ADMIN}.RoutesConfigDump`,
      staticRouteConfigs: inlineRoutes(resources.listeners, lastUpdated),
      dynamicRouteConfigs: routes,
    },
    { '@type': `${ADMIN}.SecretsConfigDump`, dynamicActiveSecrets: secrets },
  ]
  if (options.resource === undefined) return { configs: dumps }
  const key = camelCase(options.resource)
  return { configs: dumps.flatMap(dump => (Array.isArray(dump[key]) ? dump[key] : [])) }
}

/** Envoy lists route configurations that stand inside a listener as static ones. */
function inlineRoutes(listeners: readonly EnvoyResource[], lastUpdated: string): EnvoyResource[] {
  const found = new Map<string, EnvoyResource>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, element] of Object.entries(value)) {
      if (key === 'routeConfig' && typeof element === 'object' && element !== null) {
        found.set(JSON.stringify(element), {
          '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
          ...element,
        })
      } else visit(element)
    }
  }
  visit(listeners)
  return [...found.values()].map(routeConfig => ({ routeConfig, lastUpdated }))
}

function envoySecret({ name, certificateChain, trustedCa }: PodSecret): EnvoyResource {
  const inline = (pem: string) => ({ inlineBytes: Buffer.from(pem).toString('base64') })
  if (certificateChain !== undefined) {
    return {
      name,
      tlsCertificate: { certificateChain: inline(certificateChain), privateKey: { inlineBytes: REDACTED } },
    }
  }
  return { name, validationContext: { trustedCa: inline(trustedCa ?? '') } }
}

function bootstrap({ nodeId, cluster, nodeMetadata }: PodConfig): EnvoyResource {
  return {
    node: { id: nodeId, cluster, metadata: nodeMetadata },
    admin: {
      address: { socketAddress: { address: '127.0.0.1', portValue: 15000 } },
      profilePath: '/var/lib/istio/data/envoy.prof',
    },
    dynamicResources: {
      ldsConfig: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
      cdsConfig: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
      adsConfig: {
        apiType: 'DELTA_GRPC',
        transportApiVersion: 'V3',
        grpcServices: [{ envoyGrpc: { clusterName: 'xds-grpc' } }],
        setNodeOnFirstMessageOnly: true,
      },
    },
  }
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
