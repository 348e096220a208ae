/** The one connection of a page to `/ws/mesh`, and what it has told: shared by the graph and the requests. */

import type {
  MeshEdge,
  MeshNode,
  MeshRequest,
  MeshServerMessage,
  OpenedRequest,
  Topology,
  TrafficSecond,
} from '../../../sandbox-server/protocol/mesh.ts'
import { KEPT_SECONDS } from '../../../sandbox-server/protocol/mesh-counts.ts'
import { type FeatureSocket, openFeatureSocket } from '../connection/feature-socket.ts'
import { thisPage } from '../workspace/page.ts'

/** As many as the server keeps. */
const KEPT_REQUESTS = 4_000
const TYPES = new Set<unknown>([
  'topology',
  'traffic',
  'opened',
  'error',
] satisfies MeshServerMessage['type'][])

const isMeshMessage = (value: unknown): value is MeshServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

export class MeshFeed {
  /** Oldest first. */
  topologies: Topology[] = []
  readonly edges = new Map<number, MeshEdge>()
  /** By second since the epoch. */
  readonly seconds = new Map<number, TrafficSecond>()
  /** Oldest first. */
  requests: MeshRequest[] = []
  seen = 0
  kept = 0
  connected = false
  /** Milliseconds to add to this machine's clock to get the server's. */
  #aheadMs = 0
  readonly #listeners = new Set<() => void>()
  readonly #trafficListeners = new Set<(seconds: readonly TrafficSecond[]) => void>()
  readonly #opening = new Map<number, (opened: OpenedRequest) => void>()
  readonly #socket: FeatureSocket

  constructor(open: typeof openFeatureSocket = openFeatureSocket) {
    this.#socket = open<MeshServerMessage>({
      path: '/ws/mesh',
      query: () => ({ lang: thisPage().language }),
      isMessage: isMeshMessage,
      onMessage: message => this.hear(message),
      onState: state => {
        this.connected = state.name === 'open'
        this.#tell()
      },
    })
  }

  get topology(): Topology | undefined {
    return this.topologies.at(-1)
  }

  /** The one in force at a second since the epoch. */
  topologyAt(second: number): Topology | undefined {
    return this.topologies.findLast(one => one.at <= (second + 1) * 1000) ?? this.topologies[0]
  }

  /** The server's clock, seconds since the epoch. */
  now(): number {
    return Math.floor((Date.now() + this.#aheadMs) / 1000)
  }

  node(id: string): MeshNode | undefined {
    for (let index = this.topologies.length - 1; index >= 0; index--) {
      const found = this.topologies[index]?.nodes.find(node => node.id === id)
      if (found) return found
    }
    return undefined
  }

  /** Calls on every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls with seconds as they arrive, not with what was kept from before. */
  onTraffic(listener: (seconds: readonly TrafficSecond[]) => void): () => void {
    this.#trafficListeners.add(listener)
    return () => this.#trafficListeners.delete(listener)
  }

  /** Its path and why it went there; rejects when there is no connection. */
  open(id: number): Promise<OpenedRequest> {
    return new Promise((resolve, reject) => {
      this.#opening.set(id, resolve)
      if (!this.#socket.send({ type: 'open', id })) reject(new Error('there is no connection to the server'))
    })
  }

  hear(message: MeshServerMessage): void {
    switch (message.type) {
      case 'topology':
        this.#addTopology(message)
        break
      case 'traffic':
        this.#addTraffic(message)
        break
      case 'opened':
        this.#opening.get(message.id)?.(message)
        this.#opening.delete(message.id)
        return
      case 'error':
        console.error(message.message)
        return
    }
    this.#tell()
  }

  #addTopology(topology: Topology): void {
    if (this.topologies.some(one => one.at === topology.at)) return
    this.topologies = [...this.topologies, topology].sort((a, b) => a.at - b.at).slice(-60)
  }

  #addTraffic(message: Extract<MeshServerMessage, { type: 'traffic' }>): void {
    this.#aheadMs = message.now - Date.now()
    if (message.fresh) {
      this.edges.clear()
      this.seconds.clear()
      this.requests = []
    }
    for (const edge of message.edges) this.edges.set(edge.id, edge)
    for (const second of message.seconds) this.seconds.set(second.at, second)
    const oldest = this.now() - KEPT_SECONDS
    for (const at of this.seconds.keys()) if (at <= oldest) this.seconds.delete(at)
    this.requests = [...this.requests, ...message.requests].slice(-KEPT_REQUESTS)
    this.seen = message.seen
    this.kept = message.kept
    if (!message.fresh) for (const listener of this.#trafficListeners) listener(message.seconds)
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

let feed: MeshFeed | undefined
/** Connects when first asked for. */
export const theMesh = (): MeshFeed => (feed ??= new MeshFeed())
