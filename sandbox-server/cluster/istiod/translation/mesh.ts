/** The index of one snapshot: built once, shared by the translations of all its proxies. */

import type { ApiObject } from '../../apiserver/api.ts'
import type { MeshSnapshot, ProxyRef } from './contract.ts'
import { configsOf, labelsInclude } from './model/config.ts'
import { DestinationRules } from './model/destination-rules.ts'
import { discovered } from './model/discovery-selectors.ts'
import { configOfIngresses } from './model/ingresses.ts'
import {
  type KubernetesService,
  kubernetesServices,
  podEndpoints,
  selectedPods,
  targetPortOf,
} from './model/kubernetes-services.ts'
import { type MeshSettings, meshSettings } from './model/mesh-config.ts'
import { PeerAuthentications, peerAuthenticationSpec } from './model/peer-authentication.ts'
import { type Pod, readPod } from './model/pods.ts'
import { type MeshProxy, parseLocality, type ServiceTarget } from './model/proxy.ts'
import { ServiceRegistry } from './model/registry.ts'
import type { Endpoint, Service } from './model/service.ts'
import { endpointsOfEntry, servicesOfEntry, workloadEntryEndpoints } from './model/service-entries.ts'
import { gatewayScope, type SidecarScope, sidecarScope } from './model/sidecar-scope.ts'
import { destinationRuleSpec } from './model/specs/destination-rule.ts'
import { gatewaySpec, serviceEntrySpec, sidecarSpec, workloadEntrySpec } from './model/specs/networking.ts'
import { virtualServiceSpec } from './model/specs/virtual-service.ts'
import { VirtualServices } from './model/virtual-services.ts'
import { Sections } from './sections.ts'

const NETWORKING = 'networking.istio.io'
const SECURITY = 'security.istio.io'

export interface Mesh {
  settings: MeshSettings
  registry: ServiceRegistry
  virtualServices: VirtualServices
  peerAuthentications: PeerAuthentications
  gateways: ReturnType<typeof readGateways>
  /** All configuration objects, for the parts that read kinds of their own. */
  config: readonly ApiObject[]
  /** What proxies have in common, and what has not changed since the mesh before. */
  sections: Sections
  /** The proxy of a pod; undefined when there is no such pod with an address. */
  proxy(ref: ProxyRef): MeshProxy | undefined
}

const readGateways = (config: readonly ApiObject[]) => configsOf(config, NETWORKING, 'Gateway', gatewaySpec)

/** A service with what is needed to find the ports of its pods. */
interface TargetSource {
  service: Service
  targetPort(pod: Pod, port: number): number | undefined
  selects(pod: Pod): boolean
}

/** Of the mesh that was built last: only what is new in the next one is made anew. */
let lastSections: Sections | undefined

