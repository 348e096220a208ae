/** ServiceEntry, after istiod's ValidateServiceEntry. */
import { append, type GoError, q } from './go-error.ts'
import {
  checkExportTo,
  checkFqdn,
  checkLabelMap,
  checkPartialWildcard,
  checkPort,
  checkSubnet,
  checkWildcardDomain,
  isAddress,
} from './names.ts'
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { checkPortName, checkProtocol, isHttp, isTcp, isTls } from './protocols.ts'
import { child, children, count, has, type Message, text, textMap, texts } from './reading.ts'
import type { Config } from './registry.ts'
import { checkLabelSelector, selectorWarning } from './selectors.ts'
import { checkEndpoint, checkEndpointPorts } from './workloads.ts'

interface Entry {
  resolution: string
  location: string
  hosts: readonly string[]
  addresses: readonly string[]
  ports: readonly Message[]
  endpoints: readonly Message[]
  selector: boolean
}

export const checkServiceEntry = (config: Config): Outcome => {
  const { spec, namespace } = config
  const selector = checkLabelSelector(child(spec, 'workloadSelector'))
  if (selector.error !== undefined) return error(selector.error)
  const entry: Entry = {
    resolution: text(spec, 'resolution') || 'NONE',
    location: text(spec, 'location') || 'MESH_EXTERNAL',
    hosts: texts(spec, 'hosts'),
    addresses: texts(spec, 'addresses'),
    ports: children(spec, 'ports'),
    endpoints: children(spec, 'endpoints'),
    selector: has(spec, 'workloadSelector'),
  }
  return all(
    selectorWarning('service entry', selector),
    error(
      entry.selector && entry.endpoints.length > 0
        ? 'only one of WorkloadSelector or Endpoints is allowed in Service Entry'
        : undefined,
    ),
    ...checkHosts(entry),
    ...entry.addresses.map(address => error(checkSubnet(address))),
    error(checkRanges(entry)),
    ...checkPorts(entry, config),
    checkResolution(entry, config),
    error(checkSharedPorts(entry)),
    error(checkExportTo(namespace, texts(spec, 'exportTo'), { serviceEntry: true })),
  )
}

const checkHosts = ({ hosts, resolution }: Entry): Outcome[] => [
  error(hosts.length === 0 ? 'service entry must have at least one host' : undefined),
  ...hosts.flatMap(host =>
    host === '*'
      ? [error('invalid host *')]
      : [
          error(checkWildcardDomain(host)),
          resolution === 'DYNAMIC_DNS' ? fine : warning(checkPartialWildcard(host)),
        ],
  ),
]

const checkRanges = ({ addresses, resolution }: Entry): GoError =>
  addresses.some(address => address.includes('/')) && !['NONE', 'STATIC'].includes(resolution)
    ? 'CIDR addresses are allowed only for NONE/STATIC resolution types'
    : undefined

const AUTO_ALLOCATE = 'networking.istio.io/enable-autoallocate-ip'

const checkPorts = (entry: Entry, { labels }: Config): Outcome[] => {
  const names = entry.ports.map(port => text(port, 'name'))
  const numbers = entry.ports.map(port => count(port, 'number'))
  const noAddress =
    entry.addresses.length === 0 &&
    (entry.resolution === 'NONE' || labels[AUTO_ALLOCATE]?.toLowerCase() === 'false')
  return entry.ports.map((port, i) => {
    const name = names[i] ?? ''
    const number = numbers[i] ?? 0
    const target = count(port, 'targetPort')
    const protocol = text(port, 'protocol')
    return all(
      error(names.indexOf(name) < i ? `service entry port name ${q(name)} already defined` : undefined),
      error(numbers.indexOf(number) < i ? `service entry port ${number} already defined` : undefined),
      error(target === 0 ? undefined : checkPort(target)),
      warning(
        noAddress && (protocol === '' || protocol === 'TCP')
          ? 'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled'
          : undefined,
      ),
      error(checkPortName(name)),
      error(checkProtocol(protocol)),
      error(checkPort(number)),
    )
  })
}

