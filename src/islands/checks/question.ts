/** A question among the checks: the answer goes to the server, which judges it and remembers it. */
import { theConnection } from '../workspace/page.ts'

class Question extends HTMLElement {
  connectedCallback(): void {
    const step = this.closest<HTMLElement>('meshdojo-step')?.dataset['step'] ?? ''
    const check = this.dataset['question'] ?? ''
    const button = this.querySelector('button')
    this.addEventListener('change', () => {
      if (button) button.disabled = this.#chosen.length === 0
    })
    this.querySelector('form')?.addEventListener('submit', event => {
      event.preventDefault()
      if (this.#chosen.length > 0)
        theConnection().send({ type: 'answer-question', step, check, options: this.#chosen })
    })
    let drawn: string | undefined
    theConnection().subscribe(state => {
      const report = state.steps.get(step)?.checks.find(each => each.id === check)
      const now = JSON.stringify([report?.chosen, report?.state])
      if (!report || now === drawn) return
      drawn = now
      this.#draw(report.chosen, report.state === 'passed')
    })
  }

  get #inputs(): HTMLInputElement[] {
    return [...this.querySelectorAll('input')]
  }

  get #chosen(): string[] {
    return this.#inputs.filter(({ checked }) => checked).map(({ value }) => value)
  }

  #draw(chosen: readonly string[] | undefined, isRight: boolean): void {
    // Without an answer on the server (also after a reset) what is being chosen stays.
    if (chosen) for (const input of this.#inputs) input.checked = chosen.includes(input.value)
    for (const input of this.#inputs) input.disabled = isRight
    const button = this.querySelector('button')
    if (!button) return
    button.hidden = isRight
    button.disabled = this.#chosen.length === 0
  }
}
customElements.define('meshdojo-question', Question)
