/** ServiceEntries, WorkloadEntries and the pods they select as services and endpoints of the mesh. */
import { type Config, isIpAddress, labelsInclude } from './config.ts'
import type { KubernetesService } from './kubernetes-services.ts'
import { type Pod, spiffeIdentity } from './pods.ts'
import { parseProtocol } from './protocol.ts'
import { type Endpoint, type Port, type Resolution, type Service, UNSPECIFIED_IP } from './service.ts'
import type { ServiceEntrySpec, WorkloadEntrySpec } from './specs/networking.ts'

const RESOLUTIONS: ReadonlyMap<string, Resolution> = new Map([
  ['STATIC', 'eds'],
  ['DNS', 'dns'],
  ['DNS_ROUND_ROBIN', 'dnsRoundRobin'],
  ['DYNAMIC_DNS', 'dynamicDns'],
])

type EntryPort = NonNullable<ServiceEntrySpec['ports']>[number]

/** An endpoint that is not tied to a service's port yet. */
interface Workload {
  address: string
  /** Service port's name → the workload's port. */
  ports: Readonly<Record<string, number>>
  labels: Readonly<Record<string, string>>
  locality: string
  weight: number
  tlsMode: 'istio' | 'disabled'
  serviceAccount: string
  namespace: string
  workloadName: string
  isHealthKnown: boolean
}

const CIDR = /^[0-9a-fA-F.:]+\/\d+$/

/** An address as listeners use it: a range of one address is that address. */
function normaliseAddress(address: string): string | undefined {
  if (isIpAddress(address)) return address
  if (!CIDR.test(address)) return undefined
  const [ip = '', bits] = address.split('/')
  return Number(bits) === (ip.includes(':') ? 128 : 32) ? ip : address
}

/** The services of one ServiceEntry: one for each pair of host and address. */
export function servicesOfEntry(entry: Config<ServiceEntrySpec>): Service[] {
  const { spec } = entry
  const resolution = RESOLUTIONS.get(spec.resolution ?? 'NONE') ?? 'passthrough'
  const ports: Port[] = []
  const passthroughTargetPorts = new Map<number, number>()
  for (const { number: port, name = '', protocol, targetPort } of spec.ports ?? []) {
    if (port === undefined) continue
    ports.push({ name, port, protocol: parseProtocol(protocol) })
    if (resolution === 'passthrough' && targetPort) passthroughTargetPorts.set(port, targetPort)
  }
  const addresses = spec.addresses?.length
    ? spec.addresses.map(normaliseAddress).filter(a => a !== undefined)
    : [UNSPECIFIED_IP]
  return (spec.hosts ?? []).flatMap(hostname =>
    addresses.map(address => ({
      hostname,
      name: hostname,
      namespace: entry.namespace,
      registry: 'external' as const,
      resolution,
      addresses: [address],
      ports,
      meshExternal: (spec.location ?? 'MESH_EXTERNAL') === 'MESH_EXTERNAL',
      creationTimestamp: entry.creationTimestamp,
      labels: entry.labels,
      exportTo: spec.exportTo?.length ? spec.exportTo : undefined,
      selector: spec.workloadSelector?.labels,
      serviceAccounts: spec.subjectAltNames ?? [],
      passthroughTargetPorts,
      aliases: [],
      raceDnsConnections:
        entry.annotations['networking.istio.io/dns-connect-strategy'] === 'RACE_FIRST_TCP_CONNECT',
    })),
  )
}

function workloadOfEntry(
  spec: WorkloadEntrySpec,
  labels: Readonly<Record<string, string>>,
  namespace: string,
  name: string,
  trustDomain: string,
): Workload {
  const declared = labels['security.istio.io/tlsMode']
  const tlsMode =
    declared === undefined
      ? spec.serviceAccount
        ? 'istio'
        : 'disabled'
      : declared === 'istio'
        ? 'istio'
        : 'disabled'
  return {
    address: spec.address ?? '',
    ports: spec.ports ?? {},
    labels,
    locality: spec.locality ?? '',
    weight: spec.weight || 1,
    tlsMode,
    serviceAccount: spec.serviceAccount ? spiffeIdentity(trustDomain, namespace, spec.serviceAccount) : '',
    namespace,
    workloadName: name,
    isHealthKnown: false,
  }
}