const checkResolution = (entry: Entry, config: Config): Outcome => {
  switch (entry.resolution) {
    case 'NONE':
      return all(
        error(
          entry.endpoints.length > 0 ? 'no endpoints should be provided for resolution type none' : undefined,
        ),
        warning(
          entry.selector ? 'workloadSelector should not be set when resolution mode is NONE' : undefined,
        ),
      )
    case 'STATIC': {
      const ports = portNames(entry)
      return all(...entry.endpoints.map(endpoint => checkEndpoint(endpoint, ports, false)))
    }
    case 'DYNAMIC_DNS':
      return checkDynamicDns(entry, config)
    default:
      return checkDns(entry)
  }
}

const portNames = (entry: Entry): Set<string> => new Set(entry.ports.map(port => text(port, 'name')))

const checkDns = (entry: Entry): Outcome => {
  const { hosts, endpoints, resolution, addresses, ports } = entry
  const wrong = endpoints.length === 0 ? hosts.map(checkFqdn).find(found => found !== undefined) : undefined
  const names = portNames(entry)
  const tcp = addresses.length > 0 && hosts.length > 1 && ports.some(port => isTcp(text(port, 'protocol')))
  return all(
    error(
      wrong === undefined
        ? undefined
        : `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${resolution}, ${wrong}`,
    ),
    error(
      resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1
        ? `there must only be 0 or 1 endpoint for resolution mode ${resolution}`
        : undefined,
    ),
    ...endpoints.map(endpoint => error(checkNamedEndpoint(endpoint, names))),
    warning(
      tcp
        ? 'service entry can not have more than one host specified simultaneously with address and tcp port'
        : undefined,
    ),
  )
}

const checkNamedEndpoint = (endpoint: Message, names: ReadonlySet<string>): GoError => {
  const address = text(endpoint, 'address')
  const unknown = !isAddress(address) && checkFqdn(address) !== undefined
  return append(
    unknown ? `endpoint address ${q(address)} is not a valid FQDN or an IP address` : undefined,
    checkLabelMap(textMap(endpoint, 'labels')),
    checkEndpointPorts(endpoint, names),
  )
}

const checkDynamicDns = (
  { hosts, addresses, endpoints, ports, location }: Entry,
  config: Config,
): Outcome => {
  const waypoint = config.labels['istio.io/use-waypoint'] ?? ''
  const internal = location === 'MESH_INTERNAL' && waypoint !== '' && waypoint.toLowerCase() !== 'none'
  return error(
    append(
      hosts.length === 0
        ? 'at least one wildcard host must be provided for resolution type DYNAMIC_DNS'
        : undefined,
      ...hosts.map(host =>
        host.startsWith('*') ? undefined : 'host must be wildcarded for resolution mode DYNAMIC_DNS',
      ),
      addresses.length > 0
        ? 'addresses cannot be set for resolution type DYNAMIC_DNS. HTTP route domains will only be generatedfrom the hosts field values'
        : undefined,
      endpoints.length > 0
        ? 'endpoints cannot be set for resolution type DYNAMIC_DNS. Destination IP address determined from hostsfield values'
        : undefined,
      ...ports.map(port =>
        ['http', 'tls', 'grpc', 'http2'].includes(text(port, 'protocol').toLowerCase())
          ? undefined
          : 'only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type DYNAMIC_DNS',
      ),
      internal
        ? 'location MESH_INTERNAL with resolution type DYNAMIC_DNS is not supported when using waypoints'
        : undefined,
    ),
  )
}

/** Plain TCP cannot tell hosts apart. */
const checkSharedPorts = ({ resolution, hosts, ports }: Entry): GoError => {
  if (resolution === 'NONE' || hosts.length <= 1) return undefined
  const plain = ports.some(port => !isHttp(text(port, 'protocol')) && !isTls(text(port, 'protocol')))
  return plain ? 'multiple hosts provided with non-HTTP, non-TLS ports' : undefined
}
