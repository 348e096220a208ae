/**
 * The objects and proxies of the learner's namespaces, live: who is there, and what each proxy has been told. Other
 * namespaces are looked into when they have proxies and the cluster is the learner's alone.
 */
import type { MeshNode, Topology } from '../../protocol/mesh.ts'
import { hasSidecar, PROXY_CONTAINER } from '../checks/access-log-follower.ts'
import type { ClusterView } from '../checks/cluster-view.ts'
import type { KubeClient } from '../kube-client/client.ts'
import type { Collection } from '../kube-client/collection.ts'
import { type KubeObject, pods, textAt } from '../kube-client/objects.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import { type Log, reasonOf } from '../log.ts'
import { isPodReady } from '../provisioning/readiness.ts'
import { Directory, type NamespaceObjects } from './directory.ts'
import { type ProxyRules, proxyRules } from './proxy-rules.ts'

/** As much of a sandbox's cluster as the mesh needs. */
export interface MeshCluster {
  readonly client: KubeClient
  readonly namespace: string
  /** Whether every namespace is the learner's. */
  readonly exclusive: boolean
  view(): Promise<ClusterView>
}

export interface MeshState {
  directory(): Directory
  topology(): Topology
  virtualServices(): readonly KubeObject[]
  /** Milliseconds since the epoch: when this VirtualService was seen to change last. */
  changedAt(virtualService: KubeObject): number
  /** Somebody began to watch. */
  watched(): void
}

export interface MeshStateOptions {
  cluster: MeshCluster
  clock: Clock
  log: Log
  /** Addresses of pods that were seen before. */
  known(): ReadonlyMap<string, string>
  isWatched(): boolean
  onChange(): void
}

/** Changes come in bursts; a second is what the page promises. */
const COALESCE_MS = 150
/** istiod pushes within 0.1 s as a rule; what it had not pushed by then is read once more. */
const READ_DELAYS_MS = [200, 1_500]
const LARGEST_DUMP_BYTES = 64 * 1024 * 1024
/** Parts of Kubernetes that no lesson is about. */
const NOT_THE_LEARNERS = /^(kube-|local-path-storage$)/

interface Watched {
  view: ClusterView
  services: Collection | undefined
  workloads: Collection | undefined
  destinationRules: Collection | undefined
  virtualServices: Collection | undefined
}

