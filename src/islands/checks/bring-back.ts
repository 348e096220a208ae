/** Reset this step, jump to it, start the chapter over: asked for once more, with how far it is and how long it took. */
import type { ChapterClientMessage } from '../../../sandbox-server/protocol/messages.ts'
import { fill } from '../../language/index.ts'
import type { ChapterState } from '../connection/chapter-connection.ts'
import { element } from '../workspace/element.ts'
import { announce, theConnection, theWords, thisPage } from '../workspace/page.ts'
import { type Confirmation, confirmLoss } from './confirm.ts'

const WISHES = ['reset-step', 'jump-to-step', 'start-over'] as const
type Wish = (typeof WISHES)[number]
const isWish = (value: string | undefined): value is Wish => WISHES.some(wish => wish === value)

const TICK_MS = 100
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1)

/** The buttons and the line below them of one step. */
export class BringBack {
  readonly #step: string
  readonly #root: HTMLElement
  readonly #line: HTMLElement | null
  #ticking: ReturnType<typeof setInterval> | undefined
  /** Drawn last. */
  #shown: ChapterState['restoration']

  constructor(root: HTMLElement, step: string) {
    this.#root = root
    this.#step = step
    this.#line = root.querySelector('.brought-back')
    root.addEventListener('click', event => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-do]') : null
      if (isWish(button?.dataset['do'])) void this.#ask(button.dataset['do'])
    })
  }

  draw(state: ChapterState): void {
    const { restoration } = state
    const standing = state.steps.get(this.#step)?.state
    for (const wish of WISHES) {
      const button = this.#root.querySelector<HTMLButtonElement>(`[data-do=${wish}]`)
      if (!button) continue
      button.disabled = restoration !== undefined && restoration.milliseconds === undefined
      // Unfolding a step begins it on the cluster as it is: jumping there is still another thing.
      if (wish === 'reset-step') button.hidden = standing !== 'active' && standing !== 'passed'
    }
    if (restoration === this.#shown) return
    this.#shown = restoration
    this.#drawLine(restoration?.step === this.#step ? restoration : undefined)
  }

  #drawLine(restoration: ChapterState['restoration']): void {
    clearInterval(this.#ticking)
    const line = this.#line
    if (!line) return
    line.hidden = restoration === undefined
    const words = theWords().steps
    if (!restoration) return line.replaceChildren()
    const { milliseconds, failed } = restoration
    if (milliseconds !== undefined) {
      const text = failed ? words.notRestored : fill(words.restored, { seconds: seconds(milliseconds) })
      line.textContent = text
      return announce(text)
    }
    const beganAt = performance.now()
    const text = element('span')
    const tick = () => {
      text.textContent = fill(words.restoring, { seconds: seconds(performance.now() - beganAt) })
    }
    tick()
    line.replaceChildren(element('span', { class: 'spinner', 'aria-hidden': 'true' }), text)
    this.#ticking = setInterval(tick, TICK_MS)
  }

  async #ask(wish: Wish): Promise<void> {
    if (!(await confirmLoss(this.#confirmation(wish)))) return
    const message: ChapterClientMessage =
      wish === 'start-over' ? { type: wish } : { type: wish, step: this.#step }
    if (!theConnection().send(message)) announce(theWords().steps.notConnected)
  }

  #confirmation(wish: Wish): Confirmation {
    const words = theWords().steps
    const { titles } = thisPage()
    const ids = Object.keys(titles)
    const title = titles[this.#step] ?? ''
    switch (wish) {
      case 'reset-step':
        return {
          title: fill(words.resetTitle, { title }),
          text: words.resetText,
          loses: [words.resetLoses, words.resetLosesTicks],
          action: words.reset,
        }
      case 'jump-to-step': {
        const count = ids.length - 1 - ids.indexOf(this.#step)
        return {
          title: fill(words.jumpTitle, { title }),
          text: words.jumpText,
          loses: [words.jumpLoses, fill(words.jumpLosesSteps, { count })],
          action: words.jump,
        }
      }
      case 'start-over': {
        const steps = [...theConnection().state.steps.values()]
        const passed = steps.filter(({ state }) => state === 'passed').length
        return {
          title: words.startOverTitle,
          text: words.startOverText,
          loses: [words.startOverLoses, fill(words.startOverLosesSteps, { passed, total: ids.length })],
          action: words.startOver,
        }
      }
    }
  }
}
