/**
 * Keeps from Envoy what it died of. No configuration should do that, yet one that does would do it again after every
 * restart and take all sidecars of the cluster with it.
 */
import type { EncodedResource, ResourceTables } from './resources.ts'

/** A resource that was on its way when Envoy died. */
export interface Suspect {
  typeUrl: string
  name: string
  version: string
}

const keyOf = (typeUrl: string, name: string): string => `${typeUrl} ${name}`

export class Quarantine {
  /** Version by type and name. */
  readonly #guilty = new Map<string, string>()
  readonly #lastGood = new Map<string, EncodedResource>()
  #isCareful = false

  /** While true, resources are to be sent one at a time. */
  get isCareful(): boolean {
    return this.#isCareful
  }

  /** Envoy runs with the resource. */
  accepted(typeUrl: string, name: string, resource: EncodedResource): void {
    this.#lastGood.set(keyOf(typeUrl, name), resource)
  }

  /** Envoy crashed while these were in flight; the only one there was is guilty, of several the next start finds it out. */
  crashed(suspects: readonly Suspect[]): Suspect | undefined {
    this.#isCareful = suspects.length > 1
    const [suspect] = suspects
    if (suspects.length !== 1 || !suspect) return undefined
    this.#guilty.set(keyOf(suspect.typeUrl, suspect.name), suspect.version)
    // There may be another one behind it.
    this.#isCareful = true
    return suspect
  }

  /** Everything was sent and answered: there is nothing to be careful about any more. */
  survived(): void {
    this.#isCareful = false
  }

  /** The tables with last good versions in place of guilty ones, or without them. */
  filter(tables: ResourceTables): ResourceTables {
    this.#forget(tables)
    if (this.#guilty.size === 0) return tables
    return new Map(
      [...tables].map(([typeUrl, table]) => {
        const kept = new Map<string, EncodedResource>()
        for (const [name, resource] of table) {
          const key = keyOf(typeUrl, name)
          const isGuilty = this.#guilty.get(key) === resource.version
          const safe = isGuilty ? this.#lastGood.get(key) : resource
          if (safe) kept.set(name, safe)
        }
        return [typeUrl, kept]
      }),
    )
  }

  #forget(tables: ResourceTables): void {
    const has = (key: string): boolean => {
      const [typeUrl = '', name = ''] = key.split(' ')
      return tables.get(typeUrl)?.has(name) === true
    }
    for (const key of this.#lastGood.keys()) if (!has(key)) this.#lastGood.delete(key)
    for (const key of this.#guilty.keys()) if (!has(key)) this.#guilty.delete(key)
  }
}
