/** The names a service's virtual host answers to. */
import { isIpAddress } from '../model/config.ts'
import { type Service, UNSPECIFIED_IP } from '../model/service.ts'

/** IPv6 addresses stand in brackets. */
const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** `host:port` */
export const hostAndPort = (host: string, port: number): string => `${bracketed(host)}:${port}`

/** With a port, both `host` and `host:port`; without, the bare host. */
const withPort = (host: string, port: number | undefined): string[] =>
  port === undefined ? [bracketed(host)] : [bracketed(host), hostAndPort(host, port)]

const CLUSTER_SUFFIX = '.svc.cluster.local'

/** Short names of a Kubernetes service; only its own namespace may leave the namespace out. */
function shortNames(hostname: string, namespace: string): string[] {
  if (!hostname.endsWith(CLUSTER_SUFFIX)) return []
  const end = hostname.indexOf('.svc.')
  const dot = hostname.indexOf('.')
  if (end <= 0 || dot + 1 > end) return []
  const qualified = hostname.slice(0, end)
  const service = hostname.slice(0, dot)
  return hostname.slice(dot + 1, end) === namespace
    ? [service, `${qualified}.svc`, qualified]
    : [qualified, `${qualified}.svc`]
}

/** Every name beside the host's own: the absolute form and the short ones. */
export function alternativeNames(hostname: string, namespace: string, port?: number): string[] {
  const absolute = isIpAddress(hostname) ? [] : [`${hostname}.`]
  return [
    ...(port === undefined ? absolute : [...absolute, hostAndPort(`${hostname}.`, port)]),
    ...shortNames(hostname, namespace).flatMap(name => withPort(name, port)),
  ]
}

export interface Domains {
  all: string[]
  /** Those that are derived, and give way to a service that really has the name. */
  derived: ReadonlySet<string>
}

/** The domains of a service for proxies of the namespace; with a port for listeners of several ports. */
export function serviceDomains(service: Service, namespace: string, port?: number): Domains {
  const derived = new Set<string>()
  const all: string[] = []
  for (const host of [service.hostname, ...service.aliases]) {
    const alternatives = alternativeNames(host, namespace, port)
    all.push(...withPort(host, port), ...alternatives)
    for (const name of alternatives) derived.add(name)
  }
  if (service.resolution === 'passthrough' && service.registry === 'kubernetes') {
    all.push(...all.map(domain => `*.${domain}`))
  }
  for (const address of service.addresses) {
    if (address !== UNSPECIFIED_IP) all.push(...withPort(address, port))
  }
  return { all, derived }
}
