/** Service, as the real API server declares it. */
import type { ApiObject } from '../../api.ts'
import { equal, isObject, type JsonObject, listOf, objectOf, objectsOf, textOf } from '../../json.ts'
import { definition } from '../../schema/definitions.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../columns.ts'
import { type Kind, PROXY_VERBS } from '../kind.ts'
import { age } from '../time.ts'
import { allocate, keepAllocated } from './allocate.ts'
import { validateService, validateServiceUpdate } from './validate.ts'

const CLIENT_IP_SECONDS = 10_800

function defaults(service: JsonObject): void {
  const spec = objectOf(service.spec)
  service.spec = spec
  if (textOf(spec.sessionAffinity) === '') spec.sessionAffinity = 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && !isObject(objectOf(spec.sessionAffinityConfig).clientIP)) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_IP_SECONDS } }
  }
  if (textOf(spec.type) === '') spec.type = 'ClusterIP'
  for (const port of objectsOf(spec.ports)) {
    if (textOf(port.protocol) === '') port.protocol = 'TCP'
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
      port.targetPort = port.port ?? 0
  }
  if (
    (spec.type === 'NodePort' || spec.type === 'LoadBalancer') &&
    textOf(spec.externalTrafficPolicy) === ''
  ) {
    spec.externalTrafficPolicy = 'Cluster'
  }
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
}

/** Fields that only the old type had go with it. */
function dropTypeFields(service: JsonObject, old: ApiObject): void {
  const spec = objectOf(service.spec)
  const before = objectOf(old.spec)
  if (spec.type === before.type) return
  if (
    spec.type !== 'NodePort' &&
    spec.type !== 'LoadBalancer' &&
    equal(spec.externalTrafficPolicy, before.externalTrafficPolicy)
  ) {
    delete spec.externalTrafficPolicy
  }
  if (spec.type !== 'LoadBalancer') delete spec.allocateLoadBalancerNodePorts
  if (spec.type === 'ExternalName' && equal(spec.clusterIP, before.clusterIP)) delete spec.clusterIP
}

function externalAddress(service: ApiObject): string {
  const spec = objectOf(service.spec)
  const given = listOf(spec.externalIPs).map(String)
  switch (spec.type) {
    case 'ExternalName':
      return textOf(spec.externalName)
    case 'LoadBalancer': {
      const ingress = objectsOf(objectOf(objectOf(service.status).loadBalancer).ingress)
      const addresses = [...new Set(ingress.map(entry => textOf(entry.ip) || textOf(entry.hostname)))]
        .filter(text => text !== '')
        .sort()
      const all = [...addresses, ...given]
      return all.length > 0 ? all.join(',') : '<pending>'
    }
    default:
      return given.length > 0 ? given.join(',') : '<none>'
  }
}

function ports(service: ApiObject): string {
  const pieces = objectsOf(objectOf(service.spec).ports).map(port =>
    port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`,
  )
  return pieces.join(',') || '<none>'
}

const selector = (service: ApiObject): string =>
  Object.entries(objectOf(objectOf(service.spec).selector))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>'

export const service: Kind = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
  nameRule: 'label1035',
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  subresources: [
    { name: 'proxy', group: '', version: 'v1', kind: 'ServiceProxyOptions', verbs: PROXY_VERBS },
  ],
  deleteReturnsObject: true,
  schema: () => definition('io.k8s.api.core.v1.Service'),
  defaults,
  prepareCreate: object => {
    object.status = { loadBalancer: {} }
  },
  prepareUpdate: (object, old) => {
    dropTypeFields(object, old)
    keepAllocated(objectOf(object.spec), objectOf(old.spec))
  },
  allocate: (object, old, { registry }) => allocate(registry, object, old),
  validate: validateService,
  validateUpdate: (object, old) => [...validateServiceUpdate(object, old), ...validateService(object)],
  fields: {
    'spec.clusterIP': object => textOf(objectOf(object.spec).clusterIP),
    'spec.type': object => textOf(objectOf(object.spec).type),
  },
  columns: [
    NAME_COLUMN,
    column(
      'Type',
      'string',
      'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
    ),
    column(
      'Cluster-IP',
      'string',
      'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    ),
    column(
      'External-IP',
      'string',
      'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.',
    ),
    column(
      'Port(s)',
      'string',
      'The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
    ),
    AGE_COLUMN,
    wide(
      'Selector',
      'Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/',
    ),
  ],
  row: (object, now) => [
    object.metadata.name,
    textOf(objectOf(object.spec).type),
    textOf(objectOf(object.spec).clusterIP) || '<none>',
    externalAddress(object),
    ports(object),
    age(object, now),
    selector(object),
  ],
}
