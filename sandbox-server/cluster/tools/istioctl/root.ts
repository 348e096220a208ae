/** istioctl's tree of commands; those that make no sense in a sandbox of one cluster say so. */
import { type Command, CommandError } from '../cli/command.ts'
import { analyze } from './analyze/command.ts'
import { describe } from './describe/command.ts'
import { GLOBAL_FLAGS } from './global-flags.ts'
import { install, uninstall } from './install/install.ts'
import { dashboard, manifest, profile, upgrade } from './installation.ts'
import { kubeInject } from './kube-inject.ts'
import { proxyConfig } from './proxy-config/commands.ts'
import { proxyStatus } from './proxy-status.ts'
import { validate } from './validate.ts'
import { version } from './version.ts'

/** A command of the real one that this one does not have. */
const absent = (use: string, short: string, why = 'this istioctl does not do that'): Command => ({
  use,
  short,
  run() {
    throw new CommandError(
      `${use.split(' ')[0]}: ${why}; https://istio.io/latest/docs/reference/commands/istioctl tells what it does elsewhere.`,
    )
  },
})

const ONE_CLUSTER = 'there is one cluster here'
const NO_AMBIENT = 'this mesh has sidecars; there are no waypoints and no ztunnel'

const experimental: Command = {
  use: 'experimental',
  short: 'Experimental commands that may be modified or deprecated',
  aliases: ['x', 'exp'],
  subcommands: [
    absent('authz', 'Inspect Istio AuthorizationPolicy'),
    absent(
      'check-inject',
      'Check the injection status or inject-ability of a given resource, explains why it is (or will be) injected or not',
    ),
    absent('config', 'Configure istioctl defaults'),
    describe,
    absent(
      'envoy-stats',
      'Retrieves Envoy metrics in the specified pod',
      'ask the proxy: kubectl exec POD -c istio-proxy -- pilot-agent request GET stats',
    ),
    absent('injector', 'List sidecar injector and sidecar versions'),
    absent('internal-debug', 'Retrieves the debug information of istio'),
    absent(
      'metrics',
      'Prints the metrics for the specified workload(s) when running in Kubernetes.',
      'there is no Prometheus here',
    ),
    absent('precheck', 'Check whether Istio can safely be installed or upgraded'),
    proxyStatus,
    version,
    absent(
      'workload',
      'Commands to assist in configuring and deploying workloads running on VMs and other non-Kubernetes environments',
    ),
  ],
}

const completion: Command = {
  use: 'completion',
  short: 'Generate the autocompletion script for the specified shell',
  run({ streams }) {
    streams.stdout(
      'complete -W "analyze dashboard experimental kube-inject proxy-config proxy-status validate version" istioctl\n',
    )
    return 0
  },
}

const help: Command = { use: 'help', short: 'Help about any command' }

const options: Command = { use: 'options', short: 'Displays istioctl global options', isTopic: true }

export const istioctl: Command = {
  use: 'istioctl',
  short: 'Istio control interface.',
  long: `Istio configuration command line utility for service operators to
debug and diagnose their Istio mesh.
`,
  persistentFlags: GLOBAL_FLAGS,
  subcommands: [
    absent('admin', 'Manage control plane (istiod) configuration'),
    analyze,
    absent('authz', '(authz is experimental. Use `istioctl experimental authz`)'),
    absent('bug-report', 'Cluster information and log capture support tool.'),
    completion,
    absent(
      'create-remote-secret',
      'Create a secret with credentials to allow Istio to access remote Kubernetes apiservers',
      ONE_CLUSTER,
    ),
    dashboard,
    experimental,
    help,
    install,
    kubeInject,
    manifest,
    options,
    profile,
    proxyConfig,
    proxyStatus,
    absent('remote-clusters', 'Lists the remote clusters each istiod instance is connected to.', ONE_CLUSTER),
    absent('tag', 'Command group used to interact with revision tags', 'there is one revision here'),
    uninstall,
    upgrade,
    validate,
    version,
    absent('waypoint', 'Manage waypoint configuration', NO_AMBIENT),
    absent('ztunnel-config', 'Update or retrieve current Ztunnel configuration.', NO_AMBIENT),
  ],
}
