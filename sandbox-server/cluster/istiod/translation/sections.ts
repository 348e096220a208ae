/**
 * Parts of the translation that several proxies have in common are made once, and whatever came out as before is given
 * as the very same object: who passes the resources on sees at a glance what changed.
 */
import type { EnvoyResource } from './contract.ts'

/** Whether two JSON values say the same; keys in any order. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((element, index) => sameJson(element, b[index]))
    )
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  let count = 0
  for (const key in left) {
    if (left[key] === undefined) continue
    count++
    if (!sameJson(left[key], right[key])) return false
  }
  for (const key in right) if (right[key] !== undefined) count--
  return count === 0
}

const nameOf = ({ name, clusterName }: EnvoyResource): unknown => name ?? clusterName

/** The fresh resources, each replaced by the one of its name from before if they say the same. */
function keepUnchanged(
  before: readonly EnvoyResource[] | undefined,
  fresh: readonly EnvoyResource[],
): readonly EnvoyResource[] {
  if (!before) return fresh
  const known = new Map(before.map(resource => [nameOf(resource), resource]))
  return fresh.map(resource => {
    const old = known.get(nameOf(resource))
    return old && sameJson(old, resource) ? old : resource
  })
}

export class Sections {
  readonly #made = new Map<string, readonly EnvoyResource[]>()
  readonly #before: ReadonlyMap<string, readonly EnvoyResource[]>

  /** `before`: the sections of the mesh as it was last. */
  constructor(before: Sections | undefined) {
    // A mesh that nobody asked for anything hands on what it got.
    this.#before = before ? (before.#made.size > 0 ? before.#made : before.#before) : new Map()
  }

  /** The section of that key; `make` is called at most once for each mesh. */
  get(key: string, make: () => readonly EnvoyResource[]): readonly EnvoyResource[] {
    const known = this.#made.get(key)
    if (known) return known
    const section = keepUnchanged(this.#before.get(key), make())
    this.#made.set(key, section)
    return section
  }
}
