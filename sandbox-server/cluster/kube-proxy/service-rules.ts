/**
 * Which packets kube-proxy sends where: services and their endpoint slices turned into the rules of the pod network.
 * Pure, after `pkg/proxy` upstream: ready endpoints, else terminating ones that still serve; a port without endpoints
 * keeps its rule, so that connections are refused instead of lost.
 */
import type { EndpointSlice, Service } from '../controllers/kinds.ts'
import type { ServiceRule } from '../network/contract.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'
const DEFAULT_AFFINITY_SECONDS = 10_800

type Port = NonNullable<Service['spec']['ports']>[number]
type Endpoints = ServiceRule['endpoints']

/** Rules in the order of the services' names; `nodeIp` is the address that node ports answer on. */
export function serviceRules(
  services: readonly Service[],
  endpointSlices: readonly EndpointSlice[],
  nodeIp: string,
): ServiceRule[] {
  const slices = groupByService(endpointSlices)
  return services
    .filter(isProxied)
    .flatMap(service => {
      const own = slices.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? []
      return (service.spec.ports ?? []).flatMap(port => rulesOf(service, port, own, nodeIp))
    })
    .filter(rule => !isItsOwnEndpoint(rule))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** A server that listens on the service's address itself, as ours does for the API, needs no translation. */
const isItsOwnEndpoint = ({ virtualAddresses, port, endpoints }: ServiceRule): boolean =>
  endpoints.some(endpoint => endpoint.port === port && virtualAddresses.includes(endpoint.address))

const isProxied = ({ spec }: Service): boolean =>
  spec.type !== 'ExternalName' &&
  spec.clusterIP !== undefined &&
  spec.clusterIP !== 'None' &&
  spec.clusterIP !== ''

function groupByService(endpointSlices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>()
  for (const slice of endpointSlices) {
    const name = slice.metadata.labels?.[SERVICE_NAME]
    if (name === undefined || slice.addressType !== 'IPv4') continue
    const key = `${slice.metadata.namespace}/${name}`
    const group = groups.get(key)
    if (group) group.push(slice)
    else groups.set(key, [slice])
  }
  return groups
}

function rulesOf(
  service: Service,
  port: Port,
  slices: readonly EndpointSlice[],
  nodeIp: string,
): ServiceRule[] {
  const protocol = port.protocol ?? 'TCP'
  if (protocol !== 'TCP' && protocol !== 'UDP') return []
  const { metadata, spec, status } = service
  const common = {
    name: `${metadata.namespace}/${metadata.name}:${port.name || port.port}`,
    protocol,
    endpoints: endpointsOf(slices, port.name ?? '', protocol),
    ...affinity(service),
  } as const
  const ingress = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  const balancers = spec.type === 'LoadBalancer' ? ingress : []
  const virtualAddresses = [...new Set([spec.clusterIP ?? '', ...(spec.externalIPs ?? []), ...balancers])]
  const rules: ServiceRule[] = [{ ...common, virtualAddresses, port: port.port }]
  if (port.nodePort) rules.push({ ...common, virtualAddresses: [nodeIp], port: port.nodePort })
  return rules
}

function affinity({ spec }: Service): Pick<ServiceRule, 'affinitySeconds'> {
  if (spec.sessionAffinity !== 'ClientIP') return {}
  return { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS }
}

interface Candidate {
  address: string
  port: number
  ready: boolean
  serving: boolean
}

function endpointsOf(slices: readonly EndpointSlice[], portName: string, protocol: string): Endpoints {
  const candidates = new Map<string, Candidate>()
  for (const slice of slices) {
    const port = slice.ports?.find(
      ({ name = '', protocol: spoken = 'TCP' }) => name === portName && spoken === protocol,
    )
    if (!port?.port) continue
    for (const { addresses, conditions = {} } of slice.endpoints ?? []) {
      const address = addresses[0]
      if (address === undefined) continue
      const ready = conditions.ready ?? true
      const serving = conditions.serving ?? ready
      candidates.set(`${address}:${port.port}`, { address, port: port.port, ready, serving })
    }
  }
  const all = [...candidates.values()].sort((a, b) =>
    a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port,
  )
  const ready = all.filter(candidate => candidate.ready)
  const chosen = ready.length > 0 ? ready : all.filter(candidate => candidate.serving)
  return chosen.map(({ address, port }) => ({ address, port }))
}