/** Builds the index; costs a few milliseconds for a mesh of tens of services. */
export function buildMesh(whole: MeshSnapshot): Mesh {
  const settings = meshSettings(whole.meshConfigYaml)
  const { config, trustDomain, rootNamespace } = settings
  const seen = discovered(whole, config.discoverySelectors ?? [])
  const derived = configOfIngresses(seen, config)
  const snapshot = derived.length > 0 ? { ...seen, config: [...seen.config, ...derived] } : seen
  const pods = snapshot.pods.map(p => readPod(p, trustDomain)).filter(p => p !== undefined)
  const kubernetes = kubernetesServices(snapshot.services, trustDomain)
  const entries = configsOf(snapshot.config, NETWORKING, 'ServiceEntry', serviceEntrySpec)
  const workloadEntries = configsOf(snapshot.config, NETWORKING, 'WorkloadEntry', workloadEntrySpec)
  const workloads = { workloadEntries, pods, trustDomain }

  const services: Service[] = []
  const endpoints = new Map<Service, readonly Endpoint[]>()
  const targetSources: TargetSource[] = []
  for (const found of kubernetes) {
    services.push(found.service)
    endpoints.set(found.service, [...podEndpoints(found, pods), ...workloadEntryEndpoints(found, workloads)])
    targetSources.push(kubernetesTargets(found))
  }
  for (const entry of entries) {
    for (const service of servicesOfEntry(entry)) {
      services.push(service)
      endpoints.set(service, endpointsOfEntry(entry, service, workloads))
      const ports = entry.spec.ports ?? []
      targetSources.push({
        service,
        targetPort: (_pod, port) => ports.find(p => p.number === port)?.targetPort || port,
        selects: pod =>
          !!service.selector &&
          pod.namespace === service.namespace &&
          labelsInclude(pod.labels, service.selector),
      })
    }
  }
  const registry = new ServiceRegistry(
    services,
    endpoints,
    config.defaultServiceExportTo ?? ['*'],
    config.trustDomainAliases,
  )
  const virtualServices = new VirtualServices(
    configsOf(snapshot.config, NETWORKING, 'VirtualService', virtualServiceSpec),
    config.defaultVirtualServiceExportTo ?? ['*'],
  )
  const destinationRules = new DestinationRules(
    configsOf(snapshot.config, NETWORKING, 'DestinationRule', destinationRuleSpec),
    rootNamespace,
    config.defaultDestinationRuleExportTo ?? ['*'],
  )
  const peerAuthentications = new PeerAuthentications(
    configsOf(snapshot.config, SECURITY, 'PeerAuthentication', peerAuthenticationSpec),
    rootNamespace,
  )
  const sources = { registry, virtualServices, destinationRules, outboundMode: settings.outboundMode }
  const sidecars = configsOf(snapshot.config, NETWORKING, 'Sidecar', sidecarSpec)
  const scopes = new Map<string, SidecarScope>()
  const scopeOf = (pod: Pod): SidecarScope => {
    const chosen = pod.isRouter ? undefined : sidecarFor(pod)
    const key = pod.isRouter
      ? `router ${pod.namespace}`
      : `sidecar ${pod.namespace} ${chosen?.namespace}/${chosen?.name}`
    const scope =
      scopes.get(key) ??
      (pod.isRouter
        ? gatewayScope(sources, pod.namespace, key)
        : sidecarScope(sources, chosen, pod.namespace, key))
    scopes.set(key, scope)
    return scope
  }
  const sidecarFor = (pod: Pod) => {
    const own = sidecars.filter(s => s.namespace === pod.namespace)
    return (
      own.find(s => s.spec.workloadSelector && labelsInclude(pod.labels, s.spec.workloadSelector.labels)) ??
      own.find(s => !s.spec.workloadSelector) ??
      sidecars.find(s => s.namespace === rootNamespace && !s.spec.workloadSelector)
    )
  }
  const sections = new Sections(lastSections)
  lastSections = sections
  return {
    settings,
    sections,
    registry,
    virtualServices,
    peerAuthentications,
    gateways: readGateways(snapshot.config),
    config: snapshot.config,
    proxy(ref) {
      const pod =
        pods.find(p => p.name === ref.pod && p.namespace === ref.namespace) ??
        (seen === whole ? undefined : podOf(whole, ref, trustDomain))
      if (!pod) return undefined
      return {
        type: pod.isRouter ? 'router' : 'sidecar',
        pod,
        namespace: pod.namespace,
        labels: pod.labels,
        locality: parseLocality(ref.locality ?? ''),
        targets: serviceTargets(pod, targetSources),
        scope: scopeOf(pod),
      }
    },
  }
}

/** A proxy is served although its namespace is not looked at. */
function podOf({ pods }: MeshSnapshot, ref: ProxyRef, trustDomain: string): Pod | undefined {
  const found = pods.find(p => p.metadata.name === ref.pod && p.metadata.namespace === ref.namespace)
  return found && readPod(found, trustDomain)
}

function kubernetesTargets(found: KubernetesService): TargetSource {
  const targets = new Map((found.spec.ports ?? []).map(p => [p.port, p.targetPort]))
  return {
    service: found.service,
    targetPort: (pod, port) => targetPortOf(pod, port, targets.get(port)),
    selects: pod => selectedPods(found.service, [pod]).length > 0,
  }
}

/** The services a pod is part of, oldest first: on a port that two share the first one counts. */
function serviceTargets(pod: Pod, sources: readonly TargetSource[]): ServiceTarget[] {
  return sources
    .filter(s => s.selects(pod))
    .flatMap(source =>
      source.service.ports.flatMap(port => {
        const targetPort = source.targetPort(pod, port.port)
        return targetPort === undefined ? [] : [{ service: source.service, port, targetPort }]
      }),
    )
}
