/**
 * EnvoyFilter (networking.istio.io/v1alpha3), written after the API's documentation:
 * https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
import type { JsonSchema } from '../../../apiserver/schema/json-schema.ts'
import {
  anything,
  atMostOneOf,
  enumeration,
  int32,
  list,
  map,
  object,
  rules,
  string,
  uint32,
} from '../notation.ts'
import { policyTargetRefs } from './policy-attachment.ts'
import { status } from './shared.ts'

const APPLY_TO = [
  'INVALID',
  'LISTENER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
  'EXTENSION_CONFIG',
  'BOOTSTRAP',
  'LISTENER_FILTER',
]
const CONTEXTS = ['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT']
const ACTIONS = ['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']
const FILTER_CLASSES = ['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS']
const OPERATIONS = [
  'INVALID',
  'MERGE',
  'ADD',
  'REMOVE',
  'INSERT_BEFORE',
  'INSERT_AFTER',
  'INSERT_FIRST',
  'REPLACE',
  'MERGE_AND_REPLACE_LIST',
]

const choice = (values: readonly string[], description: string): JsonSchema => {
  const shown = values.filter(value => value !== 'INVALID' && value !== 'UNSPECIFIED')
  return enumeration(values, `${description}\n\nValid Options: ${shown.join(', ')}`)
}

const filter = (): JsonSchema =>
  object(
    {
      name: string('Name of the filter.'),
      subFilter: object({ name: string('Name of the filter.') }, 'A filter inside the matched one.'),
    },
    'The filter to patch.',
  )

const cluster = (): JsonSchema =>
  object(
    {
      name: string('Exact name of the cluster.'),
      portNumber: uint32('Service port of the cluster.'),
      service: string('Fully qualified name of the service.'),
      subset: string('Subset of the service.'),
    },
    'Match on attributes of a cluster.',
  )

const listener = (): JsonSchema =>
  object(
    {
      filterChain: object(
        {
          applicationProtocols: string('Application protocols of the chain, for sidecars.'),
          destinationPort: uint32('Destination port of the chain.'),
          filter: filter(),
          name: string('Name of the filter chain.'),
          sni: string('Server name of the chain.'),
          transportProtocol: string('Transport protocol of the chain, for inbound listeners of sidecars.'),
          transportSocket: string('Name of the transport socket of the chain.'),
        },
        'Match a filter chain of the listener.',
      ),
      listenerFilter: string('Name of a listener filter.'),
      name: string('Exact name of the listener.'),
      portName: string(),
      portNumber: uint32('Port of the service or gateway the listener is for.'),
    },
    'Match on attributes of a listener.',
  )

const routeConfiguration = (): JsonSchema =>
  object(
    {
      gateway: string('Gateway the routes were made for, as namespace/name.'),
      name: string('Exact name of the route configuration.'),
      portName: string('Port name of the gateway server.'),
      portNumber: uint32('Port of the service or gateway server.'),
      vhost: object(
        {
          domainName: string('A domain of the virtual host.'),
          name: string('Name of the virtual host, host:port.'),
          route: object(
            {
              action: choice(ACTIONS, 'Kind of action of the route.'),
              name: string('Name of the route.'),
            },
            'Match a route of the virtual host.',
          ),
        },
        'Match a virtual host.',
      ),
    },
    'Match on attributes of a route configuration.',
  )

const waypoint = (): JsonSchema =>
  object({
    filter: filter(),
    portNumber: uint32('Service port.', rules(['port must be between 1-65535', '0 < self && self <= 65535'])),
    route: object({ name: string('Name of the route.') }, 'Match a route.'),
  })

const match = (): JsonSchema =>
  object(
    {
      cluster: cluster(),
      context: choice(CONTEXTS, 'For which kind of proxy and direction the patch is.'),
      listener: listener(),
      proxy: object(
        {
          metadata: map(string(), 'Metadata of the proxy.'),
          proxyVersion: string('Regular expression for the Istio version of the proxy.'),
        },
        'Match on properties of a proxy.',
      ),
      routeConfiguration: routeConfiguration(),
      waypoint: waypoint(),
    },
    'Where the patch applies.',
    {
      ...atMostOneOf('listener', 'routeConfiguration', 'cluster', 'waypoint'),
      ...rules([
        'only support waypointMatch when context is WAYPOINT',
        'has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)',
      ]),
    },
  )

const patch = (): JsonSchema =>
  object(
    {
      filterClass: choice(FILTER_CLASSES, 'Place among the filters.'),
      operation: choice(OPERATIONS, 'How the patch is applied.'),
      value: anything("The patch, in the JSON of Envoy's API."),
    },
    'The patch.',
  )

/** The schema of EnvoyFilter. */
export const envoyFilter = (): JsonSchema =>
  object({
    spec: object(
      {
        configPatches: list(
          object({ applyTo: choice(APPLY_TO, 'Which resource is patched.'), match: match(), patch: patch() }),
          'Patches with their conditions.',
        ),
        priority: int32('Order among patches: lower ones first.'),
        targetRefs: policyTargetRefs(),
        workloadSelector: object(
          {
            labels: map(
              string('', {
                maxLength: 63,
                ...rules(['wildcard is not supported in selector', '!self.contains("*")']),
              }),
              'Labels of the workloads.',
              { maxProperties: 256 },
            ),
          },
          'The workloads whose proxies are patched.',
        ),
      },
      'Customizing Envoy configuration generated by Istio. See more details at: https://istio.io/docs/reference/config/networking/envoy-filter.html',
      rules([
        'only one of targetRefs or workloadSelector can be set',
        '(has(self.workloadSelector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
      ]),
    ),
    status: status(),
  })
