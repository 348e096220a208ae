/** istio-ingressgateway and istio-egressgateway: Envoy alone, as a Deployment behind a Service. */
import type { DeploymentSpec } from 'kubernetes-types/apps/v1.js'
import type { Container, EnvVar, PodSpec, ServicePort, ServiceSpec } from 'kubernetes-types/core/v1.js'
import type { NewObject } from '../../apiserver/api.ts'
import { PROXY_IMAGE, REVISION } from '../version.ts'
import { type Component, componentLabels, ISTIO_NAMESPACE } from './labels.ts'
import type { Profile } from './profile.ts'

interface Gateway {
  name: string
  component: Component
  labels: { app: string; istio: string }
  type: 'LoadBalancer' | 'ClusterIP'
  ports: readonly ServicePort[]
}

const EGRESS_PORTS: readonly ServicePort[] = [
  { name: 'http2', port: 80, protocol: 'TCP', targetPort: 8080 },
  { name: 'https', port: 443, protocol: 'TCP', targetPort: 8443 },
]

const ingress = (profile: Profile): Gateway => ({
  name: 'istio-ingressgateway',
  component: 'IngressGateways',
  labels: { app: 'istio-ingressgateway', istio: 'ingressgateway' },
  type: 'LoadBalancer',
  ports: profile.ingressPorts,
})

const egress: Gateway = {
  name: 'istio-egressgateway',
  component: 'EgressGateways',
  labels: { app: 'istio-egressgateway', istio: 'egressgateway' },
  type: 'ClusterIP',
  ports: EGRESS_PORTS,
}

/** ServiceAccount, Deployment and Service of each gateway of the profile. */
export const gatewayObjects = (profile: Profile): NewObject[] =>
  [...(profile.ingressGateway ? [ingress(profile)] : []), ...(profile.egressGateway ? [egress] : [])].flatMap(
    gateway => [serviceAccount(gateway), deployment(gateway, profile), service(gateway)],
  )

const labelsOf = (gateway: Gateway): Record<string, string> => ({
  ...componentLabels(gateway.component, gateway.name),
  ...gateway.labels,
})

const metadata = (gateway: Gateway, name = gateway.name): NewObject['metadata'] => ({
  name,
  namespace: ISTIO_NAMESPACE,
  labels: labelsOf(gateway),
})

const accountName = (gateway: Gateway): string => `${gateway.name}-service-account`

const serviceAccount = (gateway: Gateway): NewObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metadata(gateway, accountName(gateway)),
})

const service = (gateway: Gateway): NewObject => {
  const spec: ServiceSpec = { ports: [...gateway.ports], selector: gateway.labels, type: gateway.type }
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(gateway), spec }
}

const deployment = (gateway: Gateway, profile: Profile): NewObject => {
  const spec: DeploymentSpec = {
    replicas: 1,
    selector: { matchLabels: gateway.labels },
    strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
    template: {
      metadata: {
        annotations: {
          'istio.io/rev': REVISION,
          'prometheus.io/path': '/stats/prometheus',
          'prometheus.io/port': '15020',
          'prometheus.io/scrape': 'true',
          'sidecar.istio.io/inject': 'false',
        },
        labels: {
          ...labelsOf(gateway),
          chart: 'gateways',
          heritage: 'Tiller',
          'istio.io/dataplane-mode': 'none',
          'service.istio.io/canonical-name': gateway.name,
          'service.istio.io/canonical-revision': 'latest',
          'sidecar.istio.io/inject': 'false',
        },
      },
      spec: podSpec(gateway, profile),
    },
  }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(gateway), spec }
}

const field = (name: string, fieldPath: string): EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } })

