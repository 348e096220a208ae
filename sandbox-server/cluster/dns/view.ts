/** What the DNS server knows of the cluster, in the shapes the API has. */
import type { EndpointSlice, Service } from '../controllers/kinds.ts'

export interface DnsView {
  /** The cluster's domain without dots at its ends, e.g. `cluster.local`. */
  clusterDomain: string
  service(namespace: string, name: string): Service | undefined
  hasNamespace(name: string): boolean
  endpointSlices(namespace: string, serviceName: string): readonly EndpointSlice[]
  /** The service with this cluster IP, for PTR. */
  serviceOfIp(ip: string): Service | undefined
  /** The endpoint with this address in a headless service, for PTR. */
  headlessEndpointOfIp(ip: string): { service: Service; hostname: string } | undefined
  /** Names outside the cluster that answer anyway: lower case, without the dot at the end, to an IPv4 address; `*.` stands for one label. */
  outsideHosts: ReadonlyMap<string, string>
  /** Likewise, for names that come and go: the hosts of routes. */
  routedHost?(name: string): string | undefined
}
