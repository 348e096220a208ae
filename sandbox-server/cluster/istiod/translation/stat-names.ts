/** Names of statistics where MeshConfig gives patterns for them (`outboundClusterStatName`, `inboundClusterStatName`). */
import type { Mesh } from './mesh.ts'
import type { Port, Service } from './model/service.ts'

interface StatSource {
  host: string
  service: Service | undefined
  subset?: string
  port: Pick<Port, 'port' | 'name'>
  targetPort?: number
}

function fill(pattern: string, { host, service, subset = '', port, targetPort }: StatSource): string {
  const isKubernetes = service?.registry === 'kubernetes'
  return pattern
    .replaceAll('%SERVICE%', isKubernetes ? `${service.name}.${service.namespace}` : host)
    .replaceAll('%SERVICE_NAME%', isKubernetes ? service.name : host)
    .replaceAll('%SERVICE_FQDN%', host)
    .replaceAll('%SUBSET_NAME%', subset)
    .replaceAll('%TARGET_PORT%', targetPort === undefined ? '%TARGET_PORT%' : String(targetPort))
    .replaceAll('%SERVICE_PORT%', String(port.port))
    .replaceAll('%SERVICE_PORT_NAME%', port.name)
}

/** The name for an outbound cluster's statistics; undefined without a pattern. */
export function outboundStatName(mesh: Mesh, source: StatSource): string | undefined {
  const pattern = mesh.settings.config.outboundClusterStatName
  return pattern ? fill(pattern, source) : undefined
}

/** The name for an inbound cluster's statistics; undefined without a pattern. */
export function inboundStatName(mesh: Mesh, source: StatSource): string | undefined {
  const pattern = mesh.settings.config.inboundClusterStatName
  return pattern ? fill(pattern, source) : undefined
}
