/**
 * The program inside a cluster's namespaces: wires the parts of a Kubernetes with Istio and tells the door when the API
 * answers. Ends when the door does, whatever the reason.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Api, GroupResource, NewObject } from './apiserver/api.ts'
import { bootstrap } from './apiserver/bootstrap/bootstrap.ts'
import {
  ApiHandler,
  type ApiPartsOptions,
  Authenticator,
  adminKubeconfig,
  clusterCertificates,
  createRegistry,
  issueServerCertificate,
  listen,
  TokenIssuer,
} from './apiserver/index.ts'
import type { Kind } from './apiserver/kinds/kind.ts'
import { builtinConstraints } from './apiserver/kinds/securitycontextconstraints/index.ts'
import { startControllers } from './controllers/index.ts'
import { startDns } from './dns/index.ts'
import { kubeDns } from './dns/kube-dns.ts'
import type { FromInner, InnerConfig, ToInner } from './door/messages.ts'
import { startMesh } from './envoy/index.ts'
import { handleFaults } from './faults.ts'
import { collectAtRest, collectGarbage } from './garbage.ts'
import { imageResolver } from './images/index.ts'
import { istioCrds } from './istiod/crds/index.ts'
import { startIngressStatus } from './istiod/discovery/ingress-status.ts'
import { startServiceEntryAddresses } from './istiod/discovery/service-entry-addresses.ts'
import { synchronization } from './istiod/discovery/synchronization.ts'
import {
  injectorProxyValues,
  isInjectorInstalled,
  meshDefaultConfig,
  sidecarInjector,
} from './istiod/injection/index.ts'
import { installation } from './istiod/installation/index.ts'
import * as translation from './istiod/translation/index.ts'
import { configValidator } from './istiod/validation/index.ts'
import { startKubeProxy } from './kube-proxy/index.ts'
import { createKubelet } from './kubelet/index.ts'
import { systemClock } from './lifecycle.ts'
import { API_SERVER_IP, DNS_IP, NODE_IP } from './network/contract.ts'
import { createPodNetwork } from './network/index.ts'
import { startNetworkPolicies } from './network-policy/index.ts'
import { nodeObject } from './node.ts'
import { OUTSIDE_ADDRESSES, OUTSIDE_HOSTS, startOutside } from './outside/index.ts'
import { startRouter } from './router/index.ts'
import { Store } from './store/store.ts'

const NODE_NAME = 'meshdojo'
/** On the localhost of the user's programs, where the API servers of local clusters are. */
const SHELL_API_PORT = 6443
const TOKEN_SECONDS = 3607
const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'
/** What the pods of CoreDNS call their ports. */
const DNS_PORTS = [
  { name: 'dns', number: 53, protocol: 'UDP' },
  { name: 'dns-tcp', number: 53, protocol: 'TCP' },
]
const CONSTRAINTS: GroupResource = {
  group: 'security.openshift.io',
  resource: 'securitycontextconstraints',
}
const CRDS: GroupResource = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }

const tell = (message: FromInner) => process.send?.(message)
const warn = (line: string) => process.stderr.write(`${line}\n`)