const environment = (gateway: Gateway): EnvVar[] => [
  { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
  { name: 'CA_ADDR', value: 'istiod.istio-system.svc:15012' },
  field('NODE_NAME', 'spec.nodeName'),
  field('POD_NAME', 'metadata.name'),
  field('POD_NAMESPACE', 'metadata.namespace'),
  field('INSTANCE_IP', 'status.podIP'),
  field('HOST_IP', 'status.hostIP'),
  { name: 'ISTIO_CPU_LIMIT', valueFrom: { resourceFieldRef: { divisor: '1', resource: 'limits.cpu' } } },
  field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
  { name: 'ISTIO_META_WORKLOAD_NAME', value: gateway.name },
  {
    name: 'ISTIO_META_OWNER',
    value: `kubernetes://apis/apps/v1/namespaces/${ISTIO_NAMESPACE}/deployments/${gateway.name}`,
  },
  { name: 'ISTIO_META_MESH_ID', value: 'cluster.local' },
  { name: 'TRUST_DOMAIN', value: 'cluster.local' },
  { name: 'ISTIO_META_UNPRIVILEGED_POD', value: 'true' },
  { name: 'ISTIO_META_CLUSTER_ID', value: 'Kubernetes' },
  field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
]

const containerOf = (gateway: Gateway, profile: Profile): Container => ({
  args: [
    'proxy',
    'router',
    '--domain',
    '$(POD_NAMESPACE).svc.cluster.local',
    '--proxyLogLevel=warning',
    '--proxyComponentLogLevel=misc:error',
    '--log_output_level=default:info',
  ],
  env: environment(gateway),
  image: PROXY_IMAGE,
  name: 'istio-proxy',
  ports: [
    ...gateway.ports.map(port => ({ containerPort: Number(port.targetPort), protocol: 'TCP' as const })),
    { containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' },
  ],
  readinessProbe: {
    failureThreshold: 30,
    httpGet: { path: '/healthz/ready', port: 15021, scheme: 'HTTP' },
    initialDelaySeconds: 1,
    periodSeconds: 2,
    successThreshold: 1,
    timeoutSeconds: 1,
  },
  resources: profile.gatewayResources,
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  },
  volumeMounts: [
    { mountPath: '/var/run/secrets/workload-spiffe-uds', name: 'workload-socket' },
    { mountPath: '/var/run/secrets/credential-uds', name: 'credential-socket' },
    { mountPath: '/var/run/secrets/workload-spiffe-credentials', name: 'workload-certs' },
    { mountPath: '/etc/istio/proxy', name: 'istio-envoy' },
    { mountPath: '/etc/istio/config', name: 'config-volume' },
    { mountPath: '/var/run/secrets/istio', name: 'istiod-ca-cert' },
    { mountPath: '/var/run/secrets/tokens', name: 'istio-token', readOnly: true },
    { mountPath: '/var/lib/istio/data', name: 'istio-data' },
    { mountPath: '/etc/istio/pod', name: 'podinfo' },
  ],
})

const podSpec = (gateway: Gateway, profile: Profile): PodSpec => ({
  containers: [containerOf(gateway, profile)],
  securityContext: { runAsGroup: 1337, runAsNonRoot: true, runAsUser: 1337 },
  serviceAccountName: accountName(gateway),
  volumes: [
    { emptyDir: {}, name: 'workload-socket' },
    { emptyDir: {}, name: 'credential-socket' },
    { emptyDir: {}, name: 'workload-certs' },
    { configMap: { name: 'istio-ca-root-cert' }, name: 'istiod-ca-cert' },
    {
      downwardAPI: {
        items: [
          { fieldRef: { fieldPath: 'metadata.labels' }, path: 'labels' },
          { fieldRef: { fieldPath: 'metadata.annotations' }, path: 'annotations' },
        ],
      },
      name: 'podinfo',
    },
    { emptyDir: {}, name: 'istio-envoy' },
    { emptyDir: {}, name: 'istio-data' },
    {
      name: 'istio-token',
      projected: {
        sources: [
          { serviceAccountToken: { audience: 'istio-ca', expirationSeconds: 43200, path: 'istio-token' } },
        ],
      },
    },
    { configMap: { name: 'istio', optional: true }, name: 'config-volume' },
  ],
})
