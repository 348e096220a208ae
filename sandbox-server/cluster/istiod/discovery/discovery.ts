/**
 * istiod's server side: watches the cluster, waits until a burst of changes is over, translates for each proxy and hands the
 * result to the shared Envoy, which is sent what differs.
 */
import type { Api, ApiObject } from '../../apiserver/api.ts'
import type { ProxyShare } from '../../envoy/multiplex/proxy.ts'
import type { SharedEnvoy, TypeDelivery } from '../../envoy/shared-envoy.ts'
import type { Clock, Disposable } from '../../lifecycle.ts'
import type { MeshSnapshot, ProxyRef, ProxyResources } from '../translation/contract.ts'
import { AccessLogging } from './access-logging.ts'
import { MeshWatch } from './mesh-watch.ts'

/** The pure translation (`../translation`), in two steps so that what all proxies share is computed once. */
export interface Translation<Mesh> {
  buildMesh(snapshot: MeshSnapshot): Mesh
  translateWith(mesh: Mesh, proxy: ProxyRef): ProxyResources
}

/** A proxy that has connected. */
export interface ConnectedProxy {
  /** Short and unique while it lives. */
  id: string
  kind: 'sidecar' | 'router'
  pod: ApiObject
  podIp: string
  ports: { outbound: number; inbound: number }
}

/** One line of `istioctl proxy-status`. */
export interface ProxyStatus {
  pod: string
  namespace: string
  kind: ConnectedProxy['kind']
  /** Of the last push for it, in milliseconds since 1970; undefined before the first. */
  sentMs: number | undefined
  /** By type URL; a rejection carries Envoy's words. */
  types: ReadonlyMap<string, TypeDelivery>
}

export interface Discovery extends Disposable {
  connect(proxy: ConnectedProxy): void
  disconnect(id: string): void
  /** Closes a proxy's listeners until it connects anew. */
  drain(id: string, listeners: 'inbound' | 'all'): void
  /** What was sent last, under the names a real sidecar has. */
  resources(id: string): ProxyResources | undefined
  status(): ProxyStatus[]
  /** Called after each push with the ids of the proxies it was for. */
  onPush(listener: (ids: readonly string[]) => void): Disposable
  find(kind: 'secret', namespace: string, name: string): ApiObject | undefined
}

export interface DiscoveryOptions<Mesh> {
  api: Api
  translation: Translation<Mesh>
  clock: Clock
  envoy: SharedEnvoy
  /** Failures of a translation, for the operator. */
  onWarning(line: string): void
}

/** How long a push waits for the next change, and how long a steady stream of changes can put it off. */
interface Patience {
  quietMs: number
  maxWaitMs: number
}
/** After some rest: somebody has applied something and wants to see what it does. */
const RESTED: Patience = { quietMs: 2, maxWaitMs: 25 }
/** While one push follows another, as when workloads start: each is work for every proxy. istiod waits 100 ms always. */
const BUSY: Patience = { quietMs: 15, maxWaitMs: 100 }
/** A push this long ago is another story. */
const REST_MS = 200
const DEFAULT_SERVICE_ACCOUNT = 'default'

export function startDiscovery<Mesh>(options: DiscoveryOptions<Mesh>): Discovery {
  return new DiscoveryServer(options)
}

class DiscoveryServer<Mesh> implements Discovery {
  readonly #options: DiscoveryOptions<Mesh>
  readonly #watch: MeshWatch
  readonly #proxies = new Map<string, ConnectedProxy>()
  readonly #resources = new Map<string, ProxyResources>()
  readonly #sentMs = new Map<string, number>()
  readonly #listeners = new Set<(ids: readonly string[]) => void>()
  /** Proxies that have not been sent anything yet. */
  readonly #fresh = new Set<string>()
  #mesh: { built: Mesh; accessLogging: AccessLogging } | undefined
  readonly #draining = new Map<string, 'inbound' | 'all'>()
  #areSecretsStale = false
  #pushedMs = Number.NEGATIVE_INFINITY
  #push: { timer: Disposable; firstMs: number } | undefined

