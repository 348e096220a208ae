/** The buttons above the terminal, and the row of keys that a phone's keyboard lacks. Sizes and modes are remembered. */
import type { TerminalSearch } from './terminal-search.ts'
import type { TerminalView } from './terminal-view.ts'

const FONT_KEY = 'meshdojo:font-size'
const READER_KEY = 'meshdojo:screen-reader'
const FONT_SIZES = { smallest: 9, usual: 13, largest: 28 }

/** In pixels. */
export const rememberedFontSize = (): number => Number(localStorage.getItem(FONT_KEY)) || FONT_SIZES.usual

export const remembersScreenReader = (): boolean => localStorage.getItem(READER_KEY) === 'on'

export function wireToolbar(pane: HTMLElement, view: TerminalView, search: TerminalSearch): void {
  const { terminal } = view

  function changeFontSize(by: number): void {
    const size = Math.min(FONT_SIZES.largest, Math.max(FONT_SIZES.smallest, rememberedFontSize() + by))
    localStorage.setItem(FONT_KEY, String(size))
    terminal.options.fontSize = size
    view.fit()
  }

  function setScreenReader(on: boolean): void {
    terminal.options.screenReaderMode = on
    localStorage.setItem(READER_KEY, on ? 'on' : 'off')
    pane.querySelector('[data-do=screen-reader]')?.setAttribute('aria-pressed', String(on))
  }

  const actions: Record<string, () => void> = {
    search: () => search.open(),
    'search-next': () => search.next(),
    'search-previous': () => search.previous(),
    'search-close': () => search.close(),
    smaller: () => changeFontSize(-1),
    larger: () => changeFontSize(1),
    'screen-reader': () => setScreenReader(!terminal.options.screenReaderMode),
  }
  setScreenReader(remembersScreenReader())
  pane.addEventListener('click', event => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button') : null
    actions[button?.dataset['do'] ?? '']?.()
    const key = button?.dataset['key']
    if (key === undefined) return
    terminal.input(key)
    terminal.focus()
  })
}