const workloadOfPod = (pod: Pod): Workload => ({
  address: pod.ip,
  ports: Object.fromEntries(pod.containerPorts),
  labels: pod.labels,
  locality: pod.locality,
  weight: 1,
  tlsMode: pod.tlsMode,
  serviceAccount: pod.identity,
  namespace: pod.namespace,
  workloadName: pod.workloadName,
  isHealthKnown: true,
})

function endpointOf(workload: Workload, port: EntryPort, servicePort: number): Endpoint {
  const { address, ports, ...rest } = workload
  const socket = address.startsWith('unix://')
  const target = ports[port.name ?? ''] || port.targetPort || servicePort
  return {
    ...rest,
    address: socket ? address.slice('unix://'.length) : address,
    port: socket ? 0 : target,
    servicePort,
    servicePortName: port.name ?? '',
    isReady: true,
  }
}

/** The workloads a ServiceEntry can lead to. */
export interface WorkloadSources {
  workloadEntries: readonly Config<WorkloadEntrySpec>[]
  pods: readonly Pod[]
  trustDomain: string
}

function workloadsOf(
  entry: Config<ServiceEntrySpec>,
  service: Service,
  sources: WorkloadSources,
): Workload[] {
  const { spec, namespace, name } = entry
  const byDns = service.resolution === 'dns' || service.resolution === 'dnsRoundRobin'
  if (spec.workloadSelector) {
    const wanted = spec.workloadSelector.labels
    const pods = sources.pods.filter(
      p => p.ready && p.namespace === namespace && labelsInclude(p.labels, wanted),
    )
    const entries = sources.workloadEntries.filter(
      w =>
        w.namespace === namespace &&
        labelsInclude({ ...w.spec.labels, ...w.labels }, wanted) &&
        (byDns || isIpAddress(w.spec.address ?? '')),
    )
    return [
      ...pods.map(workloadOfPod),
      ...entries.map(w =>
        workloadOfEntry(w.spec, { ...w.spec.labels, ...w.labels }, namespace, w.name, sources.trustDomain),
      ),
    ]
  }
  if (!spec.endpoints?.length && byDns) {
    return [workloadOfEntry({ address: service.hostname }, {}, namespace, name, sources.trustDomain)]
  }
  return (spec.endpoints ?? []).map((endpoint, i) =>
    workloadOfEntry(endpoint, endpoint.labels ?? {}, namespace, `${name}-${i}`, sources.trustDomain),
  )
}

/** The endpoints of one service of a ServiceEntry. */
export function endpointsOfEntry(
  entry: Config<ServiceEntrySpec>,
  service: Service,
  sources: WorkloadSources,
): Endpoint[] {
  const workloads = workloadsOf(entry, service, sources)
  return workloads.flatMap(workload =>
    (entry.spec.ports ?? []).flatMap(port =>
      port.number === undefined ? [] : [endpointOf(workload, port, port.number)],
    ),
  )
}

/** The WorkloadEntries a Kubernetes Service's selector fits: machines beside its pods. */
export function workloadEntryEndpoints(found: KubernetesService, sources: WorkloadSources): Endpoint[] {
  const { selector, namespace } = found.service
  if (!selector || Object.keys(selector).length === 0 || found.service.resolution === 'alias') return []
  return sources.workloadEntries.flatMap(entry => {
    const labels = { ...entry.spec.labels, ...entry.labels }
    const fits = entry.namespace === namespace && labelsInclude(labels, selector)
    if (!fits || !isIpAddress(entry.spec.address ?? '')) return []
    const { ports, ...rest } = workloadOfEntry(entry.spec, labels, namespace, entry.name, sources.trustDomain)
    return (found.spec.ports ?? []).flatMap(({ port, name = '', targetPort }) => {
      const target = typeof targetPort === 'string' ? ports[targetPort] : ports[name] || targetPort || port
      if (port === undefined || target === undefined) return []
      return [{ ...rest, port: target, servicePort: port, servicePortName: name, isReady: true }]
    })
  })
}
