/** `istioctl experimental describe pod|service`: which objects of Istio's bear on a workload, in words. */
import type { ApiObject } from '../../../apiserver/api.ts'
import { servicePortProtocol } from '../../../istiod/translation/model/protocol.ts'
import { type Command, CommandError, type Streams } from '../../cli/command.ts'
import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import { parseMesh } from '../analyze/live.ts'
import { type Labels, selectorText, selects } from '../analyze/selectors.ts'
import { type ClusterContext, withCluster } from '../global-flags.ts'
import { splitName } from '../pods.ts'
import { ConfigDump } from '../proxy-config/dump.ts'
import { askEnvoy } from '../proxy-config/source.ts'
import { destinationRuleOf, type ObjectName, rbacPoliciesOf, virtualServiceOf } from './envoy-config.ts'
import {
  describeDestinationRule,
  describeVirtualService,
  nameOf,
  type Print,
  type Shown,
  subsetsOf,
} from './routes.ts'

const PROXY = 'istio-proxy'
const RESERVED_UID = 1337
const RULE = '--------------------'
const NOT_READY = 'THIS COMMAND IS UNDER ACTIVE DEVELOPMENT AND NOT READY FOR PRODUCTION USE.'
const REQUIREMENTS = 'https://istio.io/v1.32/docs/ops/deployment/application-requirements/'

interface Description {
  context: ClusterContext
  print: Print
  shown: Shown
  ignoreUnmeshed: boolean
}

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

const labelsOf = ({ metadata }: ApiObject): Labels => metadata.labels ?? {}
const selectorOf = ({ spec }: ApiObject): Labels => stringMap(objectOf(spec)['selector'])
const hasSelector = (service: ApiObject): boolean => Object.keys(selectorOf(service)).length > 0
const statusesOf = (pod: ApiObject, field: string): Json[] => objectsOf(objectOf(pod.status)[field])
const phaseOf = (pod: ApiObject): string => stringOf(objectOf(pod.status)['phase'])

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

async function dumpOf({ client }: ClusterContext, pod: ApiObject): Promise<ConfigDump> {
  return new ConfigDump(await askEnvoy(client, nameOf(pod), 'GET', 'config_dump'))
}

async function printServices(
  description: Description,
  pod: ApiObject,
  services: readonly ApiObject[],
  pods: readonly Labels[],
): Promise<void> {
  const { context, print, ignoreUnmeshed } = description
  let dump: ConfigDump
  try {
    dump = await dumpOf(context, pod)
  } catch (error) {
    if (ignoreUnmeshed) return
    throw error
  }
  for (const [row, service] of services.entries()) {
    if (row > 0) print(0, RULE)
    printService(service, pod, description)
    const ports = objectsOf(objectOf(service.spec)['ports']).map(({ port }) => numberOf(port))
    for (const port of ports) {
      if (ports.length > 1) print(0, `${port}:`)
      await printPort(description, dump, service, port, pods, ports.length > 1 ? 3 : 0)
      const policies = rbacPoliciesOf(dump)
      if (policies.length > 0)
        print(0, `${ports.length > 1 ? `${port} ` : ''}RBAC policies: ${policies.join(', ')}`)
    }
  }
}

async function printPort(
  description: Description,
  dump: ConfigDump,
  service: ApiObject,
  port: number,
  pods: readonly Labels[],
  level: number,
): Promise<void> {
  const { print, shown } = description
  const rule = await findNamed(
    description,
    'destinationrules',
    'destination rule',
    destinationRuleOf(dump, nameOf(service), port),
  )
  if (rule) describeDestinationRule(rule, pods, level, print, shown)
  const virtual = await findNamed(
    description,
    'virtualservices',
    'virtual service',
    virtualServiceOf(dump, nameOf(service), port),
  )
  const subsets = rule ? subsetsOf(rule, pods) : { fitting: [], others: [] }
  if (virtual)
    describeVirtualService(virtual, { service: nameOf(service), subsets, rule, shown }, level, print)
}

async function findNamed(
  { context, print }: Description,
  plural: string,
  words: string,
  wanted: ObjectName | undefined,
): Promise<ApiObject | undefined> {
  if (!wanted) return undefined
  const { name, namespace } = wanted
  const found = await context.client.find(
    `/apis/networking.istio.io/v1/namespaces/${namespace}/${plural}/${name}`,
  )
  if (!found) print(0, `WARNING: Proxy is stale; it references to non-existent ${words} ${name}.${namespace}`)
  return found
}

