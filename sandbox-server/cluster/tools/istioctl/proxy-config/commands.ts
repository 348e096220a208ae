/** `istioctl proxy-config`: the commands over a proxy's configuration, each as a table or as what Envoy has. */
import { type Command, CommandError, type Flags } from '../../cli/command.ts'
import type { Json } from '../../text/json.ts'
import { withCluster } from '../global-flags.ts'
import { findPod } from '../pods.ts'
import { bootstrapSummary } from './bootstrap.ts'
import { clusterTable, selectClusters } from './clusters.ts'
import {
  clusterFilter,
  endpointFilter,
  FILE,
  listenerFilter,
  number,
  output,
  print,
  text,
  VERBOSE,
} from './command-parts.ts'
import { ConfigDump } from './dump.ts'
import { assignmentTable, selectAssignments } from './endpoints.ts'
import { listenerTable, selectListeners } from './listeners.ts'
import { log } from './log.ts'
import { cluster, eds, endpoint, listener, route, WITH_ENDPOINTS } from './resource-commands.ts'
import { routeTable, selectRoutes } from './routes.ts'
import { secretTable } from './secrets.ts'
import { askEnvoy, outputFormat, readDump, readSource } from './source.ts'

const bootstrap: Command = {
  use: 'bootstrap [<type>/]<name>[.<namespace>]',
  short: 'Retrieves bootstrap configuration for the Envoy in the specified pod',
  long: 'Retrieve information about bootstrap configuration for the Envoy instance in the specified pod.',
  aliases: ['b'],
  example: `  # Retrieve full bootstrap configuration for a given pod from Envoy.
  istioctl proxy-config bootstrap <pod-name[.namespace]>

  # Retrieve full bootstrap without using Kubernetes API
  ssh <user@hostname> 'curl localhost:15000/config_dump' > envoy-config.json
  istioctl proxy-config bootstrap --file envoy-config.json

  # Show a human-readable Istio and Envoy version summary
  istioctl proxy-config bootstrap <pod-name[.namespace]> -o short
`,
  flags: [output('json'), FILE],
  async run(invocation) {
    const dump = (await readDump(invocation, 'bootstrap', '')).bootstrap()
    return print(
      invocation,
      () => dump,
      () => bootstrapSummary(dump),
    )
  },
}

const secret: Command = {
  use: 'secret [<type>/]<name>[.<namespace>]',
  short: 'Retrieves secret configuration for the Envoy in the specified pod',
  long: 'Retrieve information about secret configuration for the Envoy instance in the specified pod.',
  aliases: ['secrets', 's'],
  example: `  # Retrieve full secret configuration for a given pod from Envoy.
  istioctl proxy-config secret <pod-name[.namespace]>

  # Retrieve full secret configuration for a pod under a deployment from Envoy.
  istioctl proxy-config secret deployment/<deployment-name[.namespace]>

  # Retrieve full bootstrap without using Kubernetes API
  ssh <user@hostname> 'curl localhost:15000/config_dump' > envoy-config.json
  istioctl proxy-config secret --file envoy-config.json`,
  flags: [output('short'), FILE],
  async run(invocation) {
    const dump = (await readDump(invocation, 'secret', '')).secrets()
    return print(
      invocation,
      () => dump,
      () => secretTable(dump, false, Date.now()),
    )
  },
}

const all: Command = {
  use: 'all [<type>/]<name>[.<namespace>]',
  short: 'Retrieves all configuration for the Envoy in the specified pod',
  long: 'Retrieve information about all configuration for the Envoy instance in the specified pod.',
  aliases: ['a'],
  example: `  # Retrieve summary about all configuration for a given pod from Envoy.
  istioctl proxy-config all <pod-name[.namespace]>

  # Retrieve full cluster dump as JSON
  istioctl proxy-config all <pod-name[.namespace]> -o json

  # Retrieve full cluster dump with short syntax
  istioctl pc a <pod-name[.namespace]>

  # Retrieve cluster summary without using Kubernetes API
  ssh <user@hostname> 'curl localhost:15000/config_dump' > envoy-config.json
  istioctl proxy-config all --file envoy-config.json
`,
  flags: [
    output('short'),
    { name: 'with-headers', type: 'bool', usage: 'Print summary with headers' },
    { ...FILE, usage: 'Envoy config dump file' },
    VERBOSE,
    text('fqdn', 'Filter clusters by substring of Service FQDN field'),
    text('direction', 'Filter clusters by Direction field'),
    text('subset', 'Filter clusters by substring of Subset field'),
    number('port', 'Filter clusters and listeners by Port field'),
    text('address', 'Filter listeners by address field'),
    text('type', 'Filter listeners by type field'),
    text('name', 'Filter routes by route name field'),
  ],
  async run(invocation) {
    const { flags, streams } = invocation
    const source = await readSource(invocation, 'all', `config_dump${WITH_ENDPOINTS}`)
    const format = outputFormat(flags)
    if (format === 'json') streams.stdout(`${source}\n`)
    else if (format === 'yaml')
      streams.stdout(`${(await import('../../text/go-yaml.ts')).toYaml(JSON.parse(source))}\n`)
    else streams.stdout(fullSummary(new ConfigDump(source), flags))
    return 0
  },
}

