/** A sidecar's inbound listener: a chain for each port of the workload, and some for every other port. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { isGrpc, listenerProtocol, type Protocol, parseProtocol } from '../model/protocol.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { inboundClusterName } from '../model/service.ts'
import type { ServerTls } from '../model/specs/networking.ts'
import { inboundRetryPolicy } from '../routes/retry.ts'
import { inboundTlsContext } from '../security/mutual-tls.ts'
import { httpPolicyFilters, tcpPolicyFilters } from '../security/policies.ts'
import { serverTlsContext } from '../security/server-tls.ts'
import { inboundStatName } from '../stat-names.ts'
import {
  downstreamTlsSocket,
  HTTP_INSPECTOR,
  listenerName,
  ORIGINAL_DST,
  socketAddress,
  TLS_INSPECTOR,
} from './filter-chain.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import { type InboundMatch, inboundMatches, ownTlsMatch } from './inbound-chains.ts'
import { protocolFilters, tcpProxy } from './tcp-proxy.ts'

const PASSTHROUGH = 'InboundPassthroughCluster'

interface InboundPort {
  /** 0 stands for every port without chains of its own. */
  port: number
  /** The port the virtual host is called by: the service's, not the workload's. */
  servicePort: number
  protocol: Protocol
  cluster: string
  bind: string
  isPassthrough: boolean
  bindsToPort: boolean
  tls?: ServerTls
  /** What TCP statistics are called, where the mesh says so. */
  statName?: string
}

/** The proxy's own ports, which no service can have on the wildcard address. */
const isReserved = (mesh: Mesh, port: number): boolean =>
  [mesh.settings.outboundPort, mesh.settings.inboundPort, 15021, 15090].includes(port)

function workloadPorts(mesh: Mesh, proxy: MeshProxy): InboundPort[] {
  const byPort = new Map<number, InboundPort>()
  for (const { service, port, targetPort } of proxy.targets) {
    if (byPort.has(targetPort) || isReserved(mesh, targetPort)) continue
    byPort.set(targetPort, {
      port: targetPort,
      servicePort: port.port,
      protocol: port.protocol,
      statName: inboundStatName(mesh, { host: service.hostname, service, port }),
      cluster: inboundClusterName(targetPort),
      bind: '0.0.0.0',
      isPassthrough: false,
      bindsToPort: false,
    })
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port)
}

/** A Sidecar's ingress listeners replace the services' ports. */
function ingressPorts(proxy: MeshProxy): InboundPort[] {
  const byPort = new Map<number, InboundPort>()
  for (const listener of proxy.scope.sidecar?.ingress ?? []) {
    const port = listener.port?.number
    if (port === undefined || byPort.has(port)) continue
    byPort.set(port, {
      port,
      servicePort: port,
      protocol: parseProtocol(listener.port?.protocol),
      cluster: inboundClusterName(port),
      bind: listener.bind || proxy.pod.ip,
      isPassthrough: false,
      bindsToPort: listener.captureMode === 'NONE',
      tls: listener.tls,
    })
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port)
}

/** Ports without chains of their own, and those that only a PeerAuthentication names. */
function passthroughPorts(mesh: Mesh, proxy: MeshProxy, known: ReadonlySet<number>): InboundPort[] {
  const { perPort } = mesh.peerAuthentications.forWorkload(proxy.namespace, proxy.labels)
  return [0, ...[...perPort.keys()].filter(p => !known.has(p))].map(port => ({
    port,
    servicePort: 0,
    protocol: 'Sniffed',
    cluster: PASSTHROUGH,
    statName: inboundStatName(mesh, {
      host: '',
      service: undefined,
      port: { port: 0, name: 'virtualInbound' },
    }),
    bind: '',
    isPassthrough: true,
    bindsToPort: false,
  }))
}

const chainName = ({ isPassthrough, bind, port }: InboundPort, protocol: 'http' | 'tcp'): string => {
  if (!isPassthrough) return listenerName(bind, port)
  return protocol === 'http' ? 'virtualInbound-catchall-http' : 'virtualInbound'
}

function inboundRoutes(mesh: Mesh, inbound: InboundPort): Record<string, unknown> {
  const retries = isGrpc(inbound.protocol)
    ? undefined
    : inboundRetryPolicy(mesh.settings.config.defaultInboundHttpRetryPolicy)
  const route = {
    name: 'default',
    match: { prefix: '/' },
    route: {
      cluster: inbound.cluster,
      timeout: '0s',
      ...(retries ? { retryPolicy: retries } : {}),
      maxStreamDuration: { maxStreamDuration: '0s', grpcTimeoutHeaderMax: '0s' },
    },
  }
  const name = `inbound|http|${inbound.servicePort}`
  return {
    name: inbound.cluster,
    virtualHosts: [{ name, domains: ['*'], routes: [route] }],
    validateClusters: false,
  }
}

function chainFilters(mesh: Mesh, proxy: MeshProxy, inbound: InboundPort, protocol: 'http' | 'tcp') {
  if (protocol === 'tcp') {
    const statPrefix = inbound.statName ?? inbound.cluster
    return [
      ...tcpPolicyFilters(mesh, proxy),
      ...protocolFilters(inbound.protocol, statPrefix),
      tcpProxy(inbound.cluster, { statPrefix }),
    ]
  }
  const name = chainName(inbound, 'http')
  return [
    httpConnectionManager(mesh, {
      listenerClass: 'inbound',
      protocol: inbound.protocol,
      statPrefix: inbound.isPassthrough ? `${PASSTHROUGH};` : `inbound_${name};`,
      routes: { config: inboundRoutes(mesh, inbound) },
      policyFilters: httpPolicyFilters(mesh, proxy, 'inbound'),
    }),
  ]
}

