/** `istioctl install` and `uninstall`: the objects of this cluster's Istio, written and removed through the API. */
import type { NewObject } from '../../../apiserver/api.ts'
import { installation } from '../../../istiod/installation/index.ts'
import { ISTIO_VERSION } from '../../../istiod/version.ts'
import { type Command, CommandError, type Streams } from '../../cli/command.ts'
import type { Flag } from '../../cli/flags.ts'
import { withCluster } from '../global-flags.ts'
import { applyObject, installedObjects, nameOf, prune, removeObject, waitForDeployment } from './apply.ts'
import { wantedInstallation } from './operator.ts'

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
export const INSTALL_FLAGS: readonly Flag[] = [SET, YES, FILES, REVISION]

/** Components in the order their lines appear. */
const COMPONENTS: readonly { component: string; title: string }[] = [
  { component: 'Base', title: 'Istio core installed ⛵️' },
  { component: 'Pilot', title: 'Istiod installed 🧠' },
  { component: 'EgressGateways', title: 'Egress gateways installed 🛫' },
  { component: 'IngressGateways', title: 'Ingress gateways installed 🛬' },
]
const COMPONENT = 'operator.istio.io/component'
const ONE_REVISION = (revision: string) =>
  `revision ${JSON.stringify(revision)} is not to be had here: this cluster has one control plane, of revision "default"`

/** Asks until it is told yes or no; the end of input is no. */
function confirm({ stdout, readLine }: Streams, question: string): boolean {
  for (;;) {
    stdout(`${question} `)
    const answer = readLine()
    if (answer === undefined) return false
    if (/^y(es)?$/i.test(answer.trim())) return true
    if (/^(no?)?$/i.test(answer.trim())) return false
  }
}

function cancelled({ stderr }: Streams): number {
  stderr('Cancelled.\n')
  return 1
}

export const install: Command = {
  use: 'install',
  short: 'Applies an Istio manifest, installing or reconfiguring Istio on a cluster.',
  long: 'The install command generates an Istio install manifest and applies it to a cluster.',
  example: `  # Apply a default Istio installation
  istioctl install

  # Generate the demo profile and don't wait for confirmation
  istioctl install --set profile=demo --skip-confirmation

  # Refuse traffic to hosts that the mesh does not know
  istioctl install --set profile=demo --set meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY`,
  aliases: ['apply'],
  hiddenFlags: ['namespace', 'istioNamespace'],
  flags: INSTALL_FLAGS,
  async run({ flags, streams }) {
    const revision = flags.string('revision')
    if (revision !== '' && revision !== 'default') throw new CommandError(ONE_REVISION(revision))
    const { profile, customization } = wantedInstallation({
      files: flags.list('filename'),
      sets: flags.list('set'),
      stdin: streams.stdin,
    })
    const question = `This will install the Istio ${ISTIO_VERSION} profile ${JSON.stringify(profile)} into the cluster. Proceed? (y/N)`
    if (!flags.bool('skip-confirmation') && !confirm(streams, question)) return cancelled(streams)
    const objects = installation(profile, customization)
    await withCluster(flags, async ({ client }) => {
      for (const object of objects) await applyObject(client, object)
      for (const { component, title } of COMPONENTS) {
        const own = objects.filter(object => object.metadata.labels?.[COMPONENT] === component)
        if (own.length === 0 && component !== 'Base') continue
        for (const deployment of own.filter(isDeployment)) await waitForDeployment(client, deployment)
        streams.stdout(`✔ ${title}\n`)
      }
      await prune(client, objects)
    })
    streams.stdout('✔ Installation complete\n')
    return 0
  },
}

const isDeployment = ({ kind }: NewObject): boolean => kind === 'Deployment'

export const uninstall: Command = {
  use: 'uninstall',
  short: 'Uninstall Istio from a cluster',
  long: 'The uninstall command uninstalls Istio from a cluster',
  example: `  # Uninstall a single control plane by revision
  istioctl uninstall --revision default

  # Uninstall all control planes and shared resources
  istioctl uninstall --purge`,
  flags: [
    { name: 'purge', type: 'bool', usage: 'Delete all Istio related sources for all versions' },
    ...INSTALL_FLAGS,
  ],
  async run({ flags, streams, args }) {
    const revision = flags.string('revision')
    const isPurge = flags.bool('purge')
    if (revision === '' && flags.list('filename').length === 0 && !isPurge) {
      throw new CommandError(
        'at least one of the --revision (or --set revision=<revision>), --filename or --purge flags must be set',
      )
    }
    if (args.length > 0) throw new CommandError('istioctl uninstall does not take arguments')
    if (revision !== '' && revision !== 'default') throw new CommandError('could not find target revision')
    return withCluster(flags, async ({ client }) => {
      const objects = await installedObjects(client)
      if (objects.length === 0)
        streams.stdout(
          'No resources will be pruned from the cluster. Please double check the input configs\n',
        )
      const gateways = objects.filter(
        ({ kind, metadata }) => kind === 'Deployment' && /gateway/.test(metadata.name ?? ''),
      )
      const warning = isPurge
        ? 'All Istio resources will be pruned from the cluster\n'
        : gateways.length > 0
          ? `You are about to remove the following gateways: ${gateways.map(({ metadata }) => metadata.name).join(', ')}. To avoid downtime, please quit this command and reinstall the gateway(s) with a revision that is not being removed from the cluster.\n`
          : ''
      streams.stdout(warning)
      if (warning !== '' && !flags.bool('skip-confirmation') && !confirm(streams, 'Proceed? (y/N)'))
        return cancelled(streams)
      for (const object of objects) {
        await removeObject(client, object)
        streams.stdout(`  Removed ${nameOf(object)}\n`)
      }
      streams.stdout('✔ Uninstall complete\n')
      return 0
    })
  },
}
