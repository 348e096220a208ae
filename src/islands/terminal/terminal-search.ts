/** The search field in the terminal's bar. */
import type { SearchAddon } from '@xterm/addon-search'
import { theWords } from '../workspace/page.ts'

const DECORATIONS = {
  matchOverviewRuler: '#b98a2e',
  activeMatchColorOverviewRuler: '#6ea8fe',
  matchBackground: '#7d5f1f',
  activeMatchBackground: '#1f5fd0',
}

export interface TerminalSearch {
  open(): void
  next(): void
  previous(): void
  close(): void
}

/** Searches the terminal that was used last; `leave` is called when the field is closed. */
export function wireSearch(bar: HTMLElement, current: () => SearchAddon, leave: () => void): TerminalSearch {
  const box = bar.querySelector<HTMLElement>('.terminal-search')
  const input = bar.querySelector('input')
  const found = bar.querySelector('.found')
  const find = (direction: 'findNext' | 'findPrevious', incremental = false) =>
    heard(current())[direction](input?.value ?? '', {
      decorations: DECORATIONS,
      ...(incremental ? { incremental } : {}),
    })
  const heardAlready = new WeakSet<SearchAddon>()
  const heard = (search: SearchAddon): SearchAddon => {
    if (heardAlready.has(search)) return search
    heardAlready.add(search)
    search.onDidChangeResults(showCount)
    return search
  }
  const showCount = ({ resultIndex, resultCount }: { resultIndex: number; resultCount: number }) => {
    if (!found) return
    if (resultCount > 0) found.textContent = `${resultIndex + 1}/${resultCount}`
    else found.textContent = input?.value ? theWords().terminalSearchNone : ''
  }
  const close = () => {
    if (box) box.hidden = true
    current().clearDecorations()
    leave()
  }
  input?.addEventListener('input', () => find('findNext', true))
  input?.addEventListener('keydown', event => {
    if (event.key === 'Enter') find(event.shiftKey ? 'findPrevious' : 'findNext')
    if (event.key === 'Escape') close()
  })
  return {
    open: () => {
      if (box) box.hidden = false
      input?.focus()
      input?.select()
    },
    next: () => find('findNext'),
    previous: () => find('findPrevious'),
    close,
  }
}
