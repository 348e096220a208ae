/** The terminal's place on the page: loads xterm.js when the page is idle and wires it to toolbar, keys and `<Run>`. */
import type { RunCommand } from '../checks/run.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { isPaneKey } from '../workspace/panes.ts'
import type { TerminalView } from './terminal-view.ts'

const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work, { timeout: 300 }) : setTimeout(work, 50)

/** Everything that is not needed to read the text. */
async function loadParts() {
  const [view, session, search, clipboard, toolbar, state] = await Promise.all([
    import('./terminal-view.ts'),
    import('./terminal-session.ts'),
    import('./terminal-search.ts'),
    import('./clipboard.ts'),
    import('./terminal-toolbar.ts'),
    import('./terminal-state.ts'),
  ])
  return { ...view, ...session, ...search, ...clipboard, ...toolbar, ...state }
}
type Parts = Awaited<ReturnType<typeof loadParts>>

class TerminalPane extends HTMLElement {
  /** Commands that were clicked before the terminal was there. */
  readonly #early: string[] = []
  #run = (command: string): void => void this.#early.push(command)

  connectedCallback(): void {
    document.addEventListener('meshdojo:run', event => {
      if (event instanceof CustomEvent) this.#run((event as CustomEvent<RunCommand>).detail.command)
    })
    whenIdle(() => {
      loadParts()
        .then(parts => this.#start(parts))
        .catch((error: unknown) => {
          console.error(error)
          this.#part('.terminal-screen').textContent = theWords().terminalLoadFailed
        })
    })
  }

  #start(parts: Parts): void {
    const screen = this.#part('.terminal-screen')
    const view = parts.openTerminal(screen, parts.rememberedFontSize(), parts.remembersScreenReader())
    view.fit()
    const session = parts.startSession(
      view,
      this.dataset['terminal'] ?? '1',
      thisPage().chapter,
      parts.wireState(this),
    )
    this.#wireKeys(parts, view, screen)
    this.#wireSize(view, screen)
    document.addEventListener('meshdojo:focus-terminal', () => view.terminal.focus())
    this.#run = command => session.run(command)
    for (const command of this.#early.splice(0)) session.run(command)
    window.meshdojo = { terminalText: () => view.text() }
  }

  #part(selector: string): HTMLElement {
    const part = this.querySelector<HTMLElement>(selector)
    if (!part) throw new Error(`layout/TerminalPane.astro has no ${selector}`)
    return part
  }

  #wireKeys(parts: Parts, view: TerminalView, screen: HTMLElement): void {
    const { terminal } = view
    const search = parts.wireSearch(this.#part('.terminal-bar'), view.search, () => terminal.focus())
    const dialog = this.querySelector('dialog')
    if (dialog) parts.wireClipboard(terminal, screen, dialog)
    parts.wireToolbar(this, view, search)
    terminal.attachCustomKeyEventHandler(event => {
      if (isPaneKey(event) || parts.isPasteKey(event) || parts.handleCopyKey(terminal, event)) return false
      if (!(event.ctrlKey && event.shiftKey && event.code === 'KeyF')) return true
      event.preventDefault()
      search.open()
      return false
    })
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
