/**
 * All terminals of the page: which there are says the server (so that every browser has the same tabs), which are in
 * sight says this browser. A terminal is connected when it is first looked at and stays so.
 */
import type { TerminalInfo } from '../../../sandbox-server/protocol/terminals.ts'
import { fill } from '../../language/index.ts'
import { announce, theWords } from '../workspace/page.ts'
import { showPane } from '../workspace/panes.ts'
import { activeTerminal, setActiveTerminal } from './active-terminal.ts'
import { OpenTerminal } from './open-terminal.ts'
import { joinTerminalList, type TerminalListConnection } from './terminal-list.ts'
import { wireSearch } from './terminal-search.ts'
import { wireState } from './terminal-state.ts'
import { type TerminalTabs, terminalTitle, wireTabs } from './terminal-tabs.ts'
import { setFontSize, setScreenReader, wireToolbar } from './terminal-toolbar.ts'
import { type Transcript, wireTranscript } from './transcript.ts'

/** Remembered for this tab of the browser only. */
const BESIDE_KEY = 'meshdojo:terminal-beside'

export class Terminals {
  readonly #pane: HTMLElement
  readonly #place: HTMLElement
  readonly #open = new Map<string, OpenTerminal>()
  readonly #tabs: TerminalTabs
  readonly #list: TerminalListConnection
  readonly #transcript: Transcript
  readonly #search: ReturnType<typeof wireSearch>
  readonly #drawState: ReturnType<typeof wireState>
  #terminals: readonly TerminalInfo[] = [{ id: activeTerminal(), title: '' }]
  #beside: string | undefined = sessionStorage.getItem(BESIDE_KEY) ?? undefined

