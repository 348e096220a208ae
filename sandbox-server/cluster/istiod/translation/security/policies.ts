/** Filters of AuthorizationPolicy and RequestAuthentication. */

import type { Filter } from '../listeners/filter-chain.ts'
import type { ListenerClass } from '../listeners/http-connection-manager.ts'
import type { Mesh } from '../mesh.ts'
import type { MeshProxy } from '../model/proxy.ts'

/** HTTP filters, in the order they run. */
export function httpPolicyFilters(_mesh: Mesh, _proxy: MeshProxy, _listenerClass: ListenerClass): Filter[] {
  return []
}

/** Network filters of TCP chains. */
export function tcpPolicyFilters(_mesh: Mesh, _proxy: MeshProxy): Filter[] {
  return []
}
