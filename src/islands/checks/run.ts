/** `<Run>`: a click types the command into the terminal, as the learner would. */
import { theWords } from '../workspace/page.ts'
import { showPane } from '../workspace/panes.ts'

/** The terminal listens for it; `command` has no newline at its end. */
export interface RunCommand {
  command: string
}

export function runInTerminal(command: string): void {
  showPane('terminal')
  document.dispatchEvent(new CustomEvent<RunCommand>('meshdojo:run', { detail: { command } }))
}

/** Copies and says so on the button for a moment. */
export async function copyFrom(button: HTMLElement, text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
  button.dataset['copied'] = theWords().copied
  setTimeout(() => delete button.dataset['copied'], 1500)
}

export class Run extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', event => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-do]') : null
      if (button?.dataset['do'] === 'run') runInTerminal(this.command)
      if (button?.dataset['do'] === 'copy') void copyFrom(button, this.command)
    })
  }

  get command(): string {
    return (this.querySelector('code')?.textContent ?? '').trimEnd()
  }
}
customElements.define('meshdojo-run', Run)
