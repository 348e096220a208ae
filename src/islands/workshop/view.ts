/** What a page of the workshops is: opened into a place, and let go when another comes. */
import type { MeResponse } from '../../../sandbox-server/protocol/accounts.ts'
import type { Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export type Account = NonNullable<MeResponse['user']>

export interface ViewContext {
  host: HTMLElement
  me: Account
  /** What stands behind the `#`, split at `/`. */
  way: readonly string[]
  /** Aborted when the view goes. */
  signal: AbortSignal
}

export type View = (context: ViewContext) => Promise<void> | void

/** Where a view is: behind the hash, because the pages are files. */
export const wayTo = (...parts: string[]): string => `#${parts.map(encodeURIComponent).join('/')}`

export function go(...parts: string[]): void {
  location.hash = wayTo(...parts)
}

export const may = (workshop: Workshop, action: string): boolean => workshop.may.includes(action)

/** A chapter's title as this build knows it. */
export interface ChapterChoice {
  id: string
  number: number
  title: string
  steps: number
  minutes: number
}

export function knownChapters(): ChapterChoice[] {
  const text = document.getElementById('meshdojo-chapters')?.textContent ?? '[]'
  // Written by the same build (layout/WorkshopPage.astro).
  return JSON.parse(text) as ChapterChoice[]
}

export function statusPill(status: Workshop['status']): HTMLElement {
  return element('span', { class: 'status', 'data-status': status }, theWords().workshop.status[status])
}

/** Title and ways within one workshop. */
export function workshopHead(workshop: Workshop, here: 'live' | 'results' | 'settings'): HTMLElement {
  const words = theWords().workshop
  const tab = (name: typeof here, text: string, way: string) =>
    element('a', { href: way, 'aria-current': name === here ? 'page' : undefined }, text)
  const settings =
    may(workshop, 'workshop.change') || may(workshop, 'staff.see')
      ? [tab('settings', words.live.settings, wayTo(workshop.id, 'settings'))]
      : []
  return element(
    'header',
    { class: 'workshop-head' },
    element('a', { class: 'back', href: '#' }, `← ${words.nav.back}`),
    element('h1', { dir: 'auto', tabindex: '-1' }, workshop.title),
    statusPill(workshop.status),
    element(
      'nav',
      { class: 'tabs', 'aria-label': workshop.title },
      tab('live', words.live.class, wayTo(workshop.id)),
      tab('results', words.live.results, wayTo(workshop.id, 'results')),
      ...settings,
    ),
  )
}
