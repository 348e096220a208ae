/** The instructor's terminal on a learner's page, while it is shown to all. */
import { fill } from '../../language/index.ts'
import type { WatchedTerminal } from '../workshop/watch-terminal.ts'
import { element } from '../workspace/element.ts'
import { announce, theWords } from '../workspace/page.ts'

export class ShownTerminal {
  readonly host = element('section', { class: 'shown-terminal', hidden: true })
  readonly #title = element('h2')
  readonly #screen = element('div', { class: 'shown-screen', dir: 'ltr' })
  readonly #fold = element('button', { type: 'button', class: 'button small quiet' })
  #watched: WatchedTerminal | undefined

  constructor() {
    this.#fold.addEventListener('click', () => {
      this.host.toggleAttribute('data-folded')
      this.#draw()
    })
    this.host.append(element('header', {}, this.#title, this.#fold), this.#screen)
  }

  set(on: boolean, by: string): void {
    const words = theWords().seat
    this.host.hidden = !on
    if (!on) {
      this.#watched?.dispose()
      this.#watched = undefined
      return
    }
    this.#title.textContent = fill(words.broadcast, { name: by })
    this.host.setAttribute('aria-label', this.#title.textContent)
    announce(this.#title.textContent)
    this.#draw()
    void this.#watch()
  }

  async #watch(): Promise<void> {
    const { watchTerminal } = await import('../workshop/watch-terminal.ts')
    if (this.host.hidden || this.#watched) return
    this.#watched = watchTerminal(this.#screen, {
      path: '/ws/seat/broadcast',
      acknowledges: false,
      onState: () => undefined,
    })
  }

  #draw(): void {
    const { broadcastShow, broadcastHide } = theWords().seat
    this.#fold.textContent = this.host.hasAttribute('data-folded') ? broadcastShow : broadcastHide
  }
}
