/** What one Envoy has asked for and been sent of one resource type, with incremental discovery's bookkeeping. */
import type { EncodedResource } from './resources.ts'

/** What is to be sent in one response. */
export interface Difference {
  changed: Map<string, EncodedResource>
  removed: string[]
}

/** A response that Envoy has not answered yet. */
interface Outstanding {
  nonce: string
  versions: Map<string, string>
  removed: string[]
}

export interface Answer {
  /** Versions by name that were in the response. */
  versions: ReadonlyMap<string, string>
}

const ABSENT = '(absent)'

export class Subscription {
  readonly #names = new Set<string>()
  /** Version by name, as sent last, whether Envoy took it or not. */
  readonly #sent: Map<string, string>
  #wildcard = false
  #outstanding: Outstanding | undefined
  /** Sent again one at a time after a rejection of several, so that one bad resource holds back no other. */
  readonly #alone: string[] = []

  constructor(initialVersions: ReadonlyMap<string, string>) {
    this.#sent = new Map(initialVersions)
  }

  /** `supportsWildcard`: of clusters and listeners an empty first list means all. */
  subscribe(names: readonly string[], supportsWildcard: boolean): void {
    if (names.includes('*') || (supportsWildcard && names.length === 0)) this.#wildcard = true
    for (const name of names) {
      if (name === '*') continue
      this.#names.add(name)
      // Asked for again means that it has to be sent again.
      this.#sent.delete(name)
    }
  }

  unsubscribe(names: readonly string[]): void {
    for (const name of names) {
      this.#names.delete(name)
      this.#sent.delete(name)
    }
  }

  /** The resource is to be sent again although it has not changed. */
  forget(name: string): void {
    this.#sent.delete(name)
  }

  get isAwaitingAnswer(): boolean {
    return this.#outstanding !== undefined
  }

  /** What Envoy lacks of `table`. */
  difference(table: ReadonlyMap<string, EncodedResource>): Difference {
    const changed = new Map<string, EncodedResource>()
    const removed: string[] = []
    for (const name of this.#wildcard ? table.keys() : this.#names) {
      const resource = table.get(name)
      if (!resource) {
        // Envoy waits for what it asked for until it is told that there is none.
        if (!this.#sent.has(name)) removed.push(name)
      } else if (this.#sent.get(name) !== resource.version) changed.set(name, resource)
    }
    if (this.#wildcard) {
      for (const name of this.#sent.keys())
        if (!table.has(name) && this.#sent.get(name) !== ABSENT) removed.push(name)
    }
    return { changed: this.#oneAlone(changed, table), removed }
  }

  #oneAlone(
    changed: Map<string, EncodedResource>,
    table: ReadonlyMap<string, EncodedResource>,
  ): Map<string, EncodedResource> {
    for (let name = this.#alone.shift(); name !== undefined; name = this.#alone.shift()) {
      const resource = table.get(name)
      if (resource && !changed.has(name)) return new Map([[name, resource]])
    }
    return changed
  }

  markSent(nonce: string, difference: Difference): void {
    const versions = new Map<string, string>()
    for (const [name, resource] of difference.changed) {
      versions.set(name, resource.version)
      this.#sent.set(name, resource.version)
    }
    for (const name of difference.removed) {
      if (this.#names.has(name)) this.#sent.set(name, ABSENT)
      else this.#sent.delete(name)
    }
    this.#outstanding = { nonce, versions, removed: difference.removed }
  }

  /**
   * Envoy answered `nonce`; undefined if that is not the response in flight. A rejection of several resources is
   * reported as undefined too: each will be sent alone and answered for itself.
   */
  answered(nonce: string, rejected: boolean): Answer | undefined {
    const outstanding = this.#outstanding
    if (outstanding?.nonce !== nonce) return undefined
    this.#outstanding = undefined
    if (rejected && outstanding.versions.size > 1) {
      this.#alone.push(...outstanding.versions.keys())
      return undefined
    }
    return { versions: outstanding.versions }
  }
}
