/**
 * Where a link from another device leads. Nothing happens before the person says so: programs that look at links ahead
 * do not use this one up, and nobody becomes somebody else unasked.
 */
import { fill, localPath } from '../../language/index.ts'
import { session } from '../connection/session.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { takeDeviceLink } from './device-api.ts'

/** What this browser remembers of the learner it was: which steps are folded. */
const REMEMBERED = 'meshdojo:steps:'

class ContinueHere extends HTMLElement {
  connectedCallback(): void {
    window.addEventListener('hashchange', () => void this.#ask())
    void this.#ask()
  }

  async #ask(): Promise<void> {
    const words = theWords().device
    const token = location.hash.slice(1)
    if (token === '') return this.#show(element('p', {}, words.noLink), home())
    const own = await stepsPassedHere()
    const go = element('button', { type: 'button', class: 'button big' }, words.goOn)
    go.addEventListener('click', () => void this.#use(token, go))
    this.#show(
      element('p', {}, words.question),
      ...(own > 0
        ? [element('p', { class: 'callout', 'data-kind': 'full' }, fill(words.replaces, { passed: own }))]
        : []),
      element('p', { class: 'dim' }, words.foreign),
      go,
    )
  }

  async #use(token: string, go: HTMLButtonElement): Promise<void> {
    go.disabled = true
    try {
      await takeDeviceLink(token)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const problem = element('p', { class: 'callout', 'data-kind': 'bad', role: 'alert' }, reason)
      return this.#show(problem, home())
    }
    forgetSteps()
    // Replaced: the way back does not lead to a link that is used up.
    location.replace(localPath('/', thisPage().language))
  }

  #show(...content: Node[]): void {
    const heading = element('h1', { id: '_top' }, theWords().device.title)
    this.replaceChildren(heading, ...content)
  }
}

const home = (): HTMLElement =>
  element('p', {}, element('a', { href: localPath('/', thisPage().language) }, theWords().device.home))

async function stepsPassedHere(): Promise<number> {
  try {
    const { chapters } = await session()
    return Object.values(chapters).reduce((sum, { passed }) => sum + passed, 0)
  } catch {
    return 0 // Using the link will say that the server is away.
  }
}

function forgetSteps(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(REMEMBERED)) localStorage.removeItem(key)
  } catch {
    // Storage is forbidden: then nothing was remembered.
  }
}

customElements.define('meshdojo-continue-here', ContinueHere)
