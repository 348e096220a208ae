/** What stands between the learner and the chapter just now: a starting sandbox, a failure, a lost connection; each with a way on. */
import { fill } from '../../language/index.ts'
import type { ChapterState } from '../connection/chapter-connection.ts'
import { element, prose } from './element.ts'
import { theConnection, theWords } from './page.ts'
import { standing } from './sandbox-pill.ts'

class Notice extends HTMLElement {
  #ticking: ReturnType<typeof setInterval> | undefined

  connectedCallback(): void {
    theConnection().subscribe(state => this.#draw(state))
  }

  #draw(state: ChapterState): void {
    clearInterval(this.#ticking)
    const content = this.#content(state)
    this.hidden = content === undefined
    if (content) this.replaceChildren(...content)
  }

  #content(state: ChapterState): Node[] | undefined {
    switch (standing(state)) {
      case 'lost':
        return this.#lost(state)
      case 'failed':
        return this.#failed(state)
      case 'starting':
        return this.#starting(state)
      case 'queued':
        return this.#queued(state)
      case 'asleep':
        return this.#asleep()
      default:
        return state.error ? this.#error(state.error) : undefined
    }
  }

  #starting({ sandbox }: ChapterState): Node[] {
    this.dataset['kind'] = 'starting'
    const bar = element(
      'span',
      { class: 'track', role: 'progressbar', 'aria-label': theWords().sandboxStartingNote },
      element('i'),
    )
    bar.style.setProperty('--done', String(sandbox?.progress ?? 0))
    return [paragraph(sandbox?.message || theWords().sandboxStartingNote), bar]
  }

  /** The server's words know about how long it takes. */
  #queued({ sandbox }: ChapterState): Node[] {
    this.dataset['kind'] = 'starting'
    return [paragraph(sandbox?.message || fill(theWords().frame.queuedNote, { place: sandbox?.queue ?? 1 }))]
  }

  #asleep(): Node[] {
    this.dataset['kind'] = 'asleep'
    const { asleepNote, wake } = theWords().frame
    return [paragraph(asleepNote), button(wake, () => theConnection().send({ type: 'retry-sandbox' }))]
  }

  #failed({ sandbox }: ChapterState): Node[] {
    this.dataset['kind'] = 'failed'
    return [
      paragraph(sandbox?.message || theWords().sandboxFailedNote),
      button(theWords().retry, () => theConnection().send({ type: 'retry-sandbox' })),
    ]
  }

  #lost({ link }: ChapterState): Node[] {
    this.dataset['kind'] = 'lost'
    const text = element('p')
    const update = () => {
      const seconds = link.name === 'lost' ? Math.ceil((link.retryAt - Date.now()) / 1000) : 0
      const words = theWords()
      text.textContent = seconds > 0 ? fill(words.sandboxLostNote, { seconds }) : words.sandboxLostNow
    }
    update()
    this.#ticking = setInterval(update, 500)
    return [text, button(theWords().retry, () => theConnection().retryNow())]
  }

  #error({ message, hint }: { message: string; hint: string }): Node[] {
    this.dataset['kind'] = 'failed'
    return [paragraph(`${message} ${hint}`), button(theWords().dismiss, () => theConnection().dismissError())]
  }
}

const paragraph = (text: string): HTMLElement => element('p', {}, prose(text))

function button(text: string, onClick: () => void): HTMLElement {
  const made = element('button', { type: 'button', class: 'button small' }, text)
  made.addEventListener('click', onClick)
  return made
}

customElements.define('meshdojo-notice', Notice)
