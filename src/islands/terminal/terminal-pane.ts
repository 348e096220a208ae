/** The terminals' place on the page: loads xterm.js when the page is idle and hands over what was clicked until then. */
import type { RunCommand } from '../checks/run.ts'
import { theWords } from '../workspace/page.ts'

const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work, { timeout: 300 }) : setTimeout(work, 50)

class TerminalPane extends HTMLElement {
  /** Commands that were clicked before the terminal was there. */
  readonly #early: string[] = []
  #run = (command: string): void => void this.#early.push(command)

  connectedCallback(): void {
    document.addEventListener('meshdojo:run', event => {
      if (event instanceof CustomEvent) this.#run((event as CustomEvent<RunCommand>).detail.command)
    })
    whenIdle(() => {
      this.#start().catch((error: unknown) => {
        console.error(error)
        const note = this.querySelector('.terminal-placeholder')
        if (note) note.textContent = theWords().terminalLoadFailed
      })
    })
  }

  async #start(): Promise<void> {
    const { Terminals } = await import('./terminals.ts')
    const terminals = new Terminals(this)
    this.#run = command => terminals.run(command)
    for (const command of this.#early.splice(0)) terminals.run(command)
    window.meshdojo = { terminalText: () => terminals.text() }
  }
}
customElements.define('meshdojo-terminal', TerminalPane)