  constructor(options: DiscoveryOptions<Mesh>) {
    this.#options = options
    this.#watch = new MeshWatch(options.api, change => {
      if (change === 'secrets') this.#areSecretsStale = true
      else this.#mesh = undefined
      this.#schedule()
    })
  }

  connect(proxy: ConnectedProxy): void {
    this.#proxies.set(proxy.id, proxy)
    this.#fresh.add(proxy.id)
    this.#schedule()
  }

  drain(id: string, listeners: 'inbound' | 'all'): void {
    if (!this.#proxies.has(id) || this.#draining.get(id) === 'all') return
    this.#draining.set(id, listeners)
    this.#fresh.add(id)
    this.#schedule()
  }

  disconnect(id: string): void {
    this.#proxies.delete(id)
    this.#draining.delete(id)
    this.#fresh.delete(id)
    this.#resources.delete(id)
    this.#sentMs.delete(id)
    this.#options.envoy.remove([id])
  }

  resources(id: string): ProxyResources | undefined {
    return this.#resources.get(id)
  }

  status(): ProxyStatus[] {
    return [...this.#proxies.values()].map(({ id, pod, kind }) => ({
      pod: pod.metadata.name,
      namespace: namespaceOf(pod),
      kind,
      sentMs: this.#sentMs.get(id),
      types: this.#options.envoy.delivery(id),
    }))
  }

  onPush(listener: (ids: readonly string[]) => void): Disposable {
    this.#listeners.add(listener)
    return { dispose: () => void this.#listeners.delete(listener) }
  }

  find(_kind: 'secret', namespace: string, name: string): ApiObject | undefined {
    return this.#watch.secret(namespace, name)
  }

  #schedule(): void {
    const { clock } = this.#options
    const firstMs = this.#push?.firstMs ?? clock.now()
    const { quietMs, maxWaitMs } = firstMs - this.#pushedMs < REST_MS ? BUSY : RESTED
    const waitMs = Math.max(0, Math.min(quietMs, firstMs + maxWaitMs - clock.now()))
    this.#push?.timer.dispose()
    this.#push = { firstMs, timer: clock.after(waitMs, () => this.#pushNow()) }
  }

  #pushNow(): void {
    this.#push = undefined
    const isWholeMesh = this.#mesh === undefined
    const mesh = this.#currentMesh()
    const ids = mesh ? [...(isWholeMesh ? this.#proxies.keys() : this.#fresh)] : []
    const shares = mesh ? ids.flatMap(id => this.#share(id, mesh) ?? []) : []
    for (const { id } of shares) {
      this.#fresh.delete(id)
      this.#sentMs.set(id, this.#options.clock.now())
    }
    if (shares.length > 0) this.#options.envoy.set(shares)
    else if (this.#areSecretsStale) this.#options.envoy.refreshSecrets()
    this.#areSecretsStale = false
    this.#pushedMs = this.#options.clock.now()
    for (const listener of this.#listeners) listener(ids)
  }

  /** A translation that throws is a defect of ours: the proxies keep what they have, and the operator is told. */
  #currentMesh(): { built: Mesh; accessLogging: AccessLogging } | undefined {
    if (this.#mesh) return this.#mesh
    const snapshot = this.#watch.snapshot()
    try {
      const built = this.#options.translation.buildMesh(snapshot)
      this.#mesh = { built, accessLogging: new AccessLogging(snapshot.meshConfigYaml, snapshot.config) }
    } catch (error) {
      this.#options.onWarning(`istiod: the mesh cannot be computed: ${messageOf(error)}`)
    }
    return this.#mesh
  }

  #share(id: string, mesh: { built: Mesh; accessLogging: AccessLogging }): ProxyShare | undefined {
    const proxy = this.#proxies.get(id)
    if (!proxy) return undefined
    const namespace = namespaceOf(proxy.pod)
    const pod = this.#watch.pod(namespace, proxy.pod.metadata.name) ?? proxy.pod
    // The write that brings its address causes the next push.
    if (!hasAddress(pod)) return undefined
    try {
      const resources = this.#options.translation.translateWith(mesh.built, {
        namespace,
        pod: pod.metadata.name,
        locality: localityOf(proxy.pod),
      })
      this.#resources.set(id, resources)
      const { kind, podIp, ports } = proxy
      const identity = `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccountOf(pod)}`
      return {
        id,
        kind,
        podIp,
        ports,
        identity,
        namespace,
        accessLogs: mesh.accessLogging.of(pod),
        resources,
        draining: this.#draining.get(id),
      }
    } catch (error) {
      this.#options.onWarning(
        `istiod: ${pod.metadata.name}.${namespace} keeps its configuration: ${messageOf(error)}`,
      )
      return undefined
    }
  }

  dispose(): void {
    this.#push?.timer.dispose()
    this.#watch.dispose()
  }
}

const namespaceOf = (pod: ApiObject): string => pod.metadata.namespace ?? 'default'
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function serviceAccountOf(pod: ApiObject): string {
  const spec: object = typeof pod.spec === 'object' && pod.spec !== null ? pod.spec : {}
  const name: unknown = 'serviceAccountName' in spec ? spec.serviceAccountName : undefined
  return typeof name === 'string' && name !== '' ? name : DEFAULT_SERVICE_ACCOUNT
}

/** `region.zone.subzone` in a pod's label; the pod as it was when the proxy started, as with a real one. */
function localityOf({ metadata: { labels } }: ApiObject): string | undefined {
  return labels?.['istio-locality']?.replaceAll('.', '/')
}

const hasAddress = (pod: ApiObject): boolean =>
  typeof pod.status === 'object' && pod.status !== null && 'podIP' in pod.status && pod.status.podIP !== ''
