/** How many steps are done, in the header and by the chapter's end; remembered so that a reload folds at once. */
import { fill } from '../../language/index.ts'
import type { ChapterState } from '../connection/chapter-connection.ts'
import { theConnection, theWords, thisPage } from './page.ts'

export const doneSteps = (state: ChapterState): number =>
  [...state.steps.values()].filter(step => step.state === 'passed' || step.state === 'skipped').length

function remember(state: ChapterState): void {
  const states = Object.fromEntries([...state.steps].map(([id, step]) => [id, step.state]))
  try {
    localStorage.setItem(`meshdojo:steps:${thisPage().chapter}`, JSON.stringify(states))
  } catch {
    // Storage is full or forbidden: only the folding of the first paint depends on it.
  }
}

class Progress extends HTMLElement {
  connectedCallback(): void {
    theConnection().subscribe(state => {
      if (state.steps.size === 0) return
      remember(state)
      this.#show(doneSteps(state), state.steps.size)
    })
  }

  #show(passed: number, total: number): void {
    const track = this.querySelector<HTMLElement>('.track')
    track?.setAttribute('aria-valuenow', String(passed))
    track?.style.setProperty('--done', String(passed / total))
    const count = this.querySelector('.count')
    if (count) count.textContent = fill(theWords().stepsDone, { passed, total })
  }
}
customElements.define('meshdojo-progress', Progress)
