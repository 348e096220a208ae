/**
 * What `istioctl install` leaves in a cluster, by profile: the namespace, istiod, the gateways, ConfigMaps and
 * webhook configurations. CRDs are `crds/`.
 */
import type { NewObject } from '../../apiserver/api.ts'
import { controlPlaneObjects } from './control-plane.ts'
import type { Customization } from './customization.ts'
import { gatewayObjects } from './gateways.ts'
import { ISTIO_NAMESPACE } from './labels.ts'
import { PROFILES, type ProfileName } from './profile.ts'
import { webhookConfigurations } from './webhooks.ts'

export { meshConfigYaml } from './control-plane.ts'
export type { Customization } from './customization.ts'
export { ISTIO_NAMESPACE } from './labels.ts'
export { PROFILES, type Profile, type ProfileName } from './profile.ts'

/** In the order to create them. Namespaced objects are all in `istio-system`. */
export const installation = (name: ProfileName, customization: Customization = {}): NewObject[] => {
  const profile = PROFILES[name]
  const { ingressGateway = profile.ingressGateway, egressGateway = profile.egressGateway } = customization
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ISTIO_NAMESPACE } },
    ...controlPlaneObjects(profile, customization),
    ...gatewayObjects({ ...profile, ingressGateway, egressGateway }),
    ...webhookConfigurations(),
  ]
}