function printService(service: ApiObject, pod: ApiObject, { print, shown }: Description): void {
  print(0, `Service: ${shown(nameOf(service))}`)
  for (const port of objectsOf(objectOf(service.spec)['ports'])) {
    if (port['protocol'] !== 'TCP') continue
    const target = targetOf(port, pod)
    if (target === undefined) {
      print(3, `no suitable port for manifest: ${pod.metadata.uid}`)
      continue
    }
    print(
      3,
      `Port: ${stringOf(port['name'])} ${numberOf(port['port'])}/${protocolOf(port)} targets pod port ${target}`,
    )
  }
}

function targetOf({ targetPort, port }: Json, pod: ApiObject): number | undefined {
  if (typeof targetPort !== 'string') return numberOf(targetPort ?? port)
  const ports = objectsOf(objectOf(pod.spec)['containers']).flatMap(({ ports: own }) => objectsOf(own))
  const found = ports.find(({ name }) => name === targetPort)
  return found && numberOf(found['containerPort'])
}

function protocolOf({ name, port, protocol, appProtocol }: Json): string {
  if (stringOf(name) === '' && appProtocol === undefined) return 'auto-detect'
  const found = servicePortProtocol(
    numberOf(port),
    stringOf(name),
    stringOf(protocol),
    typeof appProtocol === 'string' ? appProtocol : undefined,
  )
  return found === 'Sniffed' ? 'UnsupportedProtocol' : found
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

/** Gateways through which the services are reached from outside. */
async function printIngress(
  description: Description,
  services: readonly ApiObject[],
  pods: readonly Labels[],
): Promise<void> {
  const { context, print, shown } = description
  const { client } = context
  const gatewayPods = await client.list(
    '/api/v1/pods?labelSelector=istio%3Dingressgateway&fieldSelector=status.phase%3DRunning',
  )
  const [first] = gatewayPods
  if (!first) {
    print(0, 'Skipping Gateway information (no ingress gateway pods)')
    return
  }
  const namespace = first.metadata.namespace ?? ''
  const all = await client.list(`/api/v1/namespaces/${namespace}/services`)
  const exposing = all.filter(
    service => hasSelector(service) && gatewayPods.some(pod => selects(selectorOf(service), labelsOf(pod))),
  )
  if (exposing.length === 0) print(0, 'Skipping Gateway information (no ingress gateway service)')
  const dump = await dumpOf(context, first)
  const seen = new Set<string>()
  for (const service of services)
    for (const { port } of objectsOf(objectOf(service.spec)['ports'])) {
      const rule = await findNamed(
        description,
        'destinationrules',
        'destination rule',
        destinationRuleOf(dump, nameOf(service), numberOf(port)),
      )
      const virtual = await findNamed(
        description,
        'virtualservices',
        'virtual service',
        virtualServiceOf(dump, nameOf(service), numberOf(port)),
      )
      if (!virtual) continue
      const subsets = rule ? subsetsOf(rule, pods) : { fitting: [], others: [] }
      for (const gateway of await gatewaysOf(description, virtual, seen)) {
        const selector = stringMap(objectOf(gateway.spec)['selector'])
        if (!gatewayPods.some(pod => selects(selector, labelsOf(pod)))) continue
        print(0, RULE)
        for (const one of exposing) printExposure(one, first, print)
        describeVirtualService(virtual, { service: nameOf(service), subsets, rule, shown }, 0, print)
      }
    }
}

async function gatewaysOf(
  { context, print }: Description,
  virtual: ApiObject,
  seen: Set<string>,
): Promise<ApiObject[]> {
  const names = objectOf(virtual.spec)['gateways']
  const found: ApiObject[] = []
  for (const text of Array.isArray(names) ? names.map(String) : []) {
    if (text === '' || text === 'mesh') continue
    const [namespace = '', name = ''] = text.includes('/')
      ? text.split('/')
      : [virtual.metadata.namespace ?? '', text]
    if (seen.has(`${namespace}/${name}`)) continue
    const gateway = await context.client.find(
      `/apis/networking.istio.io/v1/namespaces/${namespace}/gateways/${name}`,
    )
    if (!gateway)
      print(0, `WARNING: Proxy is stale; it references to non-existent gateway ${namespace}/${name}`)
    else {
      seen.add(`${namespace}/${name}`)
      found.push(gateway)
    }
  }
  return found
}

function printExposure(service: ApiObject, pod: ApiObject, print: Print): void {
  const ingress = objectsOf(objectOf(objectOf(service.status)['loadBalancer'])['ingress'])
  const address = stringOf(ingress[0]?.['ip']) || stringOf(objectOf(pod.status)['hostIP']) || 'unknown'
  for (const { name, port, protocol } of objectsOf(objectOf(service.spec)['ports']))
    if (protocol === 'TCP' && (name === 'http' || name === 'http2'))
      print(0, `Exposed on Ingress Gateway http://${address}${port === 80 ? '' : `:${numberOf(port)}`}`)
}
