/** Signing in: by the link that works once, by password, or at the organisation. */
import type { MeResponse } from '../../../sandbox-server/protocol/accounts.ts'
import { fill, localPath } from '../../language/index.ts'
import { element, prose } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api, reasonOf } from './api.ts'
import { failure, field, form, input, submitButton } from './ui.ts'

class SignIn extends HTMLElement {
  connectedCallback(): void {
    const code = /^#code=(.+)$/.exec(location.hash)?.[1]
    void (code === undefined ? this.#begin() : this.#byCode(decodeURIComponent(code)))
  }

  /** The code leaves the address bar and the history: it works once, and screens are shared. */
  async #byCode(code: string): Promise<void> {
    const words = theWords().workshop.signIn
    history.replaceState(null, '', location.pathname)
    this.replaceChildren(element('p', { role: 'status' }, words.checking))
    try {
      await api('POST', '/api/sign-in/code', { code })
      this.#enter()
    } catch (error) {
      await this.#begin(`${words.codeFailed}: ${reasonOf(error)}`)
    }
  }

  async #begin(problem = ''): Promise<void> {
    try {
      const me = await api<MeResponse>('GET', '/api/me')
      if (me.user && problem === '') return this.#enter()
      this.#draw(me, problem)
    } catch (error) {
      this.replaceChildren(failure(error, () => void this.#begin(problem)))
    }
  }

  #enter(): void {
    const next = new URLSearchParams(location.search).get('next') ?? ''
    const hash = next.startsWith('#') ? next : ''
    location.replace(`${localPath('/workshops/', thisPage().language)}${hash}`)
  }

  #draw({ firstSignIn, oidc }: MeResponse, problem: string): void {
    const words = theWords().workshop.signIn
    const email = input('email', '', { required: true, autocomplete: 'username' })
    const password = input('password', '', { required: true, autocomplete: 'current-password' })
    const notice = element('p', {
      class: 'callout',
      'data-kind': 'bad',
      role: 'alert',
      hidden: problem === '',
    })
    notice.append(prose(problem))
    const submit = submitButton(words.submit)
    const signIn = async () => {
      try {
        await api('POST', '/api/sign-in/password', { email: email.value, password: password.value })
        this.#enter()
      } catch (error) {
        notice.hidden = false
        notice.replaceChildren(prose(reasonOf(error)))
        password.select()
      }
    }
    const parts: Node[] = [notice]
    if (firstSignIn) parts.push(element('p', { class: 'callout' }, prose(words.first)))
    if (oidc) {
      const back = encodeURIComponent(localPath('/workshops/', thisPage().language))
      parts.push(
        element(
          'a',
          { class: 'button big', href: `/api/sign-in/oidc?return=${back}` },
          fill(words.oidc, { name: oidc.name }),
        ),
        element('p', { class: 'or' }, words.or),
      )
    }
    parts.push(
      form(
        signIn,
        submit,
        field(words.email, email),
        field(words.password, password),
        element('p', { class: 'actions' }, submit),
      ),
      element('p', {}, element('a', { href: localPath('/join/', thisPage().language) }, words.joinInstead)),
    )
    this.replaceChildren(...parts)
  }
}
customElements.define('meshdojo-sign-in', SignIn)
