/** istiod itself: Deployment, Service, ServiceAccounts and its two ConfigMaps. */
import type { DeploymentSpec } from 'kubernetes-types/apps/v1.js'
import type { Container, ServiceSpec } from 'kubernetes-types/core/v1.js'
import { parse, stringify } from 'yaml'
import type { NewObject } from '../../apiserver/api.ts'
import { ISTIO_HUB, ISTIO_VERSION, PILOT_IMAGE, REVISION } from '../version.ts'
import { type Customization, overlaid } from './customization.ts'
import { componentLabels, ISTIO_NAMESPACE } from './labels.ts'
import type { Profile } from './profile.ts'

const labels = (): Record<string, string> => ({
  ...componentLabels('Pilot', 'istiod'),
  app: 'istiod',
  istio: 'pilot',
})

/** The mesh configuration of a profile, as `istioctl install` writes it into the ConfigMap `istio`. */
export const meshConfigYaml = (profile: Profile): string => {
  const [accessLog, ...providers] = profile.mesh
  return [
    ...(accessLog === undefined ? [] : [accessLog]),
    'defaultConfig:',
    '  discoveryAddress: istiod.istio-system.svc:15012',
    'defaultProviders:',
    '  metrics:',
    '  - prometheus',
    'enablePrometheusMerge: true',
    ...providers,
    `rootNamespace: ${ISTIO_NAMESPACE}`,
    'trustDomain: cluster.local',
  ].join('\n')
}

/** The same with the fields of `overlay`; its text is the profile's own while there are none. */
const customMesh = (profile: Profile, overlay: NonNullable<Customization['mesh']>): string => {
  const text = meshConfigYaml(profile)
  if (Object.keys(overlay).length === 0) return text
  const mesh = overlaid(parse(text), overlay)
  return stringify(mesh, { sortMapEntries: true, indentSeq: false, lineWidth: 0 }).trimEnd()
}

const configMap = (name: string, data: Record<string, string>): NewObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: ISTIO_NAMESPACE, labels: componentLabels('Pilot', 'istiod') },
  data,
})

/** What a reader of the real one looks for; the templates themselves are part of this istiod. */
const injectorConfig = [
  'defaultTemplates: [sidecar]',
  'policy: enabled',
  'alwaysInjectSelector: []',
  'neverInjectSelector: []',
  'injectedAnnotations: {}',
  'templates: {} # built in: sidecar, gateway',
  '',
].join('\n')

const injectorValues = (profile: Profile, proxy: NonNullable<Customization['proxy']>): string =>
  JSON.stringify(
    {
      global: {
        hub: ISTIO_HUB,
        istioNamespace: ISTIO_NAMESPACE,
        proxy: overlaid(
          { clusterDomain: 'cluster.local', image: 'proxyv2', logLevel: 'warning', statusPort: 15020 },
          proxy,
        ),
        tag: ISTIO_VERSION,
      },
      profile: profile.name,
      revision: '',
      sidecarInjectorWebhook: { rewriteAppHTTPProbe: true },
    },
    null,
    2,
  )

const serviceAccount = (name: string): NewObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: ISTIO_NAMESPACE, labels: { app: name, release: 'istio' } },
})

const service = (): NewObject => {
  const spec: ServiceSpec = {
    ports: [
      { name: 'grpc-xds', port: 15010, protocol: 'TCP' },
      { name: 'https-dns', port: 15012, protocol: 'TCP' },
      { name: 'https-webhook', port: 443, protocol: 'TCP', targetPort: 15017 },
      { name: 'http-monitoring', port: 15014, protocol: 'TCP' },
    ],
    selector: { app: 'istiod', istio: 'pilot' },
  }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'istiod', namespace: ISTIO_NAMESPACE, labels: labels() },
    spec,
  }
}

const discovery = (profile: Profile, env: NonNullable<Customization['pilotEnv']>): Container => ({
  args: [
    'discovery',
    '--monitoringAddr=:15014',
    '--log_output_level=default:info',
    '--domain',
    'cluster.local',
    '--keepaliveMaxServerConnectionAge',
    '30m',
  ],
  env: [
    { name: 'REVISION', value: REVISION },
    { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'SERVICE_ACCOUNT', valueFrom: { fieldRef: { fieldPath: 'spec.serviceAccountName' } } },
    ...(profile.name === 'demo' ? [{ name: 'PILOT_TRACE_SAMPLING', value: '100' }] : []),
    { name: 'PILOT_ENABLE_ANALYSIS', value: 'false' },
    { name: 'CLUSTER_ID', value: 'Kubernetes' },
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
  ],
  image: PILOT_IMAGE,
  name: 'discovery',
  ports: [
    { containerPort: 8080, name: 'http-debug', protocol: 'TCP' },
    { containerPort: 15010, name: 'grpc-xds', protocol: 'TCP' },
    { containerPort: 15012, name: 'tls-xds', protocol: 'TCP' },
    { containerPort: 15017, name: 'https-webhooks', protocol: 'TCP' },
    { containerPort: 15014, name: 'http-monitoring', protocol: 'TCP' },
  ],
  readinessProbe: {
    httpGet: { path: '/ready', port: 8080 },
    initialDelaySeconds: 1,
    periodSeconds: 3,
    timeoutSeconds: 5,
  },
  resources: profile.istiodResources,
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  },
})

const deployment = (profile: Profile, env: NonNullable<Customization['pilotEnv']>): NewObject => {
  const spec: DeploymentSpec = {
    replicas: 1,
    selector: { matchLabels: { istio: 'pilot' } },
    strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
    template: {
      metadata: {
        annotations: {
          'prometheus.io/port': '15014',
          'prometheus.io/scrape': 'true',
          'sidecar.istio.io/inject': 'false',
        },
        labels: { ...labels(), 'istio.io/dataplane-mode': 'none', 'sidecar.istio.io/inject': 'false' },
      },
      spec: { containers: [discovery(profile, env)], serviceAccountName: 'istiod' },
    },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace: ISTIO_NAMESPACE, labels: labels() },
    spec,
  }
}

export const controlPlaneObjects = (
  profile: Profile,
  { mesh = {}, proxy = {}, pilotEnv = {} }: Customization = {},
): NewObject[] => [
  serviceAccount('istio-reader-service-account'),
  serviceAccount('istiod'),
  configMap('istio', { mesh: customMesh(profile, mesh), meshNetworks: 'networks: {}' }),
  configMap('istio-sidecar-injector', { config: injectorConfig, values: injectorValues(profile, proxy) }),
  deployment(profile, pilotEnv),
  service(),
]