function fullSummary(dump: ConfigDump, flags: Flags): string {
  const listeners = listenerFilter(flags)
  const sections: [string, string][] = [
    ['BOOTSTRAP', bootstrapSummary(dump.bootstrap())],
    ['CLUSTER', clusterTable(selectClusters(dump, clusterFilter(flags)), true)],
    ['LISTENER', listenerTable(selectListeners(dump, listeners), listeners, true)],
    ['ROUTE', routeTable(selectRoutes(dump, flags.string('name')), flags.bool('verbose'), true)],
    ['SECRET', secretTable(dump.secrets(), true, Date.now())],
    ['ENDPOINTS', assignmentTable(selectAssignments(dump, endpointFilter(flags)), true)],
  ]
  const header = (name: string) => (flags.bool('with-headers') ? `------ ${name} INFO ------\n\n` : '')
  return sections.map(([name, table]) => header(name) + table).join('\n')
}

const ecds: Command = {
  use: 'ecds [<type>/]<name>[.<namespace>]',
  short: 'Retrieves typed extension configuration for the Envoy in the specified pod',
  long: 'Retrieve information about typed extension configuration for the Envoy instance in the specified pod.',
  aliases: ['ec'],
  flags: [output('short'), FILE],
  run() {
    throw new CommandError('no extensions found')
  },
}

const rootcaCompare: Command = {
  use: 'rootca-compare [pod/]<name-1>[.<namespace-1>] [pod/]<name-2>[.<namespace-2>]',
  short: 'Compare ROOTCA values for the two given pods',
  long: 'Compare ROOTCA values for given 2 pods to check the connectivity between them.',
  aliases: ['rc'],
  example: `  # Compare ROOTCA values for given 2 pods to check the connectivity between them.
  istioctl proxy-config rootca-compare <pod-name-1[.namespace]> <pod-name-2[.namespace]>`,
  async run(invocation) {
    const { args, flags, streams } = invocation
    if (args.length !== 2) {
      streams.stderr(`${invocation.usage()}\n`)
      throw new CommandError('rootca-compare requires 2 pods as an argument')
    }
    const roots = await withCluster(flags, ({ client, namespace }) =>
      Promise.all(
        args.map(async name => {
          const pod = await findPod(client, name, namespace)
          const dump = new ConfigDump(await askEnvoy(client, pod, 'GET', 'config_dump')).secrets()
          return { pod, root: rootOf(dump) }
        }),
      ),
    )
    const [first, second] = roots
    const names = roots.map(({ pod }) => `${pod.name}.${pod.namespace}`).join(' and ')
    if (first?.root !== second?.root)
      throw new CommandError(
        `both [${names}] have the non identical ROOTCA, theoretically the connectivity between them is unavailable`,
      )
    streams.stdout(
      `Both [${names}] have the identical ROOTCA, theoretically the connectivity between them is available\n`,
    )
    return 0
  },
}

const rootOf = (secrets: Json): string => {
  const list = secrets['dynamicActiveSecrets']
  const root = Array.isArray(list) ? list.find(({ name }) => name === 'ROOTCA') : undefined
  return JSON.stringify(root?.secret ?? '')
}

export const proxyConfig: Command = {
  use: 'proxy-config',
  short: 'Retrieve information about proxy configuration from Envoy [kube only]',
  long: 'A group of commands used to retrieve information about proxy configuration from the Envoy config dump',
  aliases: ['pc'],
  example: `  # Retrieve information about proxy configuration from an Envoy instance.
  istioctl proxy-config <clusters|listeners|routes|endpoints|ecds|bootstrap|log|secret> <pod-name[.namespace]>`,
  persistentFlags: [
    output('short'),
    { name: 'proxy-admin-port', type: 'int', default: '15000', usage: 'Envoy proxy admin port' },
  ],
  subcommands: [all, bootstrap, cluster, ecds, eds, endpoint, listener, log, rootcaCompare, route, secret],
}
