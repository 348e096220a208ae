/** What the server-rendered page says about itself, and the one connection of the page. */
import type { Language } from '../../../sandbox-server/protocol/steps.ts'
import type { Words } from '../../language/index.ts'
import { ChapterConnection } from '../connection/chapter-connection.ts'

export interface Page {
  chapter: string
  language: Language
  /** Titles of the steps, in the learner's language, by step id and in order. */
  titles: Record<string, string>
}

function readJson<T>(elementId: string): T {
  const text = document.getElementById(elementId)?.textContent
  if (!text) throw new Error(`The page lacks #${elementId}; it was built by another version. Reload it.`)
  // Written by the same build (layout/Workspace.astro), so its shape is known.
  return JSON.parse(text) as T
}

let page: Page | undefined
let words: Words | undefined
let connection: ChapterConnection | undefined

export const thisPage = (): Page => (page ??= readJson<Page>('meshdojo-page'))
export const theWords = (): Words => (words ??= readJson<Words>('meshdojo-words'))
export const theConnection = (): ChapterConnection =>
  (connection ??= new ChapterConnection(thisPage().chapter, thisPage().language))

/** Tells screen readers. */
export function announce(text: string): void {
  const announcer = document.getElementById('announcer')
  if (announcer) announcer.textContent = text
}
