/** `istioctl experimental describe pod|service`: which objects of Istio's bear on a workload, in words. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { type Command, CommandError, type Streams } from '../../cli/command.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import { parseMesh } from '../analyze/live.ts'
import { selectorText, selects } from '../analyze/selectors.ts'
import { type ClusterContext, withCluster } from '../global-flags.ts'
import { splitName } from '../pods.ts'
import { ConfigDump } from '../proxy-config/dump.ts'
import { askEnvoy } from '../proxy-config/source.ts'
import {
  type Description,
  hasSelector,
  labelsOf,
  phaseOf,
  RULE,
  selectorOf,
  statusesOf,
} from './description.ts'
import { printIngress } from './ingress.ts'
import { nameOf } from './routes.ts'
import { printServices } from './services.ts'

const PROXY = 'istio-proxy'
const RESERVED_UID = 1337
const NOT_READY = 'THIS COMMAND IS UNDER ACTIVE DEVELOPMENT AND NOT READY FOR PRODUCTION USE.'
const REQUIREMENTS = 'https://istio.io/v1.32/docs/ops/deployment/application-requirements/'

const describePod: Command = {
  use: 'pod <pod-name>[.<namespace>]',
  short: 'Describe pods and their Istio configuration [kube-only]',
  long: `Analyzes pod, its Services, DestinationRules, and VirtualServices and reports
the configuration objects that affect that pod.

${NOT_READY}`,
  aliases: ['po'],
  example: `  # Pod query with inferred namespace (current context's namespace)
  istioctl experimental describe pod helloworld-v1-676yyy3y5r-d8hdl

  # Pod query with explicit namespace 
  istioctl experimental describe pod istio-eastwestgateway-7f4b4f44b-6zd95.istio-system
  or
  istioctl experimental describe pod istio-eastwestgateway-7f4b4f44b-6zd95 -n istio-system`,
  flags: [
    { name: 'ignoreUnmeshed', type: 'bool', usage: 'Suppress warnings for unmeshed pods' },
    { name: 'proxy-admin-port', type: 'int', default: '15000', usage: 'Envoy proxy admin port' },
  ],
  async run({ args, flags, streams }) {
    const [name] = args
    if (name === undefined || args.length > 1) throw new CommandError('expecting pod name')
    await withCluster(flags, async context => {
      const target = splitName(name, context.namespace)
      const description = describer(context, streams, flags.bool('ignoreUnmeshed'))
      const { client } = context
      const pod = await client.get(`/api/v1/namespaces/${target.namespace}/pods/${target.name}`)
      printPod(pod, description)
      const services = await client.list(`/api/v1/namespaces/${target.namespace}/services`)
      const own = services.filter(
        service => hasSelector(service) && selects(selectorOf(service), labelsOf(pod)),
      )
      const { print } = description
      if (own.length === 0 && !description.ignoreUnmeshed)
        print(
          0,
          `Warning: No Kubernetes Services select pod ${description.shown(nameOf(pod))} (see https://istio.io/docs/setup/kubernetes/additional-setup/requirements/ )`,
        )
      print(0, RULE)
      await printServices(description, pod, own, [labelsOf(pod)])
      print(0, RULE)
      await printPeerAuthentication(description, pod)
      await printIngress(description, own, [labelsOf(pod)])
    })
    return 0
  },
}

const describeService: Command = {
  use: 'service <svc-name>[.<namespace>]',
  short: 'Describe services and their Istio configuration [kube-only]',
  long: `Analyzes service, pods, DestinationRules, and VirtualServices and reports
the configuration objects that affect that service.

${NOT_READY}`,
  aliases: ['svc'],
  example: `  # Service query with inferred namespace (current context's namespace)
  istioctl experimental describe service productpage

  # Service query with explicit namespace
  istioctl experimental describe service istio-ingressgateway.istio-system
  or
  istioctl experimental describe service istio-ingressgateway -n istio-system`,
  flags: [
    { name: 'ignoreUnmeshed', type: 'bool', usage: 'Suppress warnings for unmeshed pods' },
    { name: 'proxy-admin-port', type: 'int', default: '15000', usage: 'Envoy proxy admin port' },
  ],
  async run(invocation) {
    const { args, flags, streams } = invocation
    const [name] = args
    if (name === undefined || args.length > 1) {
      streams.stderr(`${invocation.usage()}\n`)
      throw new CommandError('expecting service name')
    }
    await withCluster(flags, async context => {
      const target = splitName(name, context.namespace)
      const description = describer(context, streams, flags.bool('ignoreUnmeshed'))
      const { client } = context
      const service = await client.get(`/api/v1/namespaces/${target.namespace}/services/${target.name}`)
      const query = `labelSelector=${encodeURIComponent(selectorText(selectorOf(service)))}`
      const pods = hasSelector(service)
        ? await client.list(`/api/v1/namespaces/${target.namespace}/pods?${query}`)
        : []
      const meshed = pods.filter(pod => isMeshedAndReady(pod, description))
      const [first] = meshed
      if (!first) {
        const { print, shown } = description
        const who = JSON.stringify(shown(nameOf(service)))
        if (pods.length === 0) print(0, `Service ${who} has no pods.`)
        else {
          print(0, `Service ${who} has no Istio pods.  (${pods.length} pods in service).`)
          print(0, 'Use `istioctl kube-inject` or redeploy with Istio automatic sidecar injection.')
        }
        return
      }
      await printServices(description, first, [service], meshed.map(labelsOf))
      await printIngress(description, [service], meshed.map(labelsOf))
    })
    return 0
  },
}

export const describe: Command = {
  use: 'describe',
  short: 'Describe resource and related Istio configuration',
  aliases: ['des'],
  subcommands: [describePod, describeService],
}

const describer = (context: ClusterContext, { stdout }: Streams, ignoreUnmeshed: boolean): Description => ({
  context,
  ignoreUnmeshed,
  print: (level, text) => stdout(`${' '.repeat(level)}${text}\n`),
  shown: ({ name, namespace }) => (namespace === context.namespace ? name : `${name}.${namespace}`),
})

function printPod(pod: ApiObject, { print, shown, ignoreUnmeshed }: Description): void {
  const who = shown(nameOf(pod))
  const spec = objectOf(pod.spec)
  const containers = objectsOf(spec['containers'])
  const asUser = (holder: Json) => objectOf(holder['securityContext'])['runAsUser']
  for (const container of containers)
    if (container['name'] !== PROXY && asUser(container) === RESERVED_UID)
      print(0, 'WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.')
  print(0, `Pod: ${who}`)
  print(3, `Pod Revision: ${revisionOf(pod)}`)
  const ports = containers.flatMap(({ name, ports }) =>
    objectsOf(ports).map(({ containerPort, protocol }) => {
      const suffix = protocol === undefined || protocol === 'TCP' ? '' : `/${stringOf(protocol)}`
      return `${numberOf(containerPort)}${suffix} (${stringOf(name)})`
    }),
  )
  print(3, ports.length > 0 ? `Pod Ports: ${ports.join(', ')}` : 'Pod does not expose ports')
  if (phaseOf(pod) !== 'Running') {
    print(3, `Pod is not Running (${phaseOf(pod)})`)
    return
  }
  for (const { name, ready } of statusesOf(pod, 'containerStatuses'))
    if (ready !== true) print(0, `WARNING: Pod ${who} Container ${stringOf(name)} NOT READY`)
  for (const { name, ready } of statusesOf(pod, 'initContainerStatuses'))
    if (ready !== true) print(0, `WARNING: Pod ${who} Init Container ${stringOf(name)} NOT READY`)
  if (ignoreUnmeshed) return
  if (![...containers, ...objectsOf(spec['initContainers'])].some(({ name }) => name === PROXY)) {
    print(0, `WARNING: ${who} is not part of mesh; no Istio sidecar`)
    return
  }
  if (asUser(spec) === RESERVED_UID)
    print(3, 'WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.')
  const has = (...keys: string[]) => keys.some(key => labelsOf(pod)[key] !== undefined)
  if (!has('service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'))
    print(0, `Suggestion: add required service name label for Istio telemetry. See ${REQUIREMENTS}.`)
  if (!has('service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version'))
    print(0, `Suggestion: add required service revision label for Istio telemetry. See ${REQUIREMENTS}.`)
}

function revisionOf({ metadata }: ApiObject): string {
  const own = metadata.annotations?.['istio.io/rev']
  if (own !== undefined) return own
  try {
    return stringOf(
      objectOf(JSON.parse(metadata.annotations?.['sidecar.istio.io/status'] ?? '{}'))['revision'],
    )
  } catch {
    // Somebody else's annotation.
    return ''
  }
}

function isMeshedAndReady(pod: ApiObject, { print, shown }: Description): boolean {
  if (phaseOf(pod) !== 'Running') {
    print(3, `Pod is not Running (${phaseOf(pod)})`)
    return false
  }
  const statuses = [...statusesOf(pod, 'containerStatuses'), ...statusesOf(pod, 'initContainerStatuses')]
  const proxy = statuses.find(({ name }) => name === PROXY)
  if (!proxy) print(0, `Pod ${shown(nameOf(pod))}: no container ${JSON.stringify(PROXY)} in pod`)
  else if (proxy['ready'] !== true)
    print(0, `WARNING: Pod ${shown(nameOf(pod))} Container ${PROXY} NOT READY`)
  return proxy?.['ready'] === true
}

async function _dumpOf({ client }: ClusterContext, pod: ApiObject): Promise<ConfigDump> {
  return new ConfigDump(await askEnvoy(client, nameOf(pod), 'GET', 'config_dump'))
}

async function printPeerAuthentication({ context, print }: Description, pod: ApiObject): Promise<void> {
  const { client, istioNamespace } = context
  const map = await client.find(`/api/v1/namespaces/${istioNamespace}/configmaps/istio`)
  const root =
    stringOf(parseMesh(stringOf(objectOf(map?.['data'])['mesh']))['rootNamespace']) || istioNamespace
  const namespace = pod.metadata.namespace ?? ''
  const inNamespace = (name: string) =>
    client.list(`/apis/security.istio.io/v1/namespaces/${name}/peerauthentications`)
  const all = [...(await inNamespace(root)), ...(namespace === root ? [] : await inNamespace(namespace))]
  const matchLabels = ({ spec }: ApiObject) => stringMap(objectOf(objectOf(spec)['selector'])['matchLabels'])
  const applied = all.filter(policy => selects(matchLabels(policy), labelsOf(pod)))
  const isOwn = (policy: ApiObject) => Object.keys(matchLabels(policy)).length > 0
  const oldest = (fits: (policy: ApiObject) => boolean) =>
    applied
      .filter(fits)
      .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))[0]
  const workload = oldest(isOwn)
  const levels = [
    workload,
    oldest(policy => !isOwn(policy) && policy.metadata.namespace === namespace && namespace !== root),
    oldest(policy => !isOwn(policy) && policy.metadata.namespace === root),
  ]
  const modes = levels.map(policy => stringOf(objectOf(objectOf(policy?.spec)['mtls'])['mode']))
  print(0, 'Effective PeerAuthentication:')
  print(3, `Workload mTLS mode: ${modes.find(mode => mode !== '' && mode !== 'UNSET') ?? 'PERMISSIVE'}`)
  const ports = Object.entries(objectOf(objectOf(workload?.spec)['portLevelMtls']))
  if (ports.length > 0) print(3, 'Port Level mTLS mode:')
  for (const [port, { mode }] of ports.map(([port, setting]) => [port, objectOf(setting)] as const))
    print(6, `${port}: ${stringOf(mode)}`)
  if (applied.length === 0) return
  print(0, 'Applied PeerAuthentication:')
  print(3, applied.map(({ metadata }) => `${metadata.name}.${metadata.namespace}`).join(', '))
}
