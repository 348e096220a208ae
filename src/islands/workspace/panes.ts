/** Moving between text, terminals and tools: tabs on a phone, Ctrl-` and F6 by keyboard. */
import { openTool, tools } from './tools.ts'

/** `text`, `terminal`, or the id of a tool. */
export type PaneView = string

const panes = document.querySelector<HTMLElement>('.panes')
const tabs = [...document.querySelectorAll<HTMLButtonElement>('.pane-tabs [data-view]')]
const listeners = new Set<() => void>()

/** On a phone, brings a pane to the front; beside each other they are always there. */
export function showPane(view: PaneView): void {
  const isTool = tools.some(tool => tool.id === view)
  if (panes) panes.dataset['view'] = isTool ? 'tool' : view
  for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.dataset['view'] === view))
  if (view === 'terminal') document.dispatchEvent(new CustomEvent('meshdojo:terminal-shown'))
  for (const listener of listeners) listener()
}

/** Calls back when another pane came to the front. */
export function onPane(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What F6 goes round, in the order of the page; a folded dock still has its tabs. */
const STOPS = [
  { view: 'text', region: 'pane-text' },
  { view: 'terminal', region: 'pane-terminal' },
  { view: 'tool', region: 'pane-tools' },
] as const

function focusStop({ view, region }: (typeof STOPS)[number]): void {
  const place = document.getElementById(region)
  if (!place) return
  if (view === 'tool') {
    const tab = place.querySelector<HTMLElement>('[role=tab][aria-selected=true]')
    showPane(tab?.dataset['tool'] ?? 'terminal')
    tab?.focus()
    return
  }
  showPane(view)
  if (view === 'terminal') document.dispatchEvent(new CustomEvent('meshdojo:focus-terminal'))
  else place.focus({ preventScroll: true })
}

/** Whether this key moves between the panes; the terminal lets it through. */
export const isPaneKey = (event: KeyboardEvent): boolean =>
  event.key === 'F6' || (event.ctrlKey && event.key === '`')

for (const tab of tabs)
  tab.addEventListener('click', () => {
    const tool = tools.find(({ id }) => id === tab.dataset['view'])
    if (tool) openTool(tool.id)
    else showPane(tab.dataset['view'] ?? 'text')
  })

document.addEventListener('keydown', event => {
  if (!isPaneKey(event)) return
  event.preventDefault()
  const stops = STOPS.filter(({ region }) => document.getElementById(region))
  const at = stops.findIndex(({ region }) =>
    document.getElementById(region)?.contains(document.activeElement),
  )
  // Ctrl-` toggles between text and terminal; F6 goes round all.
  const back = event.key === 'F6' && event.shiftKey ? -1 : 1
  const next =
    event.key === 'F6'
      ? stops[(Math.max(at, 0) + back + stops.length) % stops.length]
      : stops.find(({ view }) => view === (stops[at]?.view === 'terminal' ? 'text' : 'terminal'))
  if (next) focusStop(next)
})
