/**
 * The installation profiles: what `istioctl install --set profile=…` chooses differently.
 * https://istio.io/latest/docs/setup/additional-setup/config-profiles/
 */
import type { ResourceRequirements, ServicePort } from 'kubernetes-types/core/v1.js'

export type ProfileName = 'default' | 'demo' | 'minimal'

export interface Profile {
  name: ProfileName
  ingressGateway: boolean
  egressGateway: boolean
  /** YAML lines of the mesh configuration that the profile adds. */
  mesh: readonly string[]
  ingressPorts: readonly ServicePort[]
  istiodResources: ResourceRequirements
  gatewayResources: ResourceRequirements
}

const STATUS_AND_HTTP: readonly ServicePort[] = [
  { name: 'status-port', port: 15021, protocol: 'TCP', targetPort: 15021 },
  { name: 'http2', port: 80, protocol: 'TCP', targetPort: 8080 },
  { name: 'https', port: 443, protocol: 'TCP', targetPort: 8443 },
]

const DEMO_PORTS: readonly ServicePort[] = [
  ...STATUS_AND_HTTP,
  { name: 'tcp', port: 31400, protocol: 'TCP', targetPort: 31400 },
  { name: 'tls', port: 15443, protocol: 'TCP', targetPort: 15443 },
]

const DEMO_MESH = [
  'accessLogFile: /dev/stdout',
  'extensionProviders:',
  '- envoyOtelAls:',
  '    port: 4317',
  '    service: opentelemetry-collector.observability.svc.cluster.local',
  '  name: otel',
  '- name: skywalking',
  '  skywalking:',
  '    port: 11800',
  '    service: tracing.istio-system.svc.cluster.local',
  '- name: otel-tracing',
  '  opentelemetry:',
  '    port: 4317',
  '    service: opentelemetry-collector.observability.svc.cluster.local',
  '- name: jaeger',
  '  opentelemetry:',
  '    port: 4317',
  '    service: jaeger-collector.istio-system.svc.cluster.local',
]

const SMALL: ResourceRequirements = { requests: { cpu: '10m', memory: '40Mi' } }

const DEFAULT_PROFILE: Profile = {
  name: 'default',
  ingressGateway: true,
  egressGateway: false,
  mesh: [],
  ingressPorts: STATUS_AND_HTTP,
  istiodResources: { requests: { cpu: '500m', memory: '2Gi' } },
  gatewayResources: {
    limits: { cpu: '2', memory: '1Gi' },
    requests: { cpu: '100m', memory: '128Mi' },
  },
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  demo: {
    name: 'demo',
    ingressGateway: true,
    egressGateway: true,
    mesh: DEMO_MESH,
    ingressPorts: DEMO_PORTS,
    istiodResources: { requests: { cpu: '10m', memory: '100Mi' } },
    gatewayResources: SMALL,
  },
  default: DEFAULT_PROFILE,
  minimal: { ...DEFAULT_PROFILE, name: 'minimal', ingressGateway: false },
}
