/**
 * One learner's mesh: counts what the access logs tell, keeps it over a lost cluster, and tells whoever watches at most
 * once a second. Configuration is read from the proxies only while somebody watches.
 */
import type { MeshRequest, OpenedRequest, Topology, Traffic } from '../../protocol/mesh.ts'
import { KEPT_SECONDS } from '../../protocol/mesh-counts.ts'
import type { AccessLogEntry } from '../checks/access-log.ts'
import type { RequestHistory } from '../checks/request-history.ts'
import { type KubeObject, textAt } from '../kube-client/objects.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { Directory } from './directory.ts'
import { type MeshCluster, type MeshState, openMeshState } from './mesh-state.ts'
import { observe } from './observe.ts'
import { requestPath } from './request-path.ts'
import { RequestSample } from './request-sample.ts'
import { routeReason } from './route-reason.ts'
import { TrafficWindow } from './traffic-window.ts'

export interface LearnerMeshOptions {
  requests: RequestHistory
  clock: Clock
  log: Log
}

export interface MeshWatcher {
  topology(message: Topology): void
  traffic(message: Traffic): void
}

const TICK_MS = 1_000
/** Nothing in sight changes so often that fifteen minutes need more. */
const KEPT_TOPOLOGIES = 60

export class LearnerMesh implements Disposable {
  readonly #options: LearnerMeshOptions
  readonly #window = new TrafficWindow()
  readonly #sample = new RequestSample()
  readonly #watchers = new Set<MeshWatcher>()
  readonly #listening: Disposable
  #directory = new Directory([])
  #topologies: Topology[] = []
  #state: (MeshState & Disposable) | undefined
  #attached: AbortController | undefined
  #timer: Disposable | undefined

  constructor(options: LearnerMeshOptions) {
    this.#options = options
    this.#listening = options.requests.onLogEntry((entry, pod) => this.#read(entry, pod))
  }

  /** The cluster of now; undefined: it is gone for the time being. What was seen is kept. */
  follow(cluster: MeshCluster | undefined): void {
    this.#attached?.abort()
    this.#state?.dispose()
    this.#state = undefined
    if (!cluster) return
    const attached = new AbortController()
    this.#attached = attached
    openMeshState({
      cluster,
      clock: this.#options.clock,
      log: this.#options.log,
      known: () => this.#directory.addresses,
      isWatched: () => this.#watchers.size > 0,
      onChange: () => this.#changed(),
    }).then(
      state => {
        if (attached.signal.aborted) return state.dispose()
        this.#state = state
        this.#changed()
      },
      // The cluster was lost while it was looked at; the next one is followed when it is there.
      () => undefined,
    )
  }

  /** Tells everything that is kept, then what changes. */
  watch(watcher: MeshWatcher): Disposable {
    const wasWatched = this.#watchers.size > 0
    this.#flush()
    this.#watchers.add(watcher)
    for (const topology of this.#topologies) watcher.topology(topology)
    const now = this.#options.clock.now()
    watcher.traffic(this.#traffic(true, this.#window.edges, this.#window.all(now), this.#sample.all(), now))
    if (!wasWatched) this.#state?.watched()
    this.#tick()
    return { dispose: () => void this.#watchers.delete(watcher) }
  }

  /** Undefined when it is not kept any more. */
  open(id: number): Omit<OpenedRequest, 'type'> | undefined {
    const found = this.#sample.find(id)
    if (!found) return undefined
    const { span, spans } = found
    const sent = [span, ...spans].find(one => one.observation.side === 'client' && one.entry === span.entry)
    const reason =
      sent &&
      this.#state &&
      routeReason(
        {
          entry: sent.entry,
          labels: this.#directory.labelsOf(sent.observation.node),
          namespace: sent.observation.node.split('/')[0] ?? '',
          isGateway: this.#directory.nodes.get(sent.observation.node)?.kind === 'gateway',
        },
        this.#state.virtualServices(),
        one => this.#state?.changedAt(one) ?? 0,
      )
    return { id, spans: requestPath(spans), ...(reason ? { reason } : {}) }
  }

  dispose(): void {
    this.#listening.dispose()
    this.#attached?.abort()
    this.#state?.dispose()
    this.#timer?.dispose()
    this.#watchers.clear()
  }

  #read(entry: AccessLogEntry, pod: KubeObject): void {
    const now = this.#options.clock.now()
    const endedAt = entry.startedAt + entry.durationMs
    if (endedAt < now - KEPT_SECONDS * 1000) return
    const self = this.#directory.idOf(pod)
    for (const observation of observe(entry, self, textAt(pod, 'status', 'podIP'), this.#directory)) {
      const edge = this.#window.edge(observation.edge)
      if (observation.counts) this.#window.add(edge, endedAt, { ...entry, failed: observation.failed }, now)
      if (observation.secure !== undefined) this.#window.addSecurity(edge, endedAt, observation.secure, now)
      this.#sample.add({ entry, observation }, observation.counts ? edge.id : undefined, now)
    }
    this.#tick()
  }

  #changed(): void {
    const state = this.#state
    if (!state) return
    this.#directory = state.directory()
    const topology = state.topology()
    const last = this.#topologies.at(-1)
    if (last && JSON.stringify({ ...last, at: 0 }) === JSON.stringify({ ...topology, at: 0 })) return
    const forgotten = topology.at - KEPT_SECONDS * 1000
    const kept = this.#topologies.filter((one, index, all) => (all[index + 1]?.at ?? one.at) >= forgotten)
    this.#topologies = [...kept, topology].slice(-KEPT_TOPOLOGIES)
    for (const watcher of [...this.#watchers]) watcher.topology(topology)
  }

  /** A timer only while somebody watches. */
  #tick(): void {
    if (this.#watchers.size === 0 || this.#timer) return
    this.#timer = this.#options.clock.after(TICK_MS, () => {
      this.#timer = undefined
      this.#flush()
    })
  }

  #flush(): void {
    const now = this.#options.clock.now()
    const { edges, seconds } = this.#window.takeChanges(now)
    const requests = this.#sample.takeNew()
    if (seconds.length === 0 && requests.length === 0) return
    const message = this.#traffic(false, edges, seconds, requests, now)
    for (const watcher of [...this.#watchers]) watcher.traffic(message)
  }

  #traffic(
    fresh: boolean,
    edges: readonly Traffic['edges'][number][],
    seconds: Traffic['seconds'],
    requests: MeshRequest[],
    now: number,
  ): Traffic {
    const { seen, kept } = this.#sample
    return { type: 'traffic', fresh, now, edges: [...edges], seconds, requests, seen, kept }
  }
}
