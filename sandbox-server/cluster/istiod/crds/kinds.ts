/** Istio's kinds: groups, versions, names and the columns `kubectl get` prints. */
import type { JsonSchema } from '../../apiserver/schema/json-schema.ts'
import { authorizationPolicy } from './schemas/authorization-policy.ts'
import { destinationRule } from './schemas/destination-rule.ts'
import { envoyFilter } from './schemas/envoy-filter.ts'
import { trafficExtension, wasmPlugin } from './schemas/extensions.ts'
import { gateway } from './schemas/gateway.ts'
import { peerAuthentication } from './schemas/peer-authentication.ts'
import { proxyConfig } from './schemas/proxy-config.ts'
import { requestAuthentication } from './schemas/request-authentication.ts'
import { serviceEntry } from './schemas/service-entry.ts'
import { sidecar } from './schemas/sidecar.ts'
import { telemetry } from './schemas/telemetry.ts'
import { virtualService } from './schemas/virtual-service.ts'
import { workloadEntry } from './schemas/workload-entry.ts'
import { workloadGroup } from './schemas/workload-group.ts'

export interface PrinterColumn {
  name: string
  type: string
  jsonPath: string
  description?: string
}

export interface IstioKind {
  group: string
  kind: string
  plural: string
  shortName?: string
  versions: readonly string[]
  storageVersion: string
  /** None: the API server's own, which is the age. */
  columns?: readonly PrinterColumn[]
  labels?: Readonly<Record<string, string>>
  schema: () => JsonSchema
}

const AGE: PrinterColumn = {
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC. Populated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
  name: 'Age',
  type: 'date',
}

const CONVENTIONS =
  '[Kubernetes API Conventions](https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#metadata)'

const text = (name: string, jsonPath: string, description: string): PrinterColumn => ({
  description,
  jsonPath,
  name,
  type: 'string',
})

const networking = {
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  storageVersion: 'v1',
}
const security = {
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  storageVersion: 'v1',
  labels: { istio: 'security' },
}
const extensions = {
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  storageVersion: 'v1alpha1',
  columns: [AGE],
}

/** In the order of their names within their groups, as discovery lists them. */
export const istioKinds: readonly IstioKind[] = [
  { ...extensions, kind: 'TrafficExtension', plural: 'trafficextensions', schema: trafficExtension },
  { ...extensions, kind: 'WasmPlugin', plural: 'wasmplugins', schema: wasmPlugin },
  {
    ...networking,
    kind: 'DestinationRule',
    plural: 'destinationrules',
    shortName: 'dr',
    columns: [
      text('Host', '.spec.host', 'The name of a service from the service registry'),
      {
        ...AGE,
        // This one CRD names the conventions by another address.
        description: AGE.description?.replace(/More info: .*/, `For more information, see ${CONVENTIONS}`),
      },
    ],
    schema: destinationRule,
  },
  {
    ...networking,
    kind: 'EnvoyFilter',
    plural: 'envoyfilters',
    versions: ['v1alpha3'],
    storageVersion: 'v1alpha3',
    schema: envoyFilter,
  },
  { ...networking, kind: 'Gateway', plural: 'gateways', shortName: 'gw', schema: gateway },
  {
    ...networking,
    kind: 'ProxyConfig',
    plural: 'proxyconfigs',
    versions: ['v1beta1'],
    storageVersion: 'v1beta1',
    schema: proxyConfig,
  },
  {
    ...networking,
    kind: 'ServiceEntry',
    plural: 'serviceentries',
    shortName: 'se',
    columns: [
      text('Hosts', '.spec.hosts', 'The hosts associated with the ServiceEntry'),
      text(
        'Location',
        '.spec.location',
        'Whether the service is external to the mesh or part of the mesh (MESH_EXTERNAL or MESH_INTERNAL)',
      ),
      text('Resolution', '.spec.resolution', 'Service resolution mode for the hosts (NONE, STATIC, or DNS)'),
      AGE,
    ],
    schema: serviceEntry,
  },
  { ...networking, kind: 'Sidecar', plural: 'sidecars', schema: sidecar },
  {
    ...networking,
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortName: 'vs',
    columns: [
      text('Gateways', '.spec.gateways', 'The names of gateways and sidecars that should apply these routes'),
      text('Hosts', '.spec.hosts', 'The destination hosts to which traffic is being sent'),
      AGE,
    ],
    schema: virtualService,
  },
  {
    ...networking,
    kind: 'WorkloadEntry',
    plural: 'workloadentries',
    shortName: 'we',
    columns: [AGE, text('Address', '.spec.address', 'Address associated with the network endpoint.')],
    schema: workloadEntry,
  },
  {
    ...networking,
    kind: 'WorkloadGroup',
    plural: 'workloadgroups',
    shortName: 'wg',
    columns: [AGE],
    schema: workloadGroup,
  },
  {
    ...security,
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    shortName: 'ap',
    columns: [text('Action', '.spec.action', 'The operation to take.'), AGE],
    schema: authorizationPolicy,
  },
  {
    ...security,
    kind: 'PeerAuthentication',
    plural: 'peerauthentications',
    shortName: 'pa',
    columns: [text('Mode', '.spec.mtls.mode', 'Defines the mTLS mode used for peer authentication.'), AGE],
    schema: peerAuthentication,
  },
  {
    ...security,
    kind: 'RequestAuthentication',
    plural: 'requestauthentications',
    shortName: 'ra',
    schema: requestAuthentication,
  },
  {
    group: 'telemetry.istio.io',
    kind: 'Telemetry',
    plural: 'telemetries',
    shortName: 'telemetry',
    versions: ['v1', 'v1alpha1'],
    storageVersion: 'v1alpha1',
    columns: [AGE],
    labels: { istio: 'telemetry' },
    schema: telemetry,
  },
]
