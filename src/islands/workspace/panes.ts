/** Moving between text and terminal: tabs on a phone, Ctrl-` and F6 by keyboard. */
export type PaneView = 'text' | 'terminal'

const panes = document.querySelector<HTMLElement>('.panes')
const tabs = [...document.querySelectorAll<HTMLButtonElement>('.pane-tabs [data-view]')]

/** On a phone, brings a pane to the front; beside each other both are always there. */
export function showPane(view: PaneView): void {
  if (panes) panes.dataset['view'] = view
  for (const tab of tabs) tab.setAttribute('aria-pressed', String(tab.dataset['view'] === view))
  if (view === 'terminal') document.dispatchEvent(new CustomEvent('meshdojo:terminal-shown'))
}

function focusPane(view: PaneView): void {
  showPane(view)
  if (view === 'terminal') document.dispatchEvent(new CustomEvent('meshdojo:focus-terminal'))
  else document.getElementById('pane-text')?.focus({ preventScroll: true })
}

/** Whether this key moves between the panes; the terminal lets it through. */
export const isPaneKey = (event: KeyboardEvent): boolean =>
  event.key === 'F6' || (event.ctrlKey && event.key === '`')

for (const tab of tabs)
  tab.addEventListener('click', () => showPane(tab.dataset['view'] === 'terminal' ? 'terminal' : 'text'))

document.addEventListener('keydown', event => {
  if (!isPaneKey(event)) return
  event.preventDefault()
  const inTerminal = document.getElementById('pane-terminal')?.contains(document.activeElement) ?? false
  focusPane(inTerminal ? 'text' : 'terminal')
})
