/**
 * One Envoy's stream of incremental aggregated discovery (ADS): it gets what changed and nothing else, in the order that
 * never leaves a route pointing at nothing: secrets, clusters, their endpoints, then listeners and routes, and what is
 * no longer needed last (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol, "Eventual consistency").
 */
import type { DeltaRequest, DeltaResponse } from './messages.ts'
import type { Suspect } from './quarantine.ts'
import {
  CLUSTER_TYPE,
  ENDPOINT_TYPE,
  LISTENER_TYPE,
  type ResourceTables,
  ROUTE_TYPE,
  SECRET_TYPE,
} from './resources.ts'
import { type Difference, Subscription } from './subscription.ts'

/** Told once for each resource that Envoy took (error undefined) or refused. */
export type AnswerHandler = (typeUrl: string, name: string, version: string, error?: string) => void

export interface DeltaStreamOptions {
  tables: ResourceTables
  send(response: DeltaResponse): void
  onAnswer: AnswerHandler
  /** One resource at a time, after an Envoy died of one of several. */
  careful?: boolean
}

const EMPTY_TABLE = new Map()
const WILDCARD_TYPES = new Set([CLUSTER_TYPE, LISTENER_TYPE])

export class DeltaStream {
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #send: (response: DeltaResponse) => void
  readonly #onAnswer: AnswerHandler
  readonly #careful: boolean
  #tables: ResourceTables
  #nonce = 0

  constructor(options: DeltaStreamOptions) {
    this.#tables = options.tables
    this.#send = options.send
    this.#onAnswer = options.onAnswer
    this.#careful = options.careful ?? false
  }

  /** New contents; Envoy is sent the difference as far as the order allows it now, the rest as it answers. */
  publish(tables: ResourceTables): void {
    this.#tables = tables
    this.#advance()
  }

  receive(request: DeltaRequest): void {
    let subscription = this.#subscriptions.get(request.typeUrl)
    const isFirst = subscription === undefined
    if (!subscription) {
      subscription = new Subscription(request.initialVersions, this.#careful)
      this.#subscriptions.set(request.typeUrl, subscription)
    }
    subscription.subscribe(request.subscribe, isFirst && WILDCARD_TYPES.has(request.typeUrl))
    subscription.unsubscribe(request.unsubscribe)
    if (request.nonce !== '') this.#answered(subscription, request)
    this.#advance(isFirst ? request.typeUrl : undefined)
  }

  /** What Envoy was sent and has not answered: the suspects, should it die now. */
  suspects(): Suspect[] {
    return [...this.#subscriptions].flatMap(([typeUrl, subscription]) =>
      [...subscription.outstanding].map(([name, version]) => ({ typeUrl, name, version })),
    )
  }

  #answered(subscription: Subscription, request: DeltaRequest): void {
    for (const [name, version] of subscription.answered(request.nonce, request.error !== undefined)) {
      this.#onAnswer(request.typeUrl, name, version, request.error)
    }
  }

  /** `mustAnswer`: a first request is answered even with nothing, since Envoy's start waits for it. */
  #advance(mustAnswer?: string): void {
    this.#sendChanged(SECRET_TYPE, mustAnswer)
    this.#sendChanged(CLUSTER_TYPE, mustAnswer)
    this.#sendChanged(ENDPOINT_TYPE, mustAnswer)
    if (this.#isBusy(CLUSTER_TYPE) || this.#isBusy(ENDPOINT_TYPE)) return
    this.#sendChanged(LISTENER_TYPE, mustAnswer)
    this.#sendChanged(ROUTE_TYPE, mustAnswer)
    if (this.#isBusy(LISTENER_TYPE) || this.#isBusy(ROUTE_TYPE)) return
    this.#sendRemoved(LISTENER_TYPE)
    if (!this.#isBusy(LISTENER_TYPE)) this.#sendRemoved(CLUSTER_TYPE)
  }

  #isBusy(typeUrl: string): boolean {
    return this.#subscriptions.get(typeUrl)?.isAwaitingAnswer ?? false
  }

  #sendChanged(typeUrl: string, mustAnswer?: string): void {
    const subscription = this.#subscriptions.get(typeUrl)
    if (!subscription || subscription.isAwaitingAnswer) return
    const table = this.#tables.get(typeUrl) ?? EMPTY_TABLE
    const changed = subscription.changed(table)
    const removed = WILDCARD_TYPES.has(typeUrl) ? [] : subscription.removed(table)
    if (changed.size === 0 && removed.length === 0 && mustAnswer !== typeUrl) return
    this.#respond(typeUrl, subscription, { changed, removed })
    if (typeUrl === CLUSTER_TYPE) this.#endpointsFollow(changed.keys())
  }

  /** A replaced cluster warms until its endpoints come again; Envoy does not ask for them a second time. */
  #endpointsFollow(clusters: Iterable<string>): void {
    const endpoints = this.#subscriptions.get(ENDPOINT_TYPE)
    for (const name of clusters) endpoints?.forget(name)
  }

  #sendRemoved(typeUrl: string): void {
    const subscription = this.#subscriptions.get(typeUrl)
    if (!subscription || subscription.isAwaitingAnswer) return
    const removed = subscription.removed(this.#tables.get(typeUrl) ?? EMPTY_TABLE)
    if (removed.length > 0) this.#respond(typeUrl, subscription, { changed: new Map(), removed })
  }

  #respond(typeUrl: string, subscription: Subscription, difference: Difference): void {
    const nonce = String(++this.#nonce)
    subscription.markSent(nonce, difference)
    const { changed, removed } = difference
    this.#send({ typeUrl, nonce, resources: changed, removed })
  }
}
