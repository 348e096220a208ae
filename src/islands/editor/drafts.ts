/** What is typed and not saved, kept in the browser: a reload, a crash or a lost connection costs nothing. */

export interface Draft {
  text: string
  /** Hash of the file it was made from; `` for a new one. */
  base: string
}
export interface OpenTabs {
  paths: string[]
  active?: string
}

/** The part of localStorage that is used. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export class Drafts {
  readonly #storage: DraftStorage
  readonly #prefix: string

  /** Learners who share a browser do not share drafts. */
  constructor(storage: DraftStorage, learnerId: string) {
    this.#storage = storage
    this.#prefix = `meshdojo:files:${learnerId}`
  }

  get(path: string): Draft | undefined {
    const found = this.#read(`${this.#prefix}:draft:${path}`)
    return isDraft(found) ? found : undefined
  }

  /** False when the browser has no room: then the page must not be left. */
  set(path: string, draft: Draft | undefined): boolean {
    const key = `${this.#prefix}:draft:${path}`
    try {
      if (draft) this.#storage.setItem(key, JSON.stringify(draft))
      else this.#storage.removeItem(key)
      return true
    } catch {
      return false
    }
  }

  get tabs(): OpenTabs {
    const found = this.#read(`${this.#prefix}:open`)
    return isTabs(found) ? found : { paths: [] }
  }

  set tabs(tabs: OpenTabs) {
    try {
      this.#storage.setItem(`${this.#prefix}:open`, JSON.stringify(tabs))
    } catch {
      // No room: the next page opens without tabs.
    }
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(this.#storage.getItem(key) ?? 'null')
    } catch {
      return undefined // Not ours, or storage is forbidden.
    }
  }
}

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  typeof value.text === 'string' &&
  'base' in value &&
  typeof value.base === 'string'

const isTabs = (value: unknown): value is OpenTabs =>
  typeof value === 'object' &&
  value !== null &&
  'paths' in value &&
  Array.isArray(value.paths) &&
  value.paths.every(path => typeof path === 'string')