export async function openMeshState(options: MeshStateOptions): Promise<MeshState & Disposable> {
  const { cluster, clock, log } = options
  const disposables: Disposable[] = []
  const namespaces = new Map<string, Watched>()
  const opening = new Set<string>()
  const rules = new Map<string, ProxyRules>()
  const changes = new Map<string, { generation: unknown; atMs: number }>()
  let disposed = false
  let pending: Disposable | undefined
  let reading = false
  let readAgain = false
  let dirty = true
  let directory = new Directory([])

  const changed = () => {
    pending ??= clock.after(COALESCE_MS, () => {
      pending = undefined
      if (disposed) return
      noteChanges()
      directory = new Directory(objects(), options.known())
      options.onChange()
    })
  }

  async function enter(namespace: string, view: ClusterView): Promise<void> {
    const open = (name: string): Promise<Collection | undefined> =>
      view.collection(name).catch(() => undefined)
    const [services, workloads, destinationRules, virtualServices] = await Promise.all([
      open('services'),
      open('deployments.apps'),
      open('destinationrules.networking.istio.io'),
      open('virtualservices.networking.istio.io'),
    ])
    if (disposed) return
    const watched = { view, services, workloads, destinationRules, virtualServices }
    namespaces.set(namespace, watched)
    for (const collection of [view.pods, services, workloads, destinationRules, virtualServices])
      if (collection) disposables.push(collection.onChange(changed))
    disposables.push(view.onRoutingChange(readSoon))
    changed()
  }

  const own = await cluster.view()
  await enter(cluster.namespace, own)
  if (cluster.exclusive) lookAround()
  readSoon()

  /** Namespaces the learner made, and gateways. */
  function lookAround(): void {
    const everywhere = cluster.client.collection({ ref: pods })
    disposables.push(everywhere)
    const look = () => {
      for (const pod of everywhere.all()) {
        const namespace = pod.metadata.namespace ?? ''
        if (!hasSidecar(pod) || namespaces.has(namespace) || opening.has(namespace)) continue
        if (NOT_THE_LEARNERS.test(namespace)) continue
        opening.add(namespace)
        own
          .into(namespace)
          .then(view => enter(namespace, view))
          .catch(error => log.warn('cannot look into a namespace', { namespace, reason: reasonOf(error) }))
          .finally(() => opening.delete(namespace))
      }
    }
    disposables.push(everywhere.onChange(look))
    look()
  }

  const objects = (): NamespaceObjects[] =>
    [...namespaces].map(([namespace, { view, services, workloads, destinationRules }]) => ({
      namespace,
      pods: view.pods.all(),
      services: services?.all() ?? [],
      workloads: workloads?.all() ?? [],
      destinationRules: destinationRules?.all() ?? [],
    }))

  /** Of other namespaces, what takes part in the mesh. */
  const isOfInterest = (node: MeshNode): boolean => node.namespace === cluster.namespace || node.hasSidecar

  const virtualServices = (): KubeObject[] =>
    [...namespaces.values()].flatMap(one => [...(one.virtualServices?.all() ?? [])])

  function noteChanges(): void {
    for (const one of virtualServices()) {
      const uid = one.metadata.uid ?? one.metadata.name
      const { generation } = one.metadata
      const known = changes.get(uid)
      if (known?.generation === generation) continue
      const atMs = known ? clock.now() : Date.parse(textAt(one, 'metadata', 'creationTimestamp')) || 0
      changes.set(uid, { generation, atMs })
    }
  }

  function readSoon(): void {
    dirty = true
    if (!options.isWatched()) return
    for (const ms of READ_DELAYS_MS) disposables.push(clock.after(ms, () => void readProxies()))
  }

  /** One proxy after the other: they share a small machine with the learner. */
  async function readProxies(): Promise<void> {
    if (disposed) return
    if (reading) {
      readAgain = true
      return
    }
    reading = true
    dirty = false
    const found = new Map<string, ProxyRules>()
    for (const pod of onePerNode()) {
      const id = directory.idOf(pod)
      const read = await readProxy(pod, id)
      const kept = read ?? rules.get(id)
      if (kept) found.set(id, kept)
    }
    reading = false
    if (disposed) return
    rules.clear()
    for (const [id, one] of found) rules.set(id, one)
    options.onChange()
    if (readAgain) {
      readAgain = false
      void readProxies()
    }
  }

  function onePerNode(): KubeObject[] {
    const all = [...namespaces.values()].flatMap(({ view }) => [...view.pods.all()])
    const found = new Map<string, KubeObject>()
    for (const pod of all)
      if (hasSidecar(pod) && isPodReady(pod) && !found.has(directory.idOf(pod)))
        found.set(directory.idOf(pod), pod)
    return [...found.values()]
  }

  async function readProxy(pod: KubeObject, id: string): Promise<ProxyRules | undefined> {
    try {
      const command = ['pilot-agent', 'request', 'GET', 'config_dump']
      const result = await cluster.client.run(
        {
          namespace: pod.metadata.namespace ?? '',
          pod: pod.metadata.name,
          container: PROXY_CONTAINER,
          command,
        },
        { limitBytes: LARGEST_DUMP_BYTES },
      )
      return result.exitCode === 0 ? proxyRules(JSON.parse(result.stdout), id, directory) : undefined
    } catch {
      // The pod is just going away, or its proxy is not up yet; the next change asks again.
      return undefined
    }
  }

  return {
    directory: () => directory,
    topology: () => ({
      type: 'topology',
      at: clock.now(),
      namespace: cluster.namespace,
      nodes: [...directory.nodes.values()].filter(isOfInterest),
      rules: [...rules.values()].flatMap(one => one.rules),
      limits: [...rules.values()].flatMap(one => one.limits),
    }),
    virtualServices,
    changedAt: one => changes.get(one.metadata.uid ?? one.metadata.name)?.atMs ?? 0,
    watched() {
      if (dirty) readSoon()
    },
    dispose() {
      disposed = true
      pending?.dispose()
      for (const one of disposables.splice(0)) one.dispose()
    },
  }
}