  constructor(pane: HTMLElement) {
    this.#pane = pane
    this.#place = part(pane, '.terminal-screens')
    this.#place.replaceChildren()
    this.#drawState = wireState(pane)
    this.#transcript = wireTranscript(part(pane, '.terminal-transcript'))
    this.#search = wireSearch(
      part(pane, '.terminal-bar'),
      () => this.#current.view.search,
      () => this.#current.view.terminal.focus(),
    )
    this.#list = joinTerminalList({
      onList: terminals => this.#take(terminals),
      onOpened: id => this.#choose(id, true),
      onBusy: id => void this.#closeBusy(id),
      onError: text => announce(text),
    })
    this.#tabs = wireTabs(part(pane, '.tab-list'), {
      choose: id => this.#choose(id),
      rename: (id, title) => this.#list.send({ type: 'rename', id, title }),
      close: id => this.#close(id, false),
    })
    this.#wireButtons()
    document.addEventListener('meshdojo:terminal-shown', () => this.#fit())
    document.addEventListener('meshdojo:focus-terminal', () => this.#focus())
    this.#layOut()
  }

  /** Into the terminal that was used last. */
  run(command: string): void {
    this.#current.session.run(command)
  }

  /** Of the terminal that was used last. */
  text(): string {
    return this.#current.view.text()
  }

  get #current(): OpenTerminal {
    return this.#ensure(activeTerminal())
  }

  #ensure(id: string): OpenTerminal {
    const known = this.#open.get(id)
    if (known) return known
    const dialog = part<HTMLDialogElement>(this.#pane, '.paste-dialog')
    const made = new OpenTerminal(id, this.#place, dialog, {
      used: used => used !== activeTerminal() && this.#choose(used),
      search: () => this.#search.open(),
      step: by => this.#step(by),
      open: () => this.#list.send({ type: 'open' }),
      state: changed => changed === activeTerminal() && this.#showState(),
    })
    this.#open.set(id, made)
    return made
  }

  /** The server's list: tabs that were closed elsewhere go, new ones come. */
  #take(terminals: readonly TerminalInfo[]): void {
    this.#terminals = terminals
    const has = (id: string | undefined) => terminals.some(terminal => terminal.id === id)
    for (const [id, terminal] of this.#open)
      if (!has(id)) {
        this.#open.delete(id)
        terminal.dispose()
      }
    if (!has(activeTerminal())) setActiveTerminal(terminals.at(-1)?.id ?? '1')
    if (!has(this.#beside)) this.#beside = undefined
    this.#layOut()
  }

  #choose(id: string, withFocus = false): void {
    const before = activeTerminal()
    if (this.#beside === id) this.#beside = before
    setActiveTerminal(id)
    this.#layOut()
    if (withFocus) this.#focus()
  }

  #step(by: 1 | -1): void {
    const at = this.#terminals.findIndex(({ id }) => id === activeTerminal())
    const next = this.#terminals[(at + by + this.#terminals.length) % this.#terminals.length]
    if (next) this.#choose(next.id, true)
  }

  /** Tabs in their order decide which of two stands left, so that choosing does not swap them. */
  #layOut(): void {
    const active = activeTerminal()
    const inSight = this.#terminals.map(({ id }) => id).filter(id => id === active || id === this.#beside)
    for (const id of inSight) this.#ensure(id).setVisible(true)
    for (const [id, terminal] of this.#open) {
      if (!inSight.includes(id)) terminal.setVisible(false)
      terminal.screen.style.order = String(inSight.indexOf(id))
      terminal.screen.toggleAttribute('data-active', id === active)
    }
    this.#place.dataset['count'] = String(inSight.length)
    this.#pane.querySelector('[data-do=beside]')?.setAttribute('aria-pressed', String(inSight.length > 1))
    rememberBeside(this.#beside)
    this.#tabs.draw({ terminals: this.#terminals, active, beside: this.#beside })
    if (this.#transcript.open) this.#transcript.show(this.#current.view)
    this.#showState()
  }

  #showState(): void {
    // A terminal reports its first state while it is being made.
    const current = this.#open.get(activeTerminal())
    if (current) this.#drawState(current.state, current.message)
  }

  #fit(): void {
    for (const terminal of this.#open.values()) if (!terminal.screen.hidden) terminal.view.fit()
  }

  #focus(): void {
    showPaneOfTerminals()
    if (this.#transcript.open) part(this.#pane, '.terminal-transcript').focus()
    else this.#current.view.terminal.focus()
  }

  #close(id: string, force: boolean): void {
    this.#list.send({ type: 'close', id, force })
  }

  async #closeBusy(id: string): Promise<void> {
    const terminal = this.#terminals.find(one => one.id === id)
    if (!terminal) return
    const dialog = part<HTMLDialogElement>(this.#pane, '.close-dialog')
    part(dialog, 'h2').textContent = fill(theWords().terminals.closeBusy, { name: terminalTitle(terminal) })
    dialog.returnValue = ''
    dialog.showModal()
    await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }))
    if (dialog.returnValue === 'close') this.#close(id, true)
  }

  /** A second terminal beside the first; the next one, or a new one when there is none. */
  #toggleBeside(): void {
    if (this.#beside !== undefined) this.#beside = undefined
    else {
      const at = this.#terminals.findIndex(({ id }) => id === activeTerminal())
      const next = this.#terminals[at + 1] ?? this.#terminals[at - 1]
      this.#beside = next?.id ?? activeTerminal()
      if (!next) this.#list.send({ type: 'open' })
    }
    this.#layOut()
  }

  #wireButtons(): void {
    wireToolbar(this.#pane, {
      search: () => this.#search.open(),
      'search-next': () => this.#search.next(),
      'search-previous': () => this.#search.previous(),
      'search-close': () => this.#search.close(),
      open: () => this.#list.send({ type: 'open' }),
      beside: () => this.#toggleBeside(),
      reconnect: () => this.#current.session.retryNow(),
      smaller: () => this.#font(-1),
      larger: () => this.#font(1),
      'screen-reader': () => this.#toggleScreenReader(),
      transcript: () => this.#toggleTranscript(),
      key: bytes => {
        this.#current.view.terminal.input(bytes)
        this.#current.view.terminal.focus()
      },
    })
  }

  #font(by: number): void {
    const size = setFontSize(by)
    for (const { view } of this.#open.values()) {
      view.terminal.options.fontSize = size
      view.fit()
    }
  }

  #toggleScreenReader(): void {
    const on = !this.#current.view.terminal.options.screenReaderMode
    setScreenReader(this.#pane, on)
    for (const { view } of this.#open.values()) view.terminal.options.screenReaderMode = on
    announce(on ? theWords().terminals.readerOn : theWords().terminals.readerOff)
  }

  #toggleTranscript(): void {
    if (this.#transcript.open) this.#transcript.hide()
    else this.#transcript.show(this.#current.view)
    this.#pane
      .querySelector('[data-do=transcript]')
      ?.setAttribute('aria-pressed', String(this.#transcript.open))
    this.#pane.toggleAttribute('data-transcript', this.#transcript.open)
    this.#focus()
  }
}

const showPaneOfTerminals = (): void => {
  if (document.querySelector<HTMLElement>('.panes')?.dataset['view'] !== 'terminal') showPane('terminal')
}

function rememberBeside(id: string | undefined): void {
  try {
    if (id === undefined) sessionStorage.removeItem(BESIDE_KEY)
    else sessionStorage.setItem(BESIDE_KEY, id)
  } catch {
    // Storage is full or forbidden: a reload then shows one terminal.
  }
}

function part<Kind extends HTMLElement = HTMLElement>(pane: HTMLElement, selector: string): Kind {
  const found = pane.querySelector<Kind>(selector)
  if (!found) throw new Error(`layout/TerminalPane.astro has no ${selector}`)
  return found
}
