/** EnvoyFilter patches of clusters (istiod's ApplyClusterMerge and InsertedClusters). */
import type { EnvoyResource } from '../contract.ts'
import { isObject } from '../model/decode.ts'
import { mergeTransportSocket } from './listeners.ts'
import { addsTo, isFor, mergeMode, type Patch, type PatchContext, type Patches } from './patches.ts'
import { copyOf, type Json, mergeMessage } from './proto-json.ts'

/** The clusters after the patches, with those that are added. `hostsOf` names the services behind an inbound cluster. */
export function patchClusters(
  context: PatchContext,
  patches: Patches,
  clusters: readonly EnvoyResource[],
  hostsOf: (cluster: EnvoyResource) => readonly string[] = () => [],
): EnvoyResource[] {
  const own = (patches.get('CLUSTER') ?? []).filter(p => isFor(context, p))
  if (own.length === 0) return [...clusters]
  const patched = clusters.flatMap(cluster => {
    const fitting = own.filter(p => matchesCluster(cluster, p, hostsOf(cluster)))
    return fitting.length > 0 ? patchCluster(copyOf(cluster), fitting) : [cluster]
  })
  const added = own.filter(p => addsTo(context, p)).map(p => structuredClone(p.value))
  return [...patched, ...added]
}

function patchCluster(cluster: Json, patches: readonly Patch[]): EnvoyResource[] {
  for (const patch of patches) {
    if (patch.operation === 'REMOVE') return []
    const mode = mergeMode(patch)
    if (!mode) continue
    const value = structuredClone(patch.value)
    if (isObject(value.transportSocket)) patchTransportSocket(cluster, value.transportSocket)
    else mergeMessage(cluster, value, mode.replacesLists)
  }
  return [cluster]
}

/** A socket of the same name is merged, else replaced; a choice of sockets without that name keeps all it has. */
function patchTransportSocket(cluster: Json, patch: Json): void {
  const choices = Array.isArray(cluster.transportSocketMatches) ? cluster.transportSocketMatches : []
  if (choices.length > 0) {
    const sockets = choices.map(choice => (isObject(choice) ? choice.transportSocket : undefined))
    const same = sockets.find(socket => isObject(socket) && socket.name === patch.name)
    if (same) mergeTransportSocket(same, patch)
  } else if (!mergeTransportSocket(cluster.transportSocket, patch)) cluster.transportSocket = patch
}

/** `direction|port|subset|host`, or the form that is a valid server name. */
function partsOf(name: string): { direction: string; subset: string; host: string; port: number } {
  const parts = name.includes('_.') ? name.split('_.') : name.split('|')
  const [direction = '', port = '', subset = '', host = ''] = parts.length === 4 ? parts : []
  return { direction, subset, host, port: Number(port) || 0 }
}

function matchesCluster(cluster: Json, { match }: Patch, hosts: readonly string[]): boolean {
  const wanted = match.cluster
  if (!wanted) return true
  const name = String(cluster.name)
  if (wanted.name) return wanted.name === name
  const { direction, subset, host, port } = partsOf(name)
  const names = direction === 'inbound' && hosts.length > 0 ? hosts : [host]
  if (wanted.subset && wanted.subset !== subset) return false
  if (wanted.service && !names.includes(wanted.service)) return false
  return !wanted.portNumber || wanted.portNumber === port
}
