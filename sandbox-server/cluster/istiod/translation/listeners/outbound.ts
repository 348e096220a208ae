/** A sidecar's outbound listeners: one for each port, or for each address and port where it is not HTTP. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { isIpAddress } from '../model/config.ts'
import { isHttp, isTcp, listenerProtocol, type Protocol, parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type Port, primaryAddress, type Service, UNSPECIFIED_IP } from '../model/service.ts'
import type { EgressScope } from '../model/sidecar-scope.ts'
import { mergeChains, type OutboundEntry, outboundListener } from './outbound-entry.ts'
import { httpChain } from './outbound-http.ts'
import { tcpChains } from './outbound-tcp.ts'

const LOCALHOST = '127.0.0.1'

/** Where an egress listener binds; none means the address of each service. */
interface Binding {
  addresses: readonly string[]
  bindsToPort: boolean
}

function bindingOf({ listener }: EgressScope): Binding {
  const bindsToPort = listener.captureMode === 'NONE' || !!listener.bind?.startsWith('unix://')
  if (listener.bind) return { addresses: [listener.bind], bindsToPort }
  return { addresses: bindsToPort ? [LOCALHOST] : [], bindsToPort }
}

/** The proxy's own ports: 15001 and 15006 to capture, 15021 health, 15090 statistics. */
const isReserved = (mesh: Mesh, port: number): boolean =>
  [mesh.settings.outboundPort, mesh.settings.inboundPort, 15021, 15090].includes(port)

/** Whether a listener there would take a port of the proxy itself. */
function isBlocked(mesh: Mesh, bind: string, { port, protocol }: Port): boolean {
  const onWildcard = bind === '' ? isHttp(protocol) : bind === UNSPECIFIED_IP
  return onWildcard && isReserved(mesh, port)
}

export function outboundListeners(mesh: Mesh, proxy: MeshProxy): EnvoyResource[] {
  const builder = new OutboundListeners(mesh, proxy)
  for (const scope of proxy.scope.egress) builder.addScope(scope)
  return builder.finish()
}

class OutboundListeners {
  private readonly entries = new Map<string, OutboundEntry>()
  private readonly mesh: Mesh
  private readonly proxy: MeshProxy

  constructor(mesh: Mesh, proxy: MeshProxy) {
    this.mesh = mesh
    this.proxy = proxy
  }

  finish(): EnvoyResource[] {
    return [...this.entries.values()].map(entry => outboundListener(this.mesh, this.proxy, entry))
  }

  addScope(scope: EgressScope): void {
    const binding = bindingOf(scope)
    const bind = binding.addresses[0] ?? ''
    const { port } = scope.listener
    if (port) {
      const listenPort: Port = {
        name: port.name ?? '',
        port: port.number ?? 0,
        protocol: parseProtocol(port.protocol),
      }
      if (isBlocked(this.mesh, bind, listenPort)) return
      for (const service of scope.services) this.add(scope, service, listenPort, binding)
      return
    }
    // Ports that an explicit listener claimed are left to it.
    for (const entry of this.entries.values()) entry.isLocked = true
    for (const service of scope.services) {
      for (const servicePort of service.ports) {
        if (!isBlocked(this.mesh, bind, servicePort))
          this.addServicePort(scope, service, servicePort, binding)
      }
    }
  }

  /** A headless service without HTTP gets a listener for each of its pods. */
  private addServicePort(scope: EgressScope, service: Service, port: Port, binding: Binding): void {
    const perPod =
      binding.addresses.length === 0 &&
      service.resolution === 'passthrough' &&
      primaryAddress(service) === UNSPECIFIED_IP &&
      (isTcp(port.protocol) || port.protocol === 'Sniffed')
    const endpoints = perPod ? this.mesh.registry.endpointsOf(service, port.port) : []
    if (!perPod || (service.registry !== 'kubernetes' && endpoints.length === 0 && !service.selector)) {
      this.add(scope, service, port, binding)
      return
    }
    for (const { address } of endpoints) {
      if (!isIpAddress(address) || address === this.proxy.pod.ip) continue
      this.add(scope, service, port, { ...binding, addresses: [address] })
    }
  }

  private add(scope: EgressScope, service: Service, port: Port, binding: Binding): void {
    const kind = listenerProtocol(port.protocol)
    if (service.resolution === 'alias' || !kind) return
    const own = kind === 'http' ? [UNSPECIFIED_IP] : service.addresses
    const isRange = kind !== 'http' && primaryAddress(service).includes('/')
    const addresses = binding.addresses.length > 0 ? binding.addresses : isRange ? [UNSPECIFIED_IP] : own
    const cidrs = binding.addresses.length === 0 && isRange ? service.addresses : []
    const bind = addresses[0] ?? UNSPECIFIED_IP
    const key = `${bind} ${port.port}`
    const current = this.entries.get(key)
    if (current?.isLocked) return
    const context = { mesh: this.mesh, proxy: this.proxy, service, port, bind, cidrs }
    const tcp = () => tcpChains(context, scope.virtualServices)
    const entry = (chains: OutboundEntry['chains'], protocol: Protocol) => {
      this.entries.set(key, {
        port,
        addresses,
        bindsToPort: binding.bindsToPort,
        chains,
        protocol,
        isLocked: false,
      })
    }
    if (kind === 'http') {
      const onWildcard = bind === UNSPECIFIED_IP && port.protocol !== 'HTTP_PROXY'
      const chain = httpChain(context, onWildcard)
      // An HTTP proxy port is made anew by each service; the last one stays.
      if (!current || port.protocol === 'HTTP_PROXY') entry([chain], onWildcard ? 'Sniffed' : port.protocol)
      else if (isTcp(current.protocol)) this.merge(current, [chain], port.protocol, 'Sniffed')
      return
    }
    if (!current) {
      entry(kind === 'auto' ? [...tcp(), httpChain(context, true)] : tcp(), port.protocol)
    } else if (kind === 'tcp') {
      this.merge(current, tcp(), port.protocol, isHttp(current.protocol) ? 'Sniffed' : current.protocol)
    } else if (isHttp(current.protocol)) {
      entry([...tcp(), httpChain(context, true)], port.protocol)
    } else {
      const chains = isTcp(current.protocol) ? [...tcp(), httpChain(context, true)] : tcp()
      this.merge(current, chains, port.protocol, 'Sniffed')
    }
  }

  /** Servers that speak first cannot share a port with what must be sniffed. */
  private merge(
    current: OutboundEntry,
    chains: OutboundEntry['chains'],
    incoming: Protocol,
    protocol: Protocol,
  ): void {
    const speaksFirst = [incoming, current.protocol].some(p => p === 'Mongo' || p === 'MySQL')
    if (speaksFirst && incoming !== current.protocol) return
    current.chains = mergeChains(current.chains, chains)
    current.protocol = protocol
  }
}
