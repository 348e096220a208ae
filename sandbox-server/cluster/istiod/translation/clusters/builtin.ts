/** Clusters every proxy has: for unknown destinations, and for none at all. */
import type { EnvoyResource } from '../contract.ts'
import type { Mesh } from '../mesh.ts'
import { applyConnectionPool } from './connection-pool.ts'
import { type ClusterDraft, finish, newDraft } from './draft.ts'
import { INBOUND_SOURCE } from './inbound.ts'

const PASSTHROUGH_IDLE_TIMEOUT = '300s'

/** Where traffic goes that has no destination: it is refused. */
export const blackHoleCluster = (mesh: Mesh): EnvoyResource => ({
  name: 'BlackHoleCluster',
  altStatName: 'BlackHoleCluster;',
  type: 'STATIC',
  connectTimeout: mesh.settings.connectTimeout,
})

function passthrough(mesh: Mesh, name: string): ClusterDraft {
  const draft = newDraft(name, 'ORIGINAL_DST')
  draft.fields.altStatName = 'PassthroughCluster;'
  draft.lbPolicy = 'CLUSTER_PROVIDED'
  delete draft.commonLbConfig
  applyConnectionPool(draft, mesh.settings, mesh.settings.config.defaultTrafficPolicy?.connectionPool)
  // Of a pool's settings for HTTP only the thresholds hold here.
  draft.httpOptions = {
    commonHttpProtocolOptions: { idleTimeout: PASSTHROUGH_IDLE_TIMEOUT },
    useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
  }
  return draft
}

/** To wherever the client wanted to go. */
export const passthroughCluster = (mesh: Mesh): EnvoyResource =>
  finish(passthrough(mesh, 'PassthroughCluster'))

/** To the workload, on ports that no service names. */
export function inboundPassthroughCluster(mesh: Mesh): EnvoyResource {
  const draft = passthrough(mesh, 'InboundPassthroughCluster')
  draft.fields.upstreamBindConfig = INBOUND_SOURCE
  return finish(draft)
}
