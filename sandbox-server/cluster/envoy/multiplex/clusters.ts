/** One proxy's clusters in the shared Envoy: its own counters, its own source address. */
import type { EnvoyResource } from '../../istiod/translation/contract.ts'
import { INBOUND_PASSTHROUGH_IP, SIDECAR_MARK } from '../../network/contract.ts'
import { setClientAlpn } from './client-alpn.ts'
import { isObject, objectOf, objectsOf, stringOf } from './json.ts'
import { scoped } from './proxy.ts'
import { ADS, type RewriteContext, rewrite } from './rewrite.ts'

const SOL_SOCKET = 1
const SO_MARK = 36
/** Marks Envoy's own packets: they are not redirected to a sidecar a second time. */
const MARK_OPTION = { level: SOL_SOCKET, name: SO_MARK, intValue: SIDECAR_MARK, state: 'STATE_PREBIND' }
const LOCALHOST = '127.0.0.1'

/** `tcpClusters`: names of clusters that some tcp_proxy sends to, as the translation named them. */
export function shareCluster(
  cluster: EnvoyResource,
  tcpClusters: ReadonlySet<string>,
  context: RewriteContext,
): EnvoyResource {
  const name = stringOf(cluster.name)
  const { proxy } = context
  const copy: EnvoyResource = { ...rewrite(cluster, context), name: scoped(proxy.id, name) }
  const isInbound = name.startsWith('inbound|') || name === 'InboundPassthroughCluster'
  copy.upstreamBindConfig = bindConfig(isInbound ? INBOUND_PASSTHROUGH_IP : proxy.podIp)
  copy.altStatName ??= scoped(proxy.id, `${name};`)
  if (name.startsWith('inbound|')) toApplication(copy, name, proxy.podIp)
  else if (copy.type === 'EDS')
    copy.edsClusterConfig = { edsConfig: ADS, serviceName: edsName(copy, proxy.id, name) }
  else if (copy.type === 'STATIC' && !copy.loadAssignment) delete copy.upstreamBindConfig
  setClientAlpn(copy, tcpClusters.has(name))
  return copy
}

function edsName(copy: EnvoyResource, id: string, name: string): string {
  return scoped(id, stringOf(objectOf(copy.edsClusterConfig).serviceName) || name)
}

const bindConfig = (address: string): EnvoyResource => ({
  sourceAddress: { address, portValue: 0 },
  socketOptions: [MARK_OPTION],
})

/**
 * A real sidecar reaches its application at the connection's original address; ours does too, but at a fixed address,
 * since the port is in the cluster's name. A Sidecar's `defaultEndpoint: 127.0.0.1:PORT` means the pod as well.
 */
function toApplication(copy: EnvoyResource, name: string, podIp: string): void {
  if (copy.type === 'ORIGINAL_DST') {
    const port = Number(name.split('|')[1])
    copy.type = 'STATIC'
    delete copy.lbPolicy
    delete copy.cleanupInterval
    copy.loadAssignment = {
      clusterName: copy.name,
      endpoints: [
        { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: podIp, portValue: port } } } }] },
      ],
    }
    return
  }
  for (const locality of objectsOf(objectOf(copy.loadAssignment).endpoints)) {
    for (const endpoint of objectsOf(locality.lbEndpoints)) {
      const address = objectOf(objectOf(objectOf(endpoint.endpoint).address).socketAddress)
      if (address.address === LOCALHOST || address.address === '0.0.0.0') address.address = podIp
    }
  }
}

/** One proxy's endpoints of a service. */
export function shareEndpoints(assignment: EnvoyResource, context: RewriteContext): EnvoyResource {
  return rewrite(assignment, context)
}

/** Names of all clusters that any tcp_proxy of the listeners sends to. */
export function tcpClusterNames(listeners: readonly EnvoyResource[]): Set<string> {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const element of value) visit(element)
    } else if (isObject(value)) {
      if (stringOf(value['@type']).endsWith('.TcpProxy')) {
        if (value.cluster) names.add(stringOf(value.cluster))
        for (const weighted of objectsOf(objectOf(value.weightedClusters).clusters))
          names.add(stringOf(weighted.name))
      } else if (!stringOf(value['@type']).endsWith('.HttpConnectionManager'))
        Object.values(value).forEach(visit)
    }
  }
  for (const listener of listeners) visit([listener.filterChains, listener.defaultFilterChain])
  return names
}
