/** The pages of those who run workshops: one file of the site, its views behind the `#`, each loaded when it is asked for. */
import type { MeResponse } from '../../../sandbox-server/protocol/accounts.ts'
import { localPath } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { button, failure } from './ui.ts'
import type { Account, View } from './view.ts'

type Load = () => Promise<View>

const VIEWS: Record<string, Load> = {
  list: async () => (await import('./list-view.ts')).listView,
  form: async () => (await import('./form-view.ts')).formView,
  live: async () => (await import('./live-view.ts')).liveView,
  results: async () => (await import('./results-view.ts')).resultsView,
  settings: async () => (await import('./settings-view.ts')).settingsView,
  replay: async () => (await import('../replay/replay-view.ts')).replayView,
  account: async () => (await import('./account-view.ts')).accountView,
}

/** Which view a way leads to. */
export function viewOf([first = '', second = '']: readonly string[]): keyof typeof VIEWS {
  if (first === '') return 'list'
  if (first === 'new') return 'form'
  if (first === 'account') return 'account'
  if (second === 'edit') return 'form'
  return second in VIEWS ? second : 'live'
}

class WorkshopApp extends HTMLElement {
  readonly #place = element('div', { class: 'view' })
  #leaving = new AbortController()

  connectedCallback(): void {
    window.addEventListener('hashchange', () => void this.#show())
    void this.#show()
  }

  async #show(): Promise<void> {
    this.#leaving.abort()
    const leaving = new AbortController()
    this.#leaving = leaving
    const host = element('div', { class: 'view' })
    host.append(element('p', { class: 'dim' }, theWords().workshop.loading))
    try {
      const me = await this.#me()
      if (leaving.signal.aborted || !me) return
      this.#frame(me)
      const way = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent)
      const load = VIEWS[viewOf(way)] ?? VIEWS['list']
      const view = await load?.()
      if (leaving.signal.aborted) return
      const fresh = element('div', { class: `view view-${viewOf(way)}` })
      this.#place.replaceChildren(fresh)
      await view?.({ host: fresh, me, way, signal: leaving.signal })
      if (!leaving.signal.aborted) fresh.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
    } catch (error) {
      if (leaving.signal.aborted) return
      if (!this.contains(this.#place)) this.replaceChildren(this.#place)
      this.#place.replaceChildren(failure(error, () => void this.#show()))
    }
  }

  /** Undefined when nobody is signed in: then this page is left for the sign-in. */
  async #me(): Promise<Account | undefined> {
    const { user } = await api<MeResponse>('GET', '/api/me')
    if (user) return user
    const next = `?next=${encodeURIComponent(location.hash)}`
    location.replace(`${localPath('/sign-in/', thisPage().language)}${next}`)
    return undefined
  }

  #frame(me: Account): void {
    const words = theWords().workshop
    const way = location.hash.replace(/^#/, '')
    const item = (href: string, text: string, here: boolean) =>
      element('a', { href, 'aria-current': here ? 'page' : undefined }, text)
    const nav = element(
      'nav',
      { class: 'app-nav', 'aria-label': words.nav.label },
      item('#', words.nav.list, way === ''),
      item('#account', words.nav.account, way === 'account'),
      element('span', { class: 'grow' }),
      element('span', { class: 'dim', dir: 'auto' }, `${me.name} · ${words.role[me.role]}`),
      button(
        words.nav.signOut,
        async () => {
          await api('POST', '/api/sign-out')
          location.assign(localPath('/sign-in/', thisPage().language))
        },
        { kind: 'quiet' },
      ),
    )
    this.replaceChildren(nav, this.#place)
  }
}
customElements.define('meshdojo-workshops', WorkshopApp)
