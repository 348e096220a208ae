/** What a proxy can see: services, VirtualServices for each egress listener, DestinationRules. */
import type { Config } from './config.ts'
import { labelsInclude } from './config.ts'
import type { DestinationRule, DestinationRules } from './destination-rules.ts'
import { EgressHosts } from './egress-hosts.ts'
import { isWildcard, mostSpecific } from './host.ts'
import { ImportedServices } from './imported-services.ts'
import { parseProtocol } from './protocol.ts'
import type { ServiceRegistry } from './registry.ts'
import type { Service } from './service.ts'
import type { DestinationRuleSpec } from './specs/destination-rule.ts'
import type { EgressListener, OutboundTrafficPolicy, SidecarSpec } from './specs/networking.ts'
import { virtualServiceDestinations } from './virtual-service-destinations.ts'
import { MESH_GATEWAY, type VirtualService, type VirtualServices } from './virtual-services.ts'

/** One egress listener: the default one imports everything. */
export interface EgressScope {
  listener: EgressListener
  services: readonly Service[]
  virtualServices: readonly VirtualService[]
  /** Host of a service → `namespace/name` of the VirtualService whose host fits it best. */
  bestVirtualService: ReadonlyMap<string, string>
}

export interface SidecarScope {
  /** Unique in its mesh, and the same in the next one. */
  key: string
  name: string
  namespace: string
  sidecar?: SidecarSpec
  egress: readonly EgressScope[]
  services: readonly Service[]
  byHostname: ReadonlyMap<string, Service>
  outboundTrafficPolicy: OutboundTrafficPolicy
  rules: ReadonlyMap<string, readonly DestinationRule[]>
}

/** What scopes are computed from. */
export interface ScopeSources {
  registry: ServiceRegistry
  virtualServices: VirtualServices
  destinationRules: DestinationRules
  outboundMode: string
}

const IMPORT_ALL: EgressListener = { hosts: ['*/*'] }

/** `namespace/name` of a configuration object. */
export const configKey = (config: Config<unknown>): string => `${config.namespace}/${config.name}`

/** A listener with a port takes only services of that port, unless it is an HTTP proxy. */
const matchesPort = (listener: EgressListener): boolean =>
  !!listener.port?.number && parseProtocol(listener.port.protocol) !== 'HTTP_PROXY'

function rulesOf(services: readonly Service[], sources: ScopeSources, namespace: string) {
  const rules = new Map<string, readonly DestinationRule[]>()
  for (const service of services) {
    const found = sources.destinationRules.find(namespace, service)
    if (found.length > 0) rules.set(service.hostname, found)
  }
  return rules
}

/** The scope of sidecars of a namespace under a Sidecar, or under none. */
export function sidecarScope(
  sources: ScopeSources,
  config: Config<SidecarSpec> | undefined,
  namespace: string,
  key: string,
): SidecarScope {
  const listeners = config?.spec.egress?.length ? config.spec.egress : [IMPORT_ALL]
  const egress = listeners.map(listener => egressScope(sources, listener, namespace))
  const imported = new ImportedServices()
  for (const scope of egress) {
    for (const service of scope.services) imported.add(service)
    addRoutedServices(imported, scope, sources.registry, namespace)
  }
  return {
    key,
    name: config?.name ?? 'default-sidecar',
    namespace,
    sidecar: config?.spec,
    egress,
    services: imported.services,
    byHostname: imported.byHostname,
    outboundTrafficPolicy: config?.spec.outboundTrafficPolicy
      ? { mode: 'REGISTRY_ONLY', ...config.spec.outboundTrafficPolicy }
      : { mode: sources.outboundMode },
    rules: rulesOf(imported.services, sources, namespace),
  }
}

/** A gateway sees every service that is exported to its namespace. */
export function gatewayScope(sources: ScopeSources, namespace: string, key: string): SidecarScope {
  const imported = new ImportedServices()
  for (const service of sources.registry.visibleTo(namespace)) imported.add(service)
  return {
    key,
    name: 'default-sidecar',
    namespace,
    egress: [],
    services: imported.services,
    byHostname: imported.byHostname,
    outboundTrafficPolicy: {},
    rules: rulesOf(imported.services, sources, namespace),
  }
}

