/** `istioctl proxy-config cluster|listener|route|endpoint|eds`: one kind of what a proxy has. */
import type { Command } from '../../cli/command.ts'
import { clusterTable, selectClusters } from './clusters.ts'
import {
  clusterFilter,
  endpointFilter,
  examples,
  FILE,
  listenerFilter,
  number,
  output,
  print,
  text,
  VERBOSE,
} from './command-parts.ts'
import { assignmentTable, hostTable, selectAssignments, selectHosts } from './endpoints.ts'
import { listenerTable, selectListeners } from './listeners.ts'
import { routeTable, selectRoutes } from './routes.ts'
import { readDump, readSource } from './source.ts'

export const WITH_ENDPOINTS = '?include_eds=true'

export const cluster: Command = {
  use: 'cluster [<type>/]<name>[.<namespace>]',
  short: 'Retrieves cluster configuration for the Envoy in the specified pod',
  long: 'Retrieve information about cluster configuration for the Envoy instance in the specified pod.',
  aliases: ['clusters', 'c'],
  example: examples(
    'clusters',
    `  # Retrieve cluster summary for clusters with port 9080.
  istioctl proxy-config clusters <pod-name[.namespace]> --port 9080`,
    `  # Retrieve full cluster dump for clusters that are inbound with a FQDN of details.default.svc.cluster.local.
  istioctl proxy-config clusters <pod-name[.namespace]> --fqdn details.default.svc.cluster.local --direction inbound -o json`,
  ),
  flags: [
    output('short'),
    text('fqdn', 'Filter clusters by substring of Service FQDN field'),
    text('direction', 'Filter clusters by Direction field'),
    text('subset', 'Filter clusters by substring of Subset field'),
    number('port', 'Filter clusters by Port field'),
    FILE,
  ],
  async run(invocation) {
    const dump = await readDump(invocation, 'cluster', '')
    const selected = selectClusters(dump, clusterFilter(invocation.flags))
    return print(
      invocation,
      () => selected,
      () => clusterTable(selected, false),
    )
  },
}

export const listener: Command = {
  use: 'listener [<type>/]<name>[.<namespace>]',
  short: 'Retrieves listener configuration for the Envoy in the specified pod',
  long: 'Retrieve information about listener configuration for the Envoy instance in the specified pod.',
  aliases: ['listeners', 'l'],
  example: examples(
    'listeners',
    `  # Retrieve listener summary for listeners with port 9080.
  istioctl proxy-config listeners <pod-name[.namespace]> --port 9080`,
    `  # Retrieve full listener dump for HTTP listeners with a wildcard address (0.0.0.0).
  istioctl proxy-config listeners <pod-name[.namespace]> --type HTTP --address 0.0.0.0 -o json`,
  ),
  flags: [
    output('short'),
    text('address', 'Filter listeners by address field'),
    text('type', 'Filter listeners by type field'),
    number('port', 'Filter listeners by Port field'),
    VERBOSE,
    FILE,
  ],
  async run(invocation) {
    const filter = listenerFilter(invocation.flags)
    const selected = selectListeners(await readDump(invocation, 'listener', ''), filter)
    return print(
      invocation,
      () => selected,
      () => listenerTable(selected, filter, false),
    )
  },
}

export const route: Command = {
  use: 'route [<type>/]<name>[.<namespace>]',
  short: 'Retrieves route configuration for the Envoy in the specified pod',
  long: 'Retrieve information about route configuration for the Envoy instance in the specified pod.',
  aliases: ['routes', 'r'],
  example: examples(
    'routes',
    `  # Retrieve route summary for route 9080.
  istioctl proxy-config route <pod-name[.namespace]> --name 9080`,
    `  # Retrieve full route dump for route 9080
  istioctl proxy-config route <pod-name[.namespace]> --name 9080 -o json`,
  ),
  flags: [output('short'), text('name', 'Filter listeners by route name field'), VERBOSE, FILE],
  async run(invocation) {
    const { flags } = invocation
    const selected = selectRoutes(await readDump(invocation, 'route', ''), flags.string('name'))
    return print(
      invocation,
      () => selected,
      () => routeTable(selected, flags.bool('verbose'), false),
    )
  },
}

export const ENDPOINT_FILTERS = [
  text('address', 'Filter endpoints by address field'),
  number('port', 'Filter endpoints by Port field'),
  text('cluster', 'Filter endpoints by cluster name field'),
  text('status', 'Filter endpoints by status field'),
]

export const endpoint: Command = {
  use: 'endpoint [<type>/]<name>[.<namespace>]',
  short: 'Retrieves endpoint configuration for the Envoy in the specified pod',
  long: 'Retrieve information about endpoint configuration for the Envoy instance in the specified pod.',
  aliases: ['endpoints', 'ep'],
  example: `  # Retrieve full endpoint configuration for a given pod from Envoy.
  istioctl proxy-config endpoint <pod-name[.namespace]>

  # Retrieve endpoint summary for endpoint with port 9080.
  istioctl proxy-config endpoint <pod-name[.namespace]> --port 9080

  # Retrieve full endpoint with a address (172.17.0.2).
  istioctl proxy-config endpoint <pod-name[.namespace]> --address 172.17.0.2 -o json

  # Retrieve full endpoint with a cluster name (outbound|9411||zipkin.istio-system.svc.cluster.local).
  istioctl proxy-config endpoint <pod-name[.namespace]> --cluster "outbound|9411||zipkin.istio-system.svc.cluster.local" -o json

  # Retrieve full endpoint with the status (healthy).
  istioctl proxy-config endpoint <pod-name[.namespace]> --status healthy -ojson

  # Retrieve endpoint summary without using Kubernetes API
  ssh <user@hostname> 'curl localhost:15000/clusters?format=json' > envoy-clusters.json
  istioctl proxy-config endpoints --file envoy-clusters.json
`,
  flags: [output('short'), ...ENDPOINT_FILTERS, FILE],
  async run(invocation) {
    const filter = endpointFilter(invocation.flags)
    const selected = selectHosts(await readSource(invocation, 'endpoints', 'clusters?format=json'), filter)
    return print(
      invocation,
      () => selected,
      () => hostTable(selected, filter),
    )
  },
}

export const eds: Command = {
  use: 'eds [<type>/]<name>[.<namespace>]',
  short: 'Retrieves endpoint configuration for the Envoy in the specified pod',
  long: 'Retrieve information about endpoint configuration for the Envoy instance in the specified pod.',
  hidden: true,
  flags: [output('short'), ...ENDPOINT_FILTERS, FILE],
  async run(invocation) {
    const dump = await readDump(invocation, 'eds', WITH_ENDPOINTS)
    const selected = selectAssignments(dump, endpointFilter(invocation.flags))
    return print(
      invocation,
      () => selected,
      () => assignmentTable(selected, false),
    )
  },
}