async function start(config: InnerConfig): Promise<void> {
  const clock = systemClock
  mkdirSync(config.directory, { recursive: true })
  // The network's two programs run while certificates and objects are read.
  const settingUp = createPodNetwork({ outsideAddresses: OUTSIDE_ADDRESSES })
  const store = new Store({ path: join(config.directory, 'state.db') })
  const certificates = clusterCertificates(join(config.directory, 'pki'), clock.now())
  const registry = createRegistry({ store, clock })
  const { api } = registry
  registry.admit(
    sidecarInjector({
      meshProxyConfig: meshDefaultConfig(api),
      proxyValues: injectorProxyValues(api),
      isInstalled: () => isInjectorInstalled(api),
    }),
  )
  registry.admit(configValidator)
  bootstrap(registry, { caCertificate: certificates.ca.certificate })
  store.batch(() => {
    install(api, istioCrds(), () => CRDS)
    install(api, [nodeObject(NODE_NAME, NODE_IP, clock.now())], resourceOf)
    install(api, kubeDns(DNS_IP), resourceOf)
    install(api, builtinConstraints(), () => CONSTRAINTS)
    install(api, installation(config.profile), resourceOf)
  })
  const network = await settingUp
  const outside = await startOutside({ directory: config.directory, clock })

  const tokens = new TokenIssuer(certificates.serviceAccountKey)
  const authenticator = new Authenticator({ registry, tokens })
  const parts: ApiPartsOptions = { authenticator, tokens, caCertificate: certificates.ca.certificate }
  const handler = new ApiHandler(registry, parts)
  const apiSocket = join(config.runtimeDirectory, 'api.sock')
  await Promise.all([
    listen(handler, certificates, { host: API_SERVER_IP, port: 443 }),
    listen(handler, certificates, { path: apiSocket }),
  ])

  const started = Promise.withResolvers<void>()
  process.on('message', (message: ToInner) => {
    if (message.type === 'stop') void started.promise.then(stop)
    else void started.promise.then(() => prepareShell(message.namespace))
  })
  // Clients take a moment to come: meanwhile the rest starts, which reads what is there when it does.
  tell({
    type: 'ready',
    kubeconfig: adminKubeconfig({ server: 'https://127.0.0.1:0', certificates }),
    apiSocket,
  })

  const mesh = await startMesh({
    api,
    network,
    clock,
    translation,
    envoyPath: config.tools.envoy,
    runDir: join(config.runtimeDirectory, 'envoy'),
    stateDir: config.directory,
    cacheDir: config.cacheDirectory,
    dnsAddress: DNS_IP,
    publicRoots: outside.rootCertificate,
    onWarning: warn,
  })
  const controllers = startControllers(api, clock, {
    rootCaPem: certificates.ca.certificate,
    istioRootCaPem: mesh.ca.root,
    nodeName: NODE_NAME,
    served: [...registry.kinds()].filter(isStored).map(servedResource),
  })
  const serviceEntryAddresses = startServiceEntryAddresses(api, warn)
  const ingressStatus = startIngressStatus(api, warn)
  const proxy = startKubeProxy(api, network, { nodeIp: NODE_IP })
  const policies = startNetworkPolicies(api, network, {
    servers: [
      { address: DNS_IP, namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: DNS_PORTS },
    ],
    clock,
    report: error => warn(`network policies: ${error instanceof Error ? error.message : error}`),
  })
  const router = startRouter({
    api,
    clock,
    address: NODE_IP,
    certificate: names => issueServerCertificate(certificates.ca, names, clock.now()),
    report: warn,
  })
  const dns = await startDns({
    api,
    address: DNS_IP,
    port: 53,
    clusterDomain: 'cluster.local',
    outsideHosts: OUTSIDE_HOSTS,
    routedHost: name => router.resolve(name),
  })

  const kubelet = createKubelet({
    api,
    network,
    images: imageResolver({ syncz: () => synchronization(mesh.discovery.status()) }),
    sidecars: mesh.sidecars,
    dns: {
      resolve(host, namespace) {
        const address = dns.resolve(host, namespace)
        return address === undefined ? [] : [address]
      },
    },
    clock,
    directory: join(config.directory, 'kubelet'),
    nodeName: NODE_NAME,
    tools: { directory: config.tools.directory },
    trustDirectory: outside.trustDirectory,
    serviceAccountToken: (namespace, serviceAccount, audience) =>
      tokens.issue({
        namespace,
        name: serviceAccount,
        uid:
          api.get({ group: '', resource: 'serviceaccounts' }, namespace, serviceAccount)?.metadata.uid ?? '',
        audiences: [audience ?? DEFAULT_AUDIENCE],
        expirationSeconds: TOKEN_SECONDS,
        now: clock.now(),
      }),
    log: warn,
  })
  parts.kubelet = kubelet.kubeletApi
  started.resolve()
  const garbage = collectAtRest({ clock, collect: collectGarbage })

  /** A place in the pod network for a program of the user's. */
  async function prepareShell(namespace: string): Promise<void> {
    const address = network.allocate('shell')
    const [{ path }] = await Promise.all([
      network.namespaceOf(address),
      network.setAppPorts(address, [SHELL_API_PORT]),
      listen(handler, certificates, { host: address, port: SHELL_API_PORT }),
    ])
    const search = [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'].join(' ')
    tell({
      type: 'shell',
      network: path,
      trustDirectory: outside.trustDirectory,
      resolvConf: `nameserver ${DNS_IP}\nsearch ${search}\noptions ndots:5\n`,
      kubeconfig: adminKubeconfig({
        server: `https://127.0.0.1:${SHELL_API_PORT}`,
        certificates,
        namespace,
      }),
    })
  }

  async function stop(): Promise<void> {
    garbage.dispose()
    await kubelet.dispose()
    controllers.dispose()
    serviceEntryAddresses.dispose()
    ingressStatus.dispose()
    proxy.dispose()
    policies.dispose()
    await router.dispose()
    await outside.dispose()
    await mesh.dispose()
    store.close()
    process.exit(0)
  }
}

/** Built-in kinds with objects of their own: not those of CustomResourceDefinitions, nor views of another kind's. */
const isStored = (kind: Kind): boolean => !kind.custom && kind.storedAs === undefined

const servedResource = ({ group, plural, kind, namespaced }: Kind) => ({
  group,
  resource: plural,
  kind,
  namespaced,
})

/** Creates what is not there yet: a cluster that wakes has it all. */
function install(
  api: Api,
  objects: readonly NewObject[],
  resource: (object: NewObject) => GroupResource,
): void {
  for (const object of objects) {
    const { namespace, name = '' } = object.metadata
    if (api.get(resource(object), namespace, name) === undefined) api.create(resource(object), object)
  }
}

/** The collection of an object we wrote ourselves: all their plurals are regular. */
function resourceOf({ apiVersion, kind }: NewObject): GroupResource {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
  return { group, resource: `${kind.toLowerCase()}s` }
}

const FAULT_STATUS = 70
process.once('disconnect', () => process.exit(0))
handleFaults({ report: warn, end: () => process.exit(FAULT_STATUS) })
process.on('SIGTERM', () => process.exit(0))
try {
  await start(JSON.parse(process.argv[2] ?? '{}'))
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  // Exiting at once would lose the message on its way through the channel.
  process.send?.({ type: 'failed', message } satisfies FromInner, () => process.exit(1))
}
