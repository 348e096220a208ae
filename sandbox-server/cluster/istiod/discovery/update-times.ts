/**
 * When each resource came to be as it is, for the `last_updated` of config dumps. A translation that gives a resource again
 * with the same content has not updated it.
 */
import type { EnvoyResource, ProxyResources } from '../translation/contract.ts'

export class UpdateTimes {
  readonly #sinceMs = new WeakMap<EnvoyResource, number>()

  /** Notes what a proxy is given at `nowMs`; `before` is what it had. */
  note(before: ProxyResources | undefined, after: ProxyResources, nowMs: number): void {
    this.#noteAll(before?.listeners, after.listeners, 'name', nowMs)
    this.#noteAll(before?.clusters, after.clusters, 'name', nowMs)
    this.#noteAll(before?.routes, after.routes, 'name', nowMs)
    this.#noteAll(before?.endpoints, after.endpoints, 'clusterName', nowMs)
  }

  /** Milliseconds since 1970; undefined for what was never given to a proxy. */
  of(resource: EnvoyResource): number | undefined {
    return this.#sinceMs.get(resource)
  }

  #noteAll(
    before: readonly EnvoyResource[] = [],
    after: readonly EnvoyResource[],
    nameKey: 'name' | 'clusterName',
    nowMs: number,
  ): void {
    const fresh = after.filter(resource => !this.#sinceMs.has(resource))
    if (fresh.length === 0) return
    const old = new Map(before.map(resource => [resource[nameKey], resource]))
    for (const resource of fresh) {
      const predecessor = old.get(resource[nameKey])
      const isSame = predecessor && JSON.stringify(predecessor) === JSON.stringify(resource)
      this.#sinceMs.set(resource, (isSame ? this.#sinceMs.get(predecessor) : undefined) ?? nowMs)
    }
  }
}
