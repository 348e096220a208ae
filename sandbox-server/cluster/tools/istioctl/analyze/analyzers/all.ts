/** Every analyzer there is. Those for several clusters, the Gateway API and outside control planes have nothing to look at here. */
import type { Analyzer } from '../analyzer.ts'
import { annotations } from './annotations.ts'
import { caCertificates, subsetsSelectPods } from './destination-rules.ts'
import { envoyPatches } from './envoy-filters.ts'
import { conflictingGateways, gatewayCertificates, gatewayPorts, gatewaySecrets } from './gateways.ts'
import { applicationUids, autoImages, injection, proxyImages } from './injection.ts'
import { deprecatedFields, validations } from './schema.ts'
import { authorizationPolicies, blockedCidrs } from './security.ts'
import { conflictingProtocols, protocolAddresses } from './service-entries.ts'
import { multipleServices, portNames } from './services.ts'
import {
  sidecarSelectors,
  telemetryDefaults,
  telemetryLightstep,
  telemetryProviders,
  telemetrySelectors,
} from './sidecars.ts'
import {
  conflictingMeshHosts,
  destinationHosts,
  destinationSubsets,
  gatewaysOfVirtualServices,
  jwtClaimRoutes,
} from './virtual-services.ts'
import { webhooks } from './webhooks.ts'

export const ANALYZERS: readonly Analyzer[] = [
  annotations,
  applicationUids,
  authorizationPolicies,
  autoImages,
  blockedCidrs,
  caCertificates,
  conflictingGateways,
  conflictingMeshHosts,
  conflictingProtocols,
  deprecatedFields,
  destinationHosts,
  destinationSubsets,
  envoyPatches,
  gatewayCertificates,
  gatewayPorts,
  gatewaySecrets,
  gatewaysOfVirtualServices,
  injection,
  jwtClaimRoutes,
  multipleServices,
  portNames,
  protocolAddresses,
  proxyImages,
  sidecarSelectors,
  subsetsSelectPods,
  telemetryDefaults,
  telemetryLightstep,
  telemetryProviders,
  telemetrySelectors,
  webhooks,
  ...validations,
]
