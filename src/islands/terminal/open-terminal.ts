/** One terminal on the page: its screen, its session with the server, and the keys that are not the shell's. */
import { element } from '../workspace/element.ts'
import { thisPage } from '../workspace/page.ts'
import { isPaneKey } from '../workspace/panes.ts'
import { handleCopyKey, isPasteKey, wireClipboard } from './clipboard.ts'
import { type SessionState, startSession, type TerminalSession } from './terminal-session.ts'
import { rememberedFontSize, remembersScreenReader } from './terminal-toolbar.ts'
import { openTerminal, type TerminalView } from './terminal-view.ts'

export interface TerminalActions {
  used(id: string): void
  search(): void
  step(by: 1 | -1): void
  open(): void
  state(id: string): void
}

export class OpenTerminal {
  readonly id: string
  readonly screen: HTMLElement
  readonly view: TerminalView
  readonly session: TerminalSession
  state: SessionState = 'connecting'
  /** Why the shell ended, in the learner's language. */
  message: string | undefined
  readonly #observer: ResizeObserver

  constructor(id: string, place: HTMLElement, dialog: HTMLDialogElement, actions: TerminalActions) {
    this.id = id
    // Left to right whatever the page is: a grid of cells does not reorder.
    this.screen = element('div', {
      class: 'terminal-screen',
      id: `terminal-${id}`,
      role: 'tabpanel',
      'aria-labelledby': `terminal-tab-${id}`,
      dir: 'ltr',
    })
    place.append(this.screen)
    this.view = openTerminal(this.screen, rememberedFontSize(), remembersScreenReader())
    this.view.fit()
    this.session = startSession(this.view, id, thisPage().chapter, (state, message) => {
      this.state = state
      this.message = message
      actions.state(id)
    })
    wireClipboard(this.view.terminal, this.screen, dialog)
    this.#wireKeys(actions)
    this.screen.addEventListener('focusin', () => {
      actions.used(id)
      this.session.takeSize()
    })
    let asked = 0
    this.#observer = new ResizeObserver(() => {
      cancelAnimationFrame(asked)
      asked = requestAnimationFrame(() => this.view.fit())
    })
    this.#observer.observe(this.screen)
  }

  setVisible(visible: boolean): void {
    if (this.screen.hidden === !visible) return
    this.screen.hidden = !visible
    this.view.setVisible(visible)
    if (visible) this.view.fit()
  }

  dispose(): void {
    this.#observer.disconnect()
    this.session.dispose()
    this.view.dispose()
    this.screen.remove()
  }

  #wireKeys(actions: TerminalActions): void {
    const { terminal } = this.view
    const ofThePage: Record<string, () => void> = {
      KeyF: () => actions.search(),
      ArrowLeft: () => actions.step(-1),
      ArrowRight: () => actions.step(1),
      Enter: () => actions.open(),
    }
    terminal.attachCustomKeyEventHandler(event => {
      if (isPaneKey(event) || isPasteKey(event) || handleCopyKey(terminal, event)) return false
      const act = event.ctrlKey && event.shiftKey ? ofThePage[event.code] : undefined
      if (!act) return true
      event.preventDefault()
      if (event.type === 'keydown') act()
      return false
    })
  }
}
