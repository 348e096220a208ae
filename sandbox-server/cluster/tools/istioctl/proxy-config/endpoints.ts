/** `istioctl proxy-config endpoint`, from Envoy's clusters, and the endpoints of `all`, from its config dump. */
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { tabulate } from '../../text/tabwriter.ts'
import { type ConfigDump, camelCase } from './dump.ts'
import { compare, compareSubsetKeys } from './subset-key.ts'

export interface EndpointFilter {
  address: string
  port: number
  cluster: string
  status: string
}

const equalFold = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Clusters that have a host that fits, from `/clusters?format=json`. */
export const selectHosts = (text: string, filter: EndpointFilter): Json[] =>
  objectsOf(objectOf(camelCase(JSON.parse(text)))['clusterStatuses']).filter(cluster =>
    objectsOf(cluster['hostStatuses']).some(host => fits(host, stringOf(cluster['name']), filter)),
  )

export function hostTable(clusters: readonly Json[], filter: EndpointFilter): string {
  const hosts = clusters
    .flatMap(cluster => {
      const name = stringOf(cluster['name'])
      return objectsOf(cluster['hostStatuses'])
        .filter(host => fits(host, name, filter))
        .map(host => ({ name, host }))
    })
    .sort(
      (a, b) =>
        compare(addressOf(a.host), addressOf(b.host)) ||
        portOf(a.host) - portOf(b.host) ||
        compare(a.name, b.name),
    )
  const rows = hosts.map(({ name, host }) => [
    portOf(host) === 0 ? addressOf(host) : `${addressOf(host)}:${portOf(host)}`,
    statusOf(host),
    objectOf(host['healthStatus'])['failedOutlierCheck'] === true ? 'FAILED' : 'OK',
    name,
  ])
  return tabulate([['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], ...rows], { padding: 5 })
}

const fits = (host: Json, cluster: string, filter: EndpointFilter): boolean =>
  (filter.address === '' || equalFold(addressOf(host), filter.address)) &&
  (filter.port === 0 || portOf(host) === filter.port) &&
  (filter.cluster === '' || equalFold(cluster, filter.cluster)) &&
  (filter.status === '' || equalFold(statusOf(host), filter.status))

const statusOf = (host: Json): string =>
  stringOf(objectOf(host['healthStatus'])['edsHealthStatus']) || 'UNKNOWN'

const portOf = (host: Json): number =>
  numberOf(objectOf(objectOf(host['address'])['socketAddress'])['portValue'])

function addressOf(host: Json): string {
  const address = objectOf(host['address'])
  if (address['socketAddress'] !== undefined) return stringOf(objectOf(address['socketAddress'])['address'])
  if (address['pipe'] !== undefined) return `unix://${stringOf(objectOf(address['pipe'])['path'])}`
  return internal(address) ?? 'unknown'
}

function internal(address: Json): string | undefined {
  const { serverListenerName, endpointId } = objectOf(address['envoyInternalAddress'])
  return serverListenerName === undefined
    ? undefined
    : `envoy://${stringOf(serverListenerName)}/${stringOf(endpointId)}`
}

/** Assignments with their endpoints that fit; those without any are left out. */
export const selectAssignments = (dump: ConfigDump, filter: EndpointFilter): Json[] =>
  dump
    .endpoints()
    .map(assignment => ({
      ...assignment,
      endpoints: objectsOf(assignment['endpoints']).map(locality => ({
        ...locality,
        lbEndpoints: objectsOf(locality['lbEndpoints']).filter(endpoint =>
          endpointFits(endpoint, stringOf(objectOf(assignment)['clusterName']), filter),
        ),
      })),
    }))
    .filter(({ endpoints }) => endpoints.some(({ lbEndpoints }) => lbEndpoints.length > 0))
    .sort((a, b) => compareSubsetKeys(nameOf(a), nameOf(b)))

const nameOf = (assignment: Json): string => stringOf(assignment['clusterName'])

function endpointFits(endpoint: Json, cluster: string, filter: EndpointFilter): boolean {
  const { socketAddress } = objectOf(objectOf(endpoint['endpoint'])['address'])
  return (
    (filter.address === '' ||
      endpointAddresses(endpoint).some(address => equalFold(address, filter.address))) &&
    (filter.port === 0 || numberOf(objectOf(socketAddress)['portValue']) === filter.port) &&
    (filter.cluster === '' || equalFold(cluster, filter.cluster)) &&
    (filter.status === '' || equalFold(healthOf(endpoint), filter.status))
  )
}

const healthOf = (endpoint: Json): string => stringOf(endpoint['healthStatus']) || 'UNKNOWN'

function endpointAddresses(lbEndpoint: Json): string[] {
  const endpoint = objectOf(lbEndpoint['endpoint'])
  const addresses = [
    objectOf(endpoint['address']),
    ...objectsOf(endpoint['additionalAddresses']).map(({ address }) => objectOf(address)),
  ]
  return addresses.map(address => {
    const socket = objectOf(address['socketAddress'])
    if (address['socketAddress'] !== undefined)
      return `${stringOf(socket['address'])}:${numberOf(socket['portValue'])}`
    if (address['pipe'] !== undefined) return stringOf(objectOf(address['pipe'])['path'])
    return internal(address) ?? 'unknown'
  })
}

export function assignmentTable(assignments: readonly Json[], withKind: boolean): string {
  const rows = assignments.flatMap(assignment =>
    objectsOf(assignment['endpoints']).flatMap(locality =>
      objectsOf(locality['lbEndpoints']).map(endpoint => [
        `${withKind ? 'endpoint/' : ''}${endpointAddresses(endpoint).join(',')}`,
        healthOf(endpoint) === 'UNKNOWN' ? 'UNKNOWN' : healthOf(endpoint),
        localityText(objectOf(locality['locality'])),
        nameOf(assignment),
      ]),
    ),
  )
  return tabulate([['NAME', 'STATUS', 'LOCALITY', 'CLUSTER'], ...rows], { padding: 5 })
}

/** `region/zone/subzone`, as far as it goes. */
const localityText = ({ region, zone, subZone }: Json): string => {
  if (!region) return ''
  if (!zone) return stringOf(region)
  return [region, zone, ...(subZone ? [subZone] : [])].map(stringOf).join('/')
}