function portChains(mesh: Mesh, proxy: MeshProxy, inbound: InboundPort): EnvoyResource[] {
  const { mode, perPort } = mesh.peerAuthentications.forWorkload(proxy.namespace, proxy.labels)
  const ownMode = perPort.get(inbound.port) ?? mode
  const ownTls = inbound.tls && ownMode === 'DISABLE' ? inbound.tls : undefined
  const protocol = ownTls ? afterTls(inbound.protocol) : inbound.protocol
  // A UDP port has chains as well, although nothing comes to them.
  const kind = listenerProtocol(protocol) ?? 'tcp'
  const matches = ownTls ? ownTlsMatch(kind) : inboundMatches(kind, ownMode)
  return matches.map(match => ({
    name: chainName(inbound, match.protocol),
    filterChainMatch: chainMatch(inbound.port, match),
    filters: chainFilters(mesh, proxy, { ...inbound, protocol }, match.protocol),
    ...(match.endsTls
      ? {
          transportSocket: downstreamTlsSocket(
            ownTls ? serverTlsContext(ownTls, false) : inboundTlsContext(mesh.settings, match.protocol),
          ),
        }
      : {}),
  }))
}

const afterTls = (protocol: Protocol): Protocol =>
  protocol === 'HTTPS' ? 'HTTP' : protocol === 'TLS' ? 'TCP' : protocol

const chainMatch = (port: number, match: InboundMatch): Record<string, unknown> => ({
  ...(port > 0 ? { destinationPort: port } : {}),
  transportProtocol: match.transportProtocol,
  ...(match.applicationProtocols.length > 0 ? { applicationProtocols: match.applicationProtocols } : {}),
})

interface InspectedChain {
  filterChainMatch?: {
    transportProtocol?: unknown
    applicationProtocols?: readonly string[]
    destinationPort?: number
  }
}

const isPlainHttp = ({ filterChainMatch }: InspectedChain): boolean =>
  (filterChainMatch?.applicationProtocols ?? []).some(p => p === 'http/1.1' || p === 'h2c')

/** Inspecting a port of a server that speaks first would hang, so an inspector skips ports that do not need it. */
function inspector(
  filter: Record<string, unknown>,
  chains: readonly InspectedChain[],
  needs: (chain: InspectedChain) => boolean,
): Record<string, unknown>[] {
  const needed = new Map<number, boolean>()
  for (const chain of chains) {
    const port = chain.filterChainMatch?.destinationPort ?? 0
    needed.set(port, (needed.get(port) ?? false) || needs(chain))
  }
  if (![...needed.values()].includes(true)) return []
  const rangesOf = (wanted: boolean) =>
    [...needed]
      .filter(([port, need]) => port !== 0 && need === wanted)
      .map(([port]) => port)
      .sort((a, b) => a - b)
  const byDefault = needed.get(0) ?? false
  const ports = rangesOf(!byDefault)
  if (ports.length === 0) return [filter]
  const rules = ports.map(port => ({ destinationPortRange: { start: port, end: port + 1 } }))
  const anyOf = rules.length === 1 ? rules[0] : { orMatch: { rules } }
  return [{ ...filter, filterDisabled: byDefault ? anyOf : { notMatch: anyOf } }]
}

function listener(
  mesh: Mesh,
  name: string,
  bind: string,
  port: number,
  bindsToPort: boolean,
  chains: EnvoyResource[],
) {
  const inspected = chains as InspectedChain[]
  return {
    name,
    address: socketAddress(bind, port),
    filterChains: chains,
    listenerFilters: [
      ...(bindsToPort ? [] : [ORIGINAL_DST]),
      ...inspector(TLS_INSPECTOR, inspected, c => c.filterChainMatch?.transportProtocol === 'tls'),
      ...inspector(HTTP_INSPECTOR, inspected, isPlainHttp),
    ],
    listenerFiltersTimeout: mesh.settings.protocolDetectionTimeout,
    continueOnListenerFiltersTimeout: true,
    trafficDirection: 'INBOUND',
    maxConnectionsToAcceptPerSocketEvent: 1,
  }
}

/** virtualInbound, and a listener for each port that a Sidecar binds by itself. */
export function inboundListeners(mesh: Mesh, proxy: MeshProxy): EnvoyResource[] {
  const ports = proxy.scope.sidecar?.ingress?.length ? ingressPorts(proxy) : workloadPorts(mesh, proxy)
  const known = new Set(
    proxy.scope.sidecar?.ingress?.length ? ports.map(p => p.port) : proxy.targets.map(t => t.targetPort),
  )
  const { inboundPort } = mesh.settings
  const blackhole = {
    name: 'virtualInbound-blackhole',
    filterChainMatch: { destinationPort: inboundPort },
    filters: [tcpProxy('BlackHoleCluster')],
  }
  const chains = [...passthroughPorts(mesh, proxy, known), ...ports.filter(p => !p.bindsToPort)].flatMap(p =>
    portChains(mesh, proxy, p),
  )
  return [
    listener(mesh, 'virtualInbound', '0.0.0.0', inboundPort, false, [blackhole, ...chains]),
    ...ports
      .filter(p => p.bindsToPort)
      .map(p =>
        listener(mesh, listenerName(p.bind, p.port), p.bind, p.port, true, portChains(mesh, proxy, p)),
      ),
  ]
}
