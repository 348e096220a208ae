/**
 * A question among the checks: each choice goes to the server, which judges it at once and remembers it. Arrow keys move
 * between single answers without choosing them, as they would be judged on the way; Space chooses.
 */
import type { ChapterState } from '../connection/chapter-connection.ts'
import { announce, theConnection, theWords } from '../workspace/page.ts'

/** How far an arrow key goes. */
const ARROWS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }

class Question extends HTMLElement {
  #isAnswered = false
  #drawn = ''

  connectedCallback(): void {
    this.addEventListener('change', () => this.#answer())
    this.addEventListener('keydown', event => this.#moveFocus(event))
    // An answer that was right stays; its options can still be read one by one.
    this.addEventListener('click', event => {
      if (this.#isAnswered && event.target instanceof HTMLInputElement) event.preventDefault()
    })
    theConnection().subscribe(state => this.#draw(state))
  }

  get #step(): string {
    return this.closest<HTMLElement>('meshdojo-step')?.dataset['step'] ?? ''
  }

  get #check(): string {
    return this.dataset['question'] ?? ''
  }

  get #inputs(): HTMLInputElement[] {
    return [...this.querySelectorAll('input')]
  }

  #answer(): void {
    const connection = theConnection()
    const step = this.#step
    const options = this.#inputs.flatMap(({ checked, value }) => (checked ? [value] : []))
    // Whoever answers has read as far: the step begins.
    if (connection.state.steps.get(step)?.state === 'upcoming') connection.send({ type: 'open-step', step })
    if (!connection.send({ type: 'answer-question', step, check: this.#check, options }))
      announce(theWords().steps.notConnected)
  }

  #draw({ steps }: ChapterState): void {
    const report = steps.get(this.#step)?.checks.find(({ id }) => id === this.#check)
    if (!report) return
    const drawn = JSON.stringify([report.chosen, report.state])
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    this.#isAnswered = report.state === 'passed'
    for (const input of this.#inputs) {
      input.checked = report.chosen?.includes(input.value) ?? false
      input.setAttribute('aria-disabled', String(this.#isAnswered))
    }
  }

  #moveFocus(event: KeyboardEvent): void {
    const by = ARROWS[event.key]
    const inputs = this.#inputs
    const from = event.target instanceof HTMLInputElement ? inputs.indexOf(event.target) : -1
    if (by === undefined || inputs[from]?.type !== 'radio') return
    event.preventDefault()
    inputs[(from + by + inputs.length) % inputs.length]?.focus()
  }
}
customElements.define('meshdojo-question', Question)