/** The services that imported VirtualServices lead to are needed too, although the hosts do not name them. */
function addRoutedServices(
  imported: ImportedServices,
  scope: EgressScope,
  registry: ServiceRegistry,
  namespace: string,
): void {
  for (const vs of scope.virtualServices) {
    for (const [host, ports] of virtualServiceDestinations(vs.spec, namespace)) {
      const service = registry.lookup(host, namespace)
      if (!service) continue
      const trimmed = matchesPort(scope.listener)
        ? withPorts(service, p => p === scope.listener.port?.number)
        : ports.has(0)
          ? service
          : withPorts(service, p => ports.has(p))
      if (trimmed) imported.add(trimmed)
    }
  }
}

/** The service with only some of its ports; undefined when none is left. */
function withPorts(service: Service, wanted: (port: number) => boolean): Service | undefined {
  const ports = service.ports.filter(p => wanted(p.port))
  if (ports.length === service.ports.length) return service
  return ports.length > 0 ? { ...service, ports } : undefined
}

function egressScope(sources: ScopeSources, listener: EgressListener, namespace: string): EgressScope {
  const hosts = new EgressHosts(listener.hosts ?? [], namespace)
  const seen = new Set<string>()
  const virtualServices = sources.virtualServices.forGateway(namespace, MESH_GATEWAY).filter(vs => {
    if (seen.has(configKey(vs))) return false
    const imported = (vs.spec.hosts ?? []).some(h => hosts.importsVirtualServiceHost(h, vs.namespace))
    if (imported) seen.add(configKey(vs))
    return imported
  })
  const services = sources.registry.visibleTo(namespace).flatMap(service => {
    const found = hosts.importService(service)
    if (!found) return []
    const trimmed = matchesPort(listener) ? withPorts(found, p => p === listener.port?.number) : found
    return trimmed ? [trimmed] : []
  })
  const chosen = onePerHost(services, namespace)
  return {
    listener,
    services: chosen,
    virtualServices,
    bestVirtualService: bestVirtualServices(virtualServices, chosen),
  }
}

/** Of services with one host in several namespaces the proxy's own is kept, else Kubernetes' before others'. */
function onePerHost(services: readonly Service[], namespace: string): Service[] {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const existing = chosen.get(service.hostname)
    const better =
      !existing ||
      service.namespace === namespace ||
      (existing.registry !== 'kubernetes' &&
        service.registry === 'kubernetes' &&
        existing.namespace !== namespace)
    if (better) chosen.set(service.hostname, service)
  }
  return services.filter(s => chosen.get(s.hostname)?.namespace === s.namespace)
}

function bestVirtualServices(
  virtualServices: readonly VirtualService[],
  services: readonly Service[],
): ReadonlyMap<string, string> {
  const exact = new Map<string, string>()
  const wildcards = new Map<string, string>()
  for (const vs of virtualServices) {
    for (const host of vs.spec.hosts ?? []) {
      const index = isWildcard(host) ? wildcards : exact
      if (!index.has(host)) index.set(host, configKey(vs))
    }
  }
  const best = new Map<string, string>()
  for (const { hostname } of services) {
    const found = mostSpecific(hostname, exact, wildcards)
    if (found) best.set(hostname, found)
  }
  return best
}

/** The rule a proxy obeys towards a host: one that selects it, else the one without selector. */
export function destinationRuleFor(
  scope: SidecarScope,
  hostname: string,
  proxyLabels: Readonly<Record<string, string>>,
  direction: 'outbound' | 'inbound' = 'outbound',
): Config<DestinationRuleSpec> | undefined {
  let general: Config<DestinationRuleSpec> | undefined
  for (const { rule } of scope.rules.get(hostname) ?? []) {
    const selector = rule.spec.workloadSelector
    if (!selector) general = rule
    else if (
      direction === 'outbound' &&
      rule.namespace === scope.namespace &&
      labelsInclude(proxyLabels, selector.matchLabels)
    ) {
      return rule
    }
  }
  return general
}
