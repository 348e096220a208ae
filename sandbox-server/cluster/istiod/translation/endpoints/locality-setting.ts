/** Which locality setting holds for a service: its rule's, its traffic distribution, or the mesh's. */
import type { MeshSettings } from '../model/mesh-config.ts'
import type { Service } from '../model/service.ts'
import type { LoadBalancer, LocalityLbSetting } from '../model/specs/destination-rule.ts'

export interface LocalityBalancing {
  setting: LocalityLbSetting
  /** Whether it holds without outlier detection too. */
  isForced: boolean
}

const SAME_ZONE = [
  'topology.istio.io/network',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]
const SAME_NODE = [...SAME_ZONE, 'topology.istio.io/subzone', 'kubernetes.io/hostname']

/** Undefined when localities do not matter. */
export function localitySetting(
  mesh: MeshSettings,
  lb: LoadBalancer | undefined,
  service: Service,
): LocalityBalancing | undefined {
  const own = lb?.localityLbSetting
  if (own) return own.enabled === false ? undefined : { setting: own, isForced: false }
  if (service.trafficDistribution) {
    const failoverPriority = service.trafficDistribution === 'PreferSameNode' ? SAME_NODE : SAME_ZONE
    return { setting: { failoverPriority }, isForced: true }
  }
  const general = mesh.config.localityLbSetting ?? {}
  return general.enabled === false ? undefined : { setting: general, isForced: false }
}
