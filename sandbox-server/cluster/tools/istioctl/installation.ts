/**
 * Commands that change or look into what this cluster brings along besides `install` and `uninstall`: they say what is
 * there, and refuse the rest in a sentence that names what does it here.
 */

import { PROFILES } from '../../istiod/installation/profile.ts'
import { ISTIO_VERSION } from '../../istiod/version.ts'
import { type Command, CommandError } from '../cli/command.ts'
import { INSTALL_FLAGS } from './install/install.ts'
import { profileNames } from './install/operator.ts'

const refuse = (why: string) => (): never => {
  throw new CommandError(why)
}

export const upgrade: Command = {
  use: 'upgrade',
  short: 'Upgrade Istio control plane in-place',
  hiddenFlags: ['namespace', 'istioNamespace'],
  flags: INSTALL_FLAGS,
  run: refuse(
    `nothing was changed: this cluster's Istio is ${ISTIO_VERSION}, and there is no other to upgrade to.`,
  ),
}

const profileList: Command = {
  use: 'list',
  short: 'Lists available Istio configuration profiles',
  run({ streams }) {
    streams.stdout('Istio configuration profiles:\n')
    for (const name of profileNames()) streams.stdout(`    ${name}\n`)
    return 0
  },
}

const profileDump: Command = {
  use: 'dump [<profile>]',
  short: 'Dumps an Istio configuration profile',
  run({ args, streams }) {
    const [wanted = 'default'] = args
    const name = profileNames().find(profile => profile === wanted)
    if (name === undefined)
      throw new CommandError(`unknown profile: ${wanted}; there are ${profileNames().join(', ')}`)
    const { ingressGateway, egressGateway, mesh } = PROFILES[name]
    const lines = [
      'apiVersion: install.istio.io/v1alpha1',
      'kind: IstioOperator',
      'spec:',
      '  components:',
      '    base:',
      '      enabled: true',
      '    egressGateways:',
      `    - enabled: ${egressGateway}`,
      '      name: istio-egressgateway',
      '    ingressGateways:',
      `    - enabled: ${ingressGateway}`,
      '      name: istio-ingressgateway',
      '    pilot:',
      '      enabled: true',
      ...(mesh.length > 0 ? ['  meshConfig:', ...mesh.map(line => `    ${line}`)] : []),
      `  profile: ${name}`,
    ]
    streams.stdout(`${lines.join('\n')}\n`)
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
    flags: INSTALL_FLAGS,
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
