/** What one Envoy has asked for and been sent of one resource type, with incremental discovery's bookkeeping. */
import type { EncodedResource } from './resources.ts'

export type ResourceTable = ReadonlyMap<string, EncodedResource>

/** What is to be sent in one response. */
export interface Difference {
  changed: ReadonlyMap<string, EncodedResource>
  removed: readonly string[]
}

/** A response that Envoy has not answered yet: versions by name. */
interface Outstanding {
  nonce: string
  versions: Map<string, string>
}

const ABSENT = '(absent)'

export class Subscription {
  readonly #names = new Set<string>()
  /** Version by name, as sent last, whether Envoy took it or not. */
  readonly #sent: Map<string, string>
  #wildcard = false
  #outstanding: Outstanding | undefined
  /** Sent again one at a time after a rejection of several, so that one bad resource holds back no other. */
  readonly #alone = new Set<string>()
  /** Every response has one resource: which one Envoy dies of is then known. */
  readonly #careful: boolean

  constructor(initialVersions: ReadonlyMap<string, string>, careful: boolean) {
    this.#sent = new Map(initialVersions)
    this.#careful = careful
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

  /** What is on its way: versions by name. */
  get outstanding(): ReadonlyMap<string, string> {
    return this.#outstanding?.versions ?? new Map()
  }

  /** What Envoy lacks of `table`, or as much of it as may go into one response. */
  changed(table: ResourceTable): Map<string, EncodedResource> {
    for (const name of this.#alone) {
      const resource = table.get(name)
      if (resource) return new Map([[name, resource]])
      this.#alone.delete(name)
    }
    const changed = new Map<string, EncodedResource>()
    for (const name of this.#wildcard ? table.keys() : this.#names) {
      const resource = table.get(name)
      if (!resource || this.#sent.get(name) === resource.version) continue
      changed.set(name, resource)
      if (this.#careful) break
    }
    return changed
  }

  /** What Envoy has and `table` has not. */
  removed(table: ResourceTable): string[] {
    if (this.#wildcard) return [...this.#sent.keys()].filter(name => !table.has(name))
    // Envoy waits for what it asked for until it is told that there is none.
    return [...this.#names].filter(name => !table.has(name) && !this.#sent.has(name))
  }

  markSent(nonce: string, { changed, removed }: Difference): void {
    const versions = new Map<string, string>()
    for (const [name, resource] of changed) {
      versions.set(name, resource.version)
      this.#sent.set(name, resource.version)
      this.#alone.delete(name)
    }
    for (const name of removed) {
      if (this.#wildcard) this.#sent.delete(name)
      else this.#sent.set(name, ABSENT)
    }
    this.#outstanding = { nonce, versions }
  }

  /**
   * Envoy answered `nonce`: the versions it was about. None if that is not the response in flight, or if several were
   * refused together: each is then sent alone and answered for itself.
   */
  answered(nonce: string, rejected: boolean): ReadonlyMap<string, string> {
    const outstanding = this.#outstanding
    if (outstanding?.nonce !== nonce) return new Map()
    this.#outstanding = undefined
    if (!rejected || outstanding.versions.size <= 1) return outstanding.versions
    for (const name of outstanding.versions.keys()) this.#alone.add(name)
    return new Map()
  }
}
