/** The terminal's place on the page: loads xterm.js when the page is idle, wires the toolbar, keys and `<Run>`. */
import type { RunCommand } from '../checks/run.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { isPaneKey } from '../workspace/panes.ts'
import type { SessionState } from './terminal-session.ts'
import type { TerminalView } from './terminal-view.ts'

const FONT_KEY = 'meshdojo:font-size'
const READER_KEY = 'meshdojo:screen-reader'
const FONT_SIZES = { smallest: 9, usual: 13, largest: 28 }

const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work, { timeout: 300 }) : setTimeout(work, 50)

class TerminalPane extends HTMLElement {
  #fontSize = Number(localStorage.getItem(FONT_KEY)) || FONT_SIZES.usual
  /** Commands that were clicked before the terminal was there. */
  readonly #early: string[] = []
  #run = (command: string): void => void this.#early.push(command)

  connectedCallback(): void {
    document.addEventListener('meshdojo:run', event => {
      if (event instanceof CustomEvent) this.#run((event as CustomEvent<RunCommand>).detail.command)
    })
    whenIdle(() => void this.#load())
  }

  async #load(): Promise<void> {
    try {
      const [{ openTerminal }, { startSession }, { wireSearch }, clipboard] = await Promise.all([
        import('./terminal-view.ts'),
        import('./terminal-session.ts'),
        import('./terminal-search.ts'),
        import('./clipboard.ts'),
      ])
      const screen = this.#part('.terminal-screen')
      const view = openTerminal(screen, this.#fontSize, localStorage.getItem(READER_KEY) === 'on')
      const { terminal } = view
      view.fit()
      const session = startSession(
        view,
        this.dataset['terminal'] ?? '1',
        thisPage().chapter,
        (state, message) => this.#showState(state, message),
      )
      const search = wireSearch(this.#part('.terminal-bar'), view.search, () => terminal.focus())
      const dialog = this.querySelector('dialog')
      if (dialog) clipboard.wireClipboard(terminal, screen, dialog)
      terminal.attachCustomKeyEventHandler(event => {
        if (isPaneKey(event) || clipboard.isPasteKey(event) || clipboard.handleCopyKey(terminal, event))
          return false
        if (!(event.ctrlKey && event.shiftKey && event.code === 'KeyF')) return true
        event.preventDefault()
        search.open()
        return false
      })
      this.#wireToolbar(view, search)
      this.#wireSize(view, screen)
      document.addEventListener('meshdojo:focus-terminal', () => terminal.focus())
      this.#run = command => session.run(command)
      for (const command of this.#early.splice(0)) session.run(command)
      window.meshdojo = { terminalText: () => view.text() }
    } catch (error) {
      console.error(error)
      this.#part('.terminal-screen').textContent = theWords().terminalLoadFailed
    }
  }

  #part(selector: string): HTMLElement {
    const part = this.querySelector<HTMLElement>(selector)
    if (!part) throw new Error(`layout/TerminalPane.astro has no ${selector}`)
    return part
  }

  #showState(state: SessionState, message?: string): void {
    const words = theWords()
    const text: Record<SessionState, string> = {
      connecting: words.terminalConnecting,
      open: words.terminalConnecting,
      lost: words.terminalReconnecting,
      ready: '',
      ended: message ?? words.terminalEnded,
    }
    this.dataset['state'] = state
    this.#part('.terminal-state').textContent = text[state]
  }

  #wireToolbar(
    view: TerminalView,
    search: { open(): void; next(): void; previous(): void; close(): void },
  ): void {
    const actions: Record<string, () => void> = {
      search: () => search.open(),
      'search-next': () => search.next(),
      'search-previous': () => search.previous(),
      'search-close': () => search.close(),
      smaller: () => this.#setFontSize(view, this.#fontSize - 1),
      larger: () => this.#setFontSize(view, this.#fontSize + 1),
      'screen-reader': () => this.#setScreenReader(view, !view.terminal.options.screenReaderMode),
    }
    this.#setScreenReader(view, view.terminal.options.screenReaderMode ?? false)
    this.addEventListener('click', event => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button') : null
      actions[button?.dataset['do'] ?? '']?.()
      const key = button?.dataset['key']
      if (key === undefined) return
      view.terminal.input(key)
      view.terminal.focus()
    })
  }

  #setFontSize(view: TerminalView, size: number): void {
    this.#fontSize = Math.min(FONT_SIZES.largest, Math.max(FONT_SIZES.smallest, size))
    localStorage.setItem(FONT_KEY, String(this.#fontSize))
    view.terminal.options.fontSize = this.#fontSize
    view.fit()
  }

  #setScreenReader(view: TerminalView, on: boolean): void {
    view.terminal.options.screenReaderMode = on
    localStorage.setItem(READER_KEY, on ? 'on' : 'off')
    this.querySelector('[data-do=screen-reader]')?.setAttribute('aria-pressed', String(on))
  }

  #wireSize(view: TerminalView, screen: HTMLElement): void {
    let asked = 0
    const fitSoon = () => {
      cancelAnimationFrame(asked)
      asked = requestAnimationFrame(() => view.fit())
    }
    new ResizeObserver(fitSoon).observe(screen)
    document.addEventListener('meshdojo:terminal-shown', fitSoon)
  }
}
customElements.define('meshdojo-terminal', TerminalPane)
