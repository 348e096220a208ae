/** Istio's annotations on Kubernetes objects: known, in their place, and with a value that can be read. */
import { annotationErrors } from '../../../../istiod/injection/annotations.ts'
import type { Analyzer, Report } from '../analyzer.ts'
import type { Kind, Resource } from '../resources.ts'

const KINDS: readonly Kind[] = ['Namespace', 'Service', 'Pod', 'Deployment']
const ANY = 'Any'

const on = (place: string, names: string): [string, string][] => names.split(' ').map(name => [name, place])

/** https://istio.io/latest/docs/reference/config/annotations: name and the kind it is for. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ...on(
    ANY,
    'galley.istio.io/analyze-suppress install.operator.istio.io/chart-owner install.operator.istio.io/owner-generation install.operator.istio.io/version gateway.istio.io/controller-version',
  ),
  ...on('AuthorizationPolicy', 'istio.io/dry-run'),
  ...on(
    'Gateway',
    'gateway.istio.io/name-override gateway.istio.io/service-account networking.istio.io/address-type networking.istio.io/service-type',
  ),
  ...on('GatewayClass, Gateway', 'ambient.istio.io/waypoint-inbound-binding'),
  ...on('Ingress', 'kubernetes.io/ingress.class'),
  ...on('Namespace', 'topology.istio.io/controlPlaneClusters'),
  ...on(
    'Pod',
    'ambient.istio.io/bypass-inbound-capture ambient.istio.io/dns-capture ambient.istio.io/redirection inject.istio.io/templates istio.io/reroute-virtual-interfaces istio.io/rev prometheus.istio.io/merge-metrics proxy.istio.io/config proxy.istio.io/overrides readiness.status.sidecar.istio.io/applicationPorts readiness.status.sidecar.istio.io/failureThreshold readiness.status.sidecar.istio.io/initialDelaySeconds readiness.status.sidecar.istio.io/periodSeconds',
  ),
  ...on(
    'Pod',
    'sidecar.istio.io/agentLogLevel sidecar.istio.io/bootstrapOverride sidecar.istio.io/componentLogLevel sidecar.istio.io/controlPlaneAuthPolicy sidecar.istio.io/discoveryAddress sidecar.istio.io/enableCoreDump sidecar.istio.io/extraStatTags sidecar.istio.io/inject sidecar.istio.io/interceptionMode sidecar.istio.io/logLevel sidecar.istio.io/nativeSidecar sidecar.istio.io/proxyCPU sidecar.istio.io/proxyCPULimit sidecar.istio.io/proxyImage sidecar.istio.io/proxyImageType sidecar.istio.io/proxyMemory sidecar.istio.io/proxyMemoryLimit sidecar.istio.io/rewriteAppHTTPProbers sidecar.istio.io/statsCompression sidecar.istio.io/statsEvictionInterval sidecar.istio.io/statsFlushInterval sidecar.istio.io/statsHistogramBins sidecar.istio.io/statsHistogramBuckets sidecar.istio.io/statsInclusionPrefixes sidecar.istio.io/statsInclusionRegexps sidecar.istio.io/statsInclusionSuffixes sidecar.istio.io/status sidecar.istio.io/userVolume sidecar.istio.io/userVolumeMount status.sidecar.istio.io/port',
  ),
  ...on(
    'Pod',
    'traffic.sidecar.istio.io/excludeInboundPorts traffic.sidecar.istio.io/excludeInterfaces traffic.sidecar.istio.io/excludeOutboundIPRanges traffic.sidecar.istio.io/excludeOutboundPorts traffic.sidecar.istio.io/includeInboundPorts traffic.sidecar.istio.io/includeOutboundIPRanges traffic.sidecar.istio.io/includeOutboundPorts traffic.sidecar.istio.io/kubevirtInterfaces',
  ),
  ...on(
    'Service',
    'alpha.istio.io/canonical-serviceaccounts alpha.istio.io/kubernetes-serviceaccounts networking.istio.io/exportTo traffic.istio.io/nodeSelector',
  ),
  ...on('Service, ServiceEntry, Namespace', 'istio.io/use-waypoint-canary-weight'),
  ...on('Namespace, Service, ServiceEntry', 'networking.istio.io/traffic-distribution'),
  ...on(
    'WorkloadEntry',
    'istio.io/autoRegistrationGroup istio.io/connectedAt istio.io/disconnectedAt istio.io/workloadController',
  ),
])

const INJECT = 'sidecar.istio.io/inject'
/** With what is said of what replaces them. */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  [INJECT, ` in favor of the "${INJECT}" label`],
  ['alpha.istio.io/canonical-serviceaccounts', ''],
  ['alpha.istio.io/kubernetes-serviceaccounts', ''],
  ['sidecar.istio.io/controlPlaneAuthPolicy', ''],
  ['sidecar.istio.io/discoveryAddress', ''],
  ['sidecar.istio.io/enableCoreDump', ''],
  ['sidecar.istio.io/extraStatTags', ''],
  ['sidecar.istio.io/statsCompression', ''],
  ['sidecar.istio.io/statsInclusionPrefixes', ''],
  ['sidecar.istio.io/statsInclusionRegexps', ''],
  ['sidecar.istio.io/statsInclusionSuffixes', ''],
  ['traffic.sidecar.istio.io/kubevirtInterfaces', ''],
])

export const annotations: Analyzer = {
  name: 'annotations.K8sAnalyzer',
  description: 'Checks for misplaced and invalid Istio annotations in Kubernetes resources',
  inputs: KINDS,
  analyze(resources, report) {
    for (const kind of KINDS)
      for (const resource of resources.list(kind))
        for (const [name, value] of Object.entries(resource.annotations)) check(resource, name, value, report)
  },
}

/** Istio writes these itself. */
const SET_BY_ISTIO = new Set([
  'sidecar.istio.io/status',
  'gateway.istio.io/controller-version',
  'istio.io/rev',
])

/** What the injector says before the fault itself. */
const INJECTION_WORDS = /^invalid value '.*' for annotation '[^']*': /s

function check(resource: Resource, name: string, value: string, report: Report): void {
  const domain = name.split('/')[0] ?? ''
  if (name !== 'kubernetes.io/ingress.class' && !domain.endsWith('istio.io')) return
  if (SET_BY_ISTIO.has(name)) return
  const place = KNOWN.get(name)
  if (place === undefined) {
    report('UnknownAnnotation', resource, [name])
    return
  }
  const isReplaced = name === INJECT && resource.labels[INJECT] !== undefined
  const hint = DEPRECATED.get(name)
  if (hint !== undefined && !isReplaced) report('DeprecatedAnnotation', resource, [name, hint])
  if (place === ANY) return
  if (!place.split(', ').includes(resource.kind)) {
    report('MisplacedAnnotation', resource, [name, place])
    return
  }
  for (const error of annotationErrors({ [name]: value }))
    report('InvalidAnnotation', resource, [name, error.replace(INJECTION_WORDS, '')])
}
