/** The objects analyzers look at, by kind, wherever they come from: a file's stands for the cluster's of the same name. */
import { type Json, objectOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'

export type Kind =
  | 'AuthorizationPolicy'
  | 'ConfigMap'
  | 'Deployment'
  | 'DestinationRule'
  | 'EnvoyFilter'
  | 'Gateway'
  | 'MutatingWebhookConfiguration'
  | 'Namespace'
  | 'Node'
  | 'PeerAuthentication'
  | 'Pod'
  | 'ProxyConfig'
  | 'RequestAuthentication'
  | 'Secret'
  | 'Service'
  | 'ServiceEntry'
  | 'Sidecar'
  | 'Telemetry'
  | 'TrafficExtension'
  | 'VirtualService'
  | 'WasmPlugin'
  | 'WorkloadEntry'
  | 'WorkloadGroup'

export interface KindInfo {
  group: string
  version: string
  plural: string
  isClusterScoped?: true
  /** Only a cluster has these: what stands in files is not looked at. */
  isLiveOnly?: true
}

const networking = (plural: string): KindInfo => ({ group: 'networking.istio.io', version: 'v1', plural })
const security = (plural: string): KindInfo => ({ group: 'security.istio.io', version: 'v1', plural })
const extensions = (plural: string): KindInfo => ({
  group: 'extensions.istio.io',
  version: 'v1alpha1',
  plural,
})
const live = (plural: string): KindInfo => ({ group: '', version: 'v1', plural, isLiveOnly: true })

export const KINDS: Readonly<Record<Kind, KindInfo>> = {
  AuthorizationPolicy: security('authorizationpolicies'),
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps' },
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  DestinationRule: networking('destinationrules'),
  EnvoyFilter: { ...networking('envoyfilters'), version: 'v1alpha3' },
  Gateway: networking('gateways'),
  MutatingWebhookConfiguration: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingwebhookconfigurations',
    isClusterScoped: true,
  },
  Namespace: { ...live('namespaces'), isClusterScoped: true },
  Node: { ...live('nodes'), isClusterScoped: true },
  PeerAuthentication: security('peerauthentications'),
  Pod: live('pods'),
  ProxyConfig: { ...networking('proxyconfigs'), version: 'v1beta1' },
  RequestAuthentication: security('requestauthentications'),
  Secret: live('secrets'),
  Service: live('services'),
  ServiceEntry: networking('serviceentries'),
  Sidecar: networking('sidecars'),
  Telemetry: { group: 'telemetry.istio.io', version: 'v1', plural: 'telemetries' },
  TrafficExtension: extensions('trafficextensions'),
  VirtualService: networking('virtualservices'),
  WasmPlugin: extensions('wasmplugins'),
  WorkloadEntry: networking('workloadentries'),
  WorkloadGroup: networking('workloadgroups'),
}

export const ISTIO_KINDS: readonly Kind[] = (Object.keys(KINDS) as Kind[]).filter(kind =>
  KINDS[kind].group.endsWith('.istio.io'),
)

/** Where in a file an object stands. */
export interface Origin {
  file: string
  /** Of the document's first line, from 1. */
  line: number
  /** Lines of scalar fields, by path: `spec.http[0].route[0].destination.host`. */
  fields: ReadonlyMap<string, number>
}

export interface Resource {
  kind: Kind
  /** Empty for cluster-scoped kinds. */
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  spec: Json
  /** The whole object, for kinds without a spec. */
  object: Json
  origin?: Origin
}

/** `namespace/name`, or the name alone. */
export const fullName = ({ namespace, name }: Resource): string =>
  namespace === '' ? name : `${namespace}/${name}`

/** Kubernetes' own, which Istio has nothing to do with. */
const IGNORED_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])

export class ResourceSet {
  readonly #byKind = new Map<Kind, Map<string, Resource>>()
  /** MeshConfig as the ConfigMap `istio` has it. */
  readonly meshConfig: Json
  /** Live kinds are there. */
  readonly isLive: boolean

  constructor(resources: Iterable<Resource>, options: { meshConfig: Json; isLive: boolean }) {
    for (const resource of resources) {
      if (IGNORED_NAMESPACES.has(resource.namespace)) continue
      const ofKind = this.#byKind.get(resource.kind) ?? new Map<string, Resource>()
      this.#byKind.set(resource.kind, ofKind)
      const earlier = ofKind.get(fullName(resource))
      if (!earlier || (resource.origin && !earlier.origin)) ofKind.set(fullName(resource), resource)
    }
    this.meshConfig = options.meshConfig
    this.isLive = options.isLive
  }

  list(kind: Kind): Resource[] {
    return [...(this.#byKind.get(kind)?.values() ?? [])]
  }

  /** `name` may say its namespace: `ns/name`. */
  find(kind: Kind, namespace: string, name: string): Resource | undefined {
    const full = name.includes('/') || namespace === '' ? name : `${namespace}/${name}`
    return this.#byKind.get(kind)?.get(full)
  }
}

/** undefined for kinds that no analyzer looks at. */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  const isKnown = (name: string): name is Kind => Object.hasOwn(KINDS, name)
  return isKnown(kind) && KINDS[kind].group === group ? kind : undefined
}

/** An object as analyzers see it. */
export function resourceOf(kind: Kind, object: Json, namespace: string, origin?: Origin): Resource {
  const metadata = objectOf(object['metadata'])
  return {
    kind,
    namespace: KINDS[kind].isClusterScoped ? '' : stringOf(metadata['namespace']) || namespace,
    name: stringOf(metadata['name']),
    labels: stringMap(metadata['labels']),
    annotations: stringMap(metadata['annotations']),
    spec: objectOf(object['spec']),
    object,
    origin,
  }
}
