/** The terminals' tabs: choose, rename (double click, F2), close (✕, Delete, middle button), arrow keys between them. */
import type { TerminalInfo } from '../../../sandbox-server/protocol/terminals.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface TabsActions {
  choose(id: string): void
  rename(id: string, title: string): void
  close(id: string): void
}

export interface TabsState {
  terminals: readonly TerminalInfo[]
  active: string
  beside: string | undefined
}

export const terminalTitle = ({ id, title }: TerminalInfo): string =>
  title || fill(theWords().terminalName, { number: id })

export interface TerminalTabs {
  draw(state: TabsState): void
  rename(id: string): void
  focus(id: string): void
}

export function wireTabs(list: HTMLElement, actions: TabsActions): TerminalTabs {
  let shown: TabsState = { terminals: [], active: '', beside: undefined }
  const tabOf = (id: string) => list.querySelector<HTMLElement>(`[data-terminal="${CSS.escape(id)}"]`)
  const idOf = (event: Event): string | undefined =>
    event.target instanceof Element
      ? event.target.closest<HTMLElement>('[data-terminal]')?.dataset['terminal']
      : undefined

  list.addEventListener('click', event => {
    const id = idOf(event)
    if (id === undefined) return
    if (event.target instanceof Element && event.target.closest('.tab-close')) actions.close(id)
    else actions.choose(id)
  })
  list.addEventListener('auxclick', event => {
    const id = idOf(event)
    if (id !== undefined && event.button === 1) actions.close(id)
  })
  list.addEventListener('dblclick', event => {
    const id = idOf(event)
    if (id !== undefined) rename(id)
  })
  list.addEventListener('keydown', event => {
    const id = idOf(event)
    if (id === undefined || event.target instanceof HTMLInputElement) return
    const ids = shown.terminals.map(terminal => terminal.id)
    const at = ids.indexOf(id)
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: ids.length - 1 }[event.key]
    const target = to === undefined ? undefined : ids[(to + ids.length) % ids.length]
    if (target !== undefined) {
      actions.choose(target)
      tabOf(target)?.focus()
    } else if (event.key === 'F2') rename(id)
    else if (event.key === 'Delete') actions.close(id)
    else return
    event.preventDefault()
  })

  function rename(id: string): void {
    const tab = tabOf(id)
    const terminal = shown.terminals.find(one => one.id === id)
    if (!tab || !terminal) return
    const input = element('input', {
      class: 'tab-rename',
      'aria-label': theWords().terminals.rename,
      maxlength: '40',
      value: terminal.title,
      placeholder: terminalTitle({ id, title: '' }),
    })
    input.style.left = `${tab.offsetLeft - list.scrollLeft}px`
    input.style.width = `${Math.max(tab.offsetWidth, 120)}px`
    list.parentElement?.append(input)
    input.focus()
    input.select()
    let done = false
    const finish = (keep: boolean) => {
      if (done) return
      done = true
      input.remove()
      if (keep && input.value.trim() !== terminal.title) actions.rename(id, input.value.trim())
      tabOf(id)?.focus()
    }
    input.addEventListener('blur', () => finish(true))
    input.addEventListener('keydown', event => {
      event.stopPropagation()
      if (event.key === 'Enter') finish(true)
      if (event.key === 'Escape') finish(false)
    })
  }

  function draw(state: TabsState): void {
    const wantsFocus = list.contains(document.activeElement)
    shown = state
    // Tabs stay the same elements: a double click lands on the one that the first click chose.
    const drawn = state.terminals.map(terminal =>
      drawTab(tabOf(terminal.id) ?? newTab(terminal.id), terminal, state),
    )
    if (drawn.length !== list.children.length || drawn.some((tab, index) => list.children[index] !== tab))
      list.replaceChildren(...drawn)
    if (wantsFocus) tabOf(state.active)?.focus()
    tabOf(state.active)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  return { draw, rename, focus: id => tabOf(id)?.focus() }
}

function newTab(id: string): HTMLElement {
  return element(
    'button',
    {
      type: 'button',
      role: 'tab',
      class: 'tab',
      id: `terminal-tab-${id}`,
      'data-terminal': id,
      title: theWords().terminals.tabHint,
    },
    element('span', { dir: 'auto' }),
    element('span', { class: 'tab-close', 'aria-hidden': 'true' }, '✕'),
  )
}

function drawTab(tab: HTMLElement, terminal: TerminalInfo, { active, beside, terminals }: TabsState) {
  const isActive = terminal.id === active
  const inSight = isActive || terminal.id === beside
  tab.setAttribute('aria-selected', String(isActive))
  tab.setAttribute('tabindex', isActive ? '0' : '-1')
  tab.toggleAttribute('data-beside', terminal.id === beside)
  if (inSight) tab.setAttribute('aria-controls', `terminal-${terminal.id}`)
  else tab.removeAttribute('aria-controls')
  const [name, close] = tab.children
  if (name) name.textContent = terminalTitle(terminal)
  close?.toggleAttribute('hidden', terminals.length === 1)
  return tab
}
