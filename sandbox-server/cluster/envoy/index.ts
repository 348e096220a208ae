/**
 * The data plane and the server side of istiod, wired: one Envoy, its discovery server, and the runtime that the kubelet
 * starts sidecars and gateways with.
 */
import { join } from 'node:path'
import type { Api, ApiObject } from '../apiserver/api.ts'
import { type CertificateAuthority, openCertificateAuthority } from '../istiod/discovery/ca/authority.ts'
import { type Discovery, startDiscovery, type Translation } from '../istiod/discovery/discovery.ts'
import { secretSource } from '../istiod/discovery/secrets.ts'
import type { AsyncDisposable, Clock } from '../lifecycle.ts'
import type { PodNetwork } from '../network/contract.ts'
import type { PodSecret } from './admin/config-dump.ts'
import type { SidecarRuntime } from './contract.ts'
import { objectOf, stringOf } from './multiplex/json.ts'
import { startSharedEnvoy } from './shared-envoy.ts'
import { createSidecarRuntime, type EnvoySidecars } from './sidecar-runtime.ts'

export interface MeshOptions<Mesh> {
  api: Api
  network: PodNetwork
  clock: Clock
  translation: Translation<Mesh>
  /** Envoy's executable. */
  envoyPath: string
  /** Short-lived sockets of this cluster; a short path. */
  runDir: string
  /** Kept: the certificate authority. */
  stateDir: string
  /** Shared by clusters: what was read out of Envoy's executable. */
  cacheDir: string
  /** PEM of the authorities outside the mesh that proxies trust; the mesh's own when absent. */
  publicRoots?: string
  /** Cluster DNS as this process's network namespace reaches it. */
  dnsAddress?: string
  /** Lines for the operator. */
  onWarning(line: string): void
}

export interface Mesh extends AsyncDisposable {
  sidecars: SidecarRuntime
  discovery: Discovery
  ca: CertificateAuthority
  /** Of the running Envoy; undefined while it is being started again. */
  readonly envoyPid: number | undefined
}

const RENEWAL_MS = 3_600_000

/** Starts Envoy and watches the cluster; resolves before Envoy is up, a sidecar's `ready` tells that. */
export async function startMesh<M>(options: MeshOptions<M>): Promise<Mesh> {
  const { api, clock, network, onWarning, runDir } = options
  const ca = openCertificateAuthority(join(options.stateDir, 'istio-ca'), () => clock.now())
  let discovery: Discovery | undefined
  let sidecars: EnvoySidecars | undefined
  const envoy = await startSharedEnvoy({
    envoyPath: options.envoyPath,
    runDir,
    cacheDir: options.cacheDir,
    clock,
    dnsAddress: options.dnsAddress,
    secretSource: secretSource(
      ca,
      (namespace, name) => discovery?.find('secret', namespace, name),
      options.publicRoots,
    ),
    onAccessLog: (id, line) => sidecars?.log(id, line),
    onWarning,
  })
  const started = startDiscovery({ api, translation: options.translation, clock, envoy, onWarning })
  discovery = started
  sidecars = createSidecarRuntime({
    discovery,
    envoy,
    network,
    runDir: join(runDir, 'pods'),
    clock,
    secretsOf: pod => certificatesOf(pod, ca),
  })
  let renewal = clock.after(RENEWAL_MS, renew)
  function renew(): void {
    // The authority issues anew what is past half of its life; everything else stays as it is.
    envoy.refreshSecrets()
    renewal = clock.after(RENEWAL_MS, renew)
  }
  return {
    sidecars,
    discovery,
    ca,
    get envoyPid() {
      return envoy.pid
    },
    async dispose() {
      renewal.dispose()
      started.dispose()
      await envoy.dispose()
    },
  }
}

function certificatesOf(pod: ApiObject, ca: CertificateAuthority): PodSecret[] {
  const { namespace = 'default' } = pod.metadata
  const account = stringOf(objectOf(pod.spec).serviceAccountName) || 'default'
  const { certChain, root } = ca.issue(`spiffe://cluster.local/ns/${namespace}/sa/${account}`)
  return [
    { name: 'default', certificateChain: certChain },
    { name: 'ROOTCA', trustedCa: root },
  ]
}
