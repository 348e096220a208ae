/** What the clusters of a service's port, and their endpoints, are made from. */
import type { Mesh } from '../mesh.ts'
import type { Config } from '../model/config.ts'
import type { MeshProxy } from '../model/proxy.ts'
import type { Port, Service } from '../model/service.ts'
import type { DestinationRuleSpec } from '../model/specs/destination-rule.ts'

/** What one port's clusters have in common. */
export interface PortContext {
  mesh: Mesh
  proxy: MeshProxy
  service: Service
  port: Port
  rule: Config<DestinationRuleSpec> | undefined
  /** For a gateway that passes the mesh's TLS on by its server name, without ending it. */
  isSniRouted?: boolean
}
