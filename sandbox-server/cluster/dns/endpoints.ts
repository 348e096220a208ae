/** The endpoints of a headless service as DNS names them. */
import type { Service } from '../controllers/kinds.ts'
import type { DnsView } from './view.ts'

export interface Endpoint {
  ip: string
  hostname: string | undefined
  ports: readonly { name: string; transport: string; port: number }[]
}

/** Endpoints that are ready, by address. */
export function readyEndpoints(view: DnsView, service: Service): Endpoint[] {
  const { name, namespace = '' } = service.metadata
  return view.endpointSlices(namespace, name).flatMap(slice => {
    const ports = (slice.ports ?? []).flatMap(({ name: portName = '', protocol = 'TCP', port }) =>
      port === undefined ? [] : { name: portName, transport: protocol.toLowerCase(), port },
    )
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready ?? true)
      .flatMap(({ addresses, hostname }) => addresses.map(ip => ({ ip, hostname, ports })))
  })
}

/** The endpoint's name under its service: its hostname, else its address with dashes. */
export const endpointHostname = ({ ip, hostname }: Pick<Endpoint, 'ip' | 'hostname'>): string =>
  hostname ?? ip.replaceAll('.', '-')

export const portsNamed = (
  endpoint: Endpoint,
  wanted: (port: { name: string; transport: string }) => boolean,
): number[] => endpoint.ports.filter(wanted).map(({ port }) => port)
