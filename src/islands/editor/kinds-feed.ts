/** What the learner's cluster knows, asked once for each kind that a file names. */
import type { KindSchemaResponse, KindsResponse } from '../../../sandbox-server/protocol/files.ts'
import { session } from '../connection/session.ts'
import type { Kinds } from './yaml/schema.ts'

/** After a failure, and for kinds that may be installed meanwhile. */
const ASK_AGAIN_MS = 15_000

export class KindsFeed implements Kinds {
  readonly #onNews: () => void
  readonly #schemas = new Map<string, KindSchemaResponse>()
  readonly #asked = new Map<string, number>()
  readonly #pending = new Set<Promise<void>>()
  #all: KindsResponse['kinds'] | undefined

  constructor(onNews: () => void) {
    this.#onNews = onNews
  }

  all(): KindsResponse['kinds'] | undefined {
    this.#ask<KindsResponse>('/api/schemas', answer => {
      this.#all = answer.kinds
    })
    return this.#all
  }

  schema(apiVersion: string, kind: string): KindSchemaResponse | undefined {
    if (apiVersion === '' || kind === '') return undefined
    const key = `/api/schemas/kind?${new URLSearchParams({ apiVersion, kind })}`
    const known = this.#schemas.get(key)
    if (known) return known
    const isServed = this.all()?.some(one => one.apiVersion === apiVersion && one.kind === kind)
    if (isServed) this.#ask<KindSchemaResponse>(key, answer => this.#schemas.set(key, answer))
    return undefined
  }

  /** Resolves when what was asked for is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** CRDs may have come or gone. */
  refresh(): void {
    this.#asked.delete('/api/schemas')
  }

  /** What was answered stays; what failed is asked again after a while. */
  #ask<Response>(url: string, take: (answer: Response) => void): void {
    if (Date.now() - (this.#asked.get(url) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return
    this.#asked.set(url, Date.now())
    const asking = this.#fetch(url, take).finally(() => this.#pending.delete(asking))
    this.#pending.add(asking)
  }

  async #fetch<Response>(url: string, take: (answer: Response) => void): Promise<void> {
    try {
      await session()
      const response = await fetch(url, { credentials: 'same-origin' })
      if (!response.ok) return
      // Page and server are of one build.
      take((await response.json()) as Response)
      this.#asked.set(url, Number.POSITIVE_INFINITY)
      this.#onNews()
    } catch {
      // The server is away: without schemas there are no proposals, which is all that is lost.
    }
  }
}
