/** `<Predict>`: a guess, kept in this browser, and judged once its step has passed. */
import { fill } from '../../language/index.ts'
import { theConnection, theWords, thisPage } from '../workspace/page.ts'

class Predict extends HTMLElement {
  #judged = false

  connectedCallback(): void {
    const step = this.closest<HTMLElement>('meshdojo-step')?.dataset['step'] ?? ''
    const key = `meshdojo:guess:${thisPage().chapter}:${step}`
    const kept = localStorage.getItem(key)
    if (kept !== null) this.#press(kept)
    for (const button of this.#options)
      button.addEventListener('click', () => {
        if (this.#judged) return
        const guess = button.dataset['option'] ?? ''
        localStorage.setItem(key, guess)
        this.#press(guess)
      })
    theConnection().subscribe(state => {
      const report = state.steps.get(step)
      if (report?.state === 'passed') this.#judge()
    })
  }

  get #options(): HTMLButtonElement[] {
    return [...this.querySelectorAll<HTMLButtonElement>('[data-option]')]
  }

  #press(guess: string): void {
    for (const button of this.#options)
      button.setAttribute('aria-pressed', String(button.dataset['option'] === guess))
  }

  #judge(): void {
    const guess = this.#options.find(button => button.getAttribute('aria-pressed') === 'true')
    if (this.#judged || !guess) return
    this.#judged = true
    const answer = this.#options.find(button => button.dataset['option'] === this.dataset['answer'])
    answer?.classList.add('right')
    const verdict = this.querySelector<HTMLElement>('.verdict')
    if (!verdict) return
    const words = theWords()
    verdict.hidden = false
    verdict.textContent =
      guess === answer ? words.predictRight : fill(words.predictWrong, { answer: answer?.textContent ?? '' })
  }
}
customElements.define('meshdojo-predict', Predict)
