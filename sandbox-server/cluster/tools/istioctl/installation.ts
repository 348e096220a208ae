/**
 * Commands that install, change or look into what this cluster brings along: they say what is there, and refuse the
 * rest in a sentence that names what does it here.
 */
import { ISTIO_VERSION } from '../../istiod/version.ts'
import { type Command, CommandError } from '../cli/command.ts'
import type { Flag } from '../cli/flags.ts'
import { type ClusterContext, withCluster } from './global-flags.ts'

const SET: Flag = {
  name: 'set',
  short: 's',
  type: 'stringArray',
  usage: 'Override an IstioOperator value, e.g. to choose a profile (--set profile=demo).',
}
const YES: Flag = {
  name: 'skip-confirmation',
  short: 'y',
  type: 'bool',
  usage: 'The skipConfirmation determines whether the user is prompted for confirmation.',
}
const FILES: Flag = {
  name: 'filename',
  short: 'f',
  type: 'strings',
  usage: 'Path to file containing IstioOperator custom resource',
}
const REVISION: Flag = {
  name: 'revision',
  short: 'r',
  type: 'string',
  usage: 'Target control plane revision',
}

const PROFILES: Readonly<Record<string, string>> = {
  demo: 'istiod, istio-ingressgateway and istio-egressgateway, with access logs',
  default: 'istiod and istio-ingressgateway',
}

/** Which profile the gateways that are there belong to; undefined without Istio. */
async function installedProfile({ client, istioNamespace }: ClusterContext): Promise<string | undefined> {
  const names = (await client.list(`/apis/apps/v1/namespaces/${istioNamespace}/deployments`)).map(
    ({ metadata }) => metadata.name,
  )
  if (!names.includes('istiod')) return undefined
  return names.includes('istio-egressgateway') ? 'demo' : 'default'
}

const FIXED = 'the control plane belongs to this cluster and is neither installed nor removed from inside'

export const install: Command = {
  use: 'install',
  short: 'Applies an Istio manifest, installing or reconfiguring Istio on a cluster.',
  long: 'The install command generates an Istio install manifest and applies it to a cluster.',
  aliases: ['apply'],
  hiddenFlags: ['namespace', 'istioNamespace'],
  flags: [SET, YES, FILES, REVISION],
  async run({ flags, streams }) {
    const wanted = flags
      .list('set')
      .find(value => value.startsWith('profile='))
      ?.slice('profile='.length)
    const others = flags.list('set').filter(value => !value.startsWith('profile='))
    const profile = await withCluster(flags, installedProfile)
    if (profile === undefined)
      throw new CommandError(
        'there is no Istio in this cluster, and this istioctl does not install one: use the istioctl of an Istio release.',
      )
    if (wanted !== undefined && wanted !== profile)
      throw new CommandError(
        `Istio ${ISTIO_VERSION} is here with profile ${JSON.stringify(profile)}; ${FIXED}. Its profile is chosen where the cluster is started (demo or default).`,
      )
    if (others.length > 0 || flags.list('filename').length > 0)
      throw new CommandError(
        `Istio ${ISTIO_VERSION} is here already; ${FIXED}. For mesh configuration edit the ConfigMap: kubectl -n istio-system edit configmap istio`,
      )
    streams.stdout(
      `✔ Istio core installed ⛵️\n✔ Istiod installed 🧠\n${profile === 'demo' ? '✔ Egress gateways installed 🛫\n' : ''}✔ Ingress gateways installed 🛬\n✔ Installation complete\n`,
    )
    streams.stderr(
      `Nothing was changed: Istio ${ISTIO_VERSION} with profile ${JSON.stringify(profile)} has been here since the cluster was started.\n`,
    )
    return 0
  },
}

const refuse = (why: string) => (): never => {
  throw new CommandError(why)
}

export const uninstall: Command = {
  use: 'uninstall',
  short: 'Uninstall Istio from a cluster',
  long: 'The uninstall command uninstalls Istio from a cluster',
  flags: [
    { name: 'purge', type: 'bool', usage: 'Delete all Istio related sources for all versions' },
    YES,
    FILES,
    REVISION,
  ],
  run: refuse(
    `nothing was removed: ${FIXED}. To see a workload without a sidecar, label it sidecar.istio.io/inject=false and restart it.`,
  ),
}

export const upgrade: Command = {
  use: 'upgrade',
  short: 'Upgrade Istio control plane in-place',
  hiddenFlags: ['namespace', 'istioNamespace'],
  flags: [SET, YES, FILES, REVISION],
  run: refuse(`nothing was changed: ${FIXED}; its Istio is ${ISTIO_VERSION}.`),
}

const profileList: Command = {
  use: 'list',
  short: 'Lists available Istio configuration profiles',
  run({ streams }) {
    streams.stdout('Istio configuration profiles:\n')
    for (const name of Object.keys(PROFILES).sort()) streams.stdout(`    ${name}\n`)
    return 0
  },
}

const profileDump: Command = {
  use: 'dump [<profile>]',
  short: 'Dumps an Istio configuration profile',
  run({ args, streams }) {
    const [name = 'default'] = args
    const content = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined
    if (content === undefined)
      throw new CommandError(
        `unknown profile: ${name}; there are ${Object.keys(PROFILES).sort().join(' and ')}`,
      )
    streams.stdout(
      `# ${content}\napiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n  profile: ${name}\n`,
    )
    return 0
  },
}

export const profile: Command = {
  use: 'profile',
  short: 'Commands related to Istio configuration profiles',
  hidden: true,
  subcommands: [profileList, profileDump],
}

export const manifest: Command = {
  use: 'manifest',
  short: 'Commands related to Istio manifests',
  hiddenFlags: ['namespace', 'istioNamespace'],
  subcommands: ['generate', 'translate'].map(name => ({
    use: name,
    short: `${name === 'generate' ? 'Generates' : 'Translates'} an Istio install manifest`,
    flags: [SET, FILES],
    run: refuse(
      `this istioctl has no charts to ${name} manifests from: read what is installed with kubectl -n istio-system get all -o yaml`,
    ),
  })),
}

const GRAPH =
  'this sandbox has no Kiali, Grafana, Jaeger or Prometheus: the mesh graph beside your terminal shows who talks to whom, with which answers'

const dashboards = [
  'controlz',
  'envoy',
  'grafana',
  'istiod-debug',
  'jaeger',
  'kiali',
  'prometheus',
  'proxy',
  'skywalking',
  'zipkin',
]

export const dashboard: Command = {
  use: 'dashboard',
  short: 'Access to Istio web UIs',
  aliases: ['dash', 'd'],
  hiddenFlags: ['namespace', 'istioNamespace'],
  subcommands: dashboards.map(name => ({
    use: name,
    short: `Open ${name} web UI`,
    run: refuse(
      name === 'envoy' || name === 'proxy'
        ? 'a browser cannot reach the proxies here; ask one with: istioctl proxy-config all POD, or kubectl exec POD -c istio-proxy -- pilot-agent request GET help'
        : GRAPH,
    ),
  })),
}
