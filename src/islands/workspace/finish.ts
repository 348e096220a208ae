/** The last words of a chapter, shown when every step is done. */
import { theConnection } from './page.ts'
import { doneSteps } from './progress.ts'

class Finish extends HTMLElement {
  connectedCallback(): void {
    theConnection().subscribe(state => {
      this.hidden = state.steps.size === 0 || doneSteps(state) < state.steps.size
    })
  }
}
customElements.define('meshdojo-finish', Finish)
