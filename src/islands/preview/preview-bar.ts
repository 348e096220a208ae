/** The row above the page: reload, address, signing in and out, reloading by itself. */
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface PreviewBarActions {
  go(path: string): void
  reload(): void
  signIn(user: string): void
  signOut(): void
  /** 0 for never. */
  reloadEvery(seconds: number): void
}

export interface PreviewBar {
  readonly element: HTMLElement
  showPath(path: string): void
  /** `` when nobody is signed in. */
  showUser(user: string): void
  setBusy(busy: boolean): void
}

const USER = 'jason'
const INTERVALS_SECONDS = [0, 1, 2, 5, 10]

export function previewBar(actions: PreviewBarActions, everySeconds: number): PreviewBar {
  const words = theWords().preview
  const reload = element('button', {
    type: 'button',
    class: 'icon-button',
    'aria-label': words.reload,
    title: words.reload,
  })
  reload.innerHTML =
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4" /></svg>'
  reload.addEventListener('click', () => actions.reload())

  const address = element('input', {
    class: 'preview-address',
    'aria-label': words.address,
    value: '/productpage',
    spellcheck: 'false',
    autocomplete: 'off',
    autocapitalize: 'off',
  })
  const form = element(
    'form',
    { class: 'preview-go' },
    element('span', { 'aria-hidden': 'true' }, 'bookinfo'),
    address,
  )
  form.addEventListener('submit', event => {
    event.preventDefault()
    const path = address.value.trim()
    actions.go(path.startsWith('/') ? path : `/${path}`)
  })

  const who = element('button', { type: 'button', class: 'button small quiet' })
  let user = ''
  who.addEventListener('click', () => (user === '' ? actions.signIn(USER) : actions.signOut()))

  const select = element(
    'select',
    { 'aria-label': words.every },
    ...INTERVALS_SECONDS.map(seconds =>
      element(
        'option',
        { value: String(seconds), selected: seconds === everySeconds },
        seconds === 0 ? words.never : fill(words.seconds, { seconds }),
      ),
    ),
  )
  select.addEventListener('change', () => actions.reloadEvery(Number(select.value)))

  const showUser = (now: string) => {
    user = now
    who.textContent = now === '' ? fill(words.signIn, { user: USER }) : fill(words.signOut, { user: now })
    who.toggleAttribute('data-signed-in', now !== '')
  }
  showUser('')
  return {
    element: element(
      'div',
      { class: 'preview-bar' },
      reload,
      form,
      who,
      element('label', { class: 'preview-every' }, element('span', {}, words.every), select),
    ),
    showPath: path => {
      if (document.activeElement !== address) address.value = path
    },
    showUser,
    setBusy: busy => reload.toggleAttribute('data-busy', busy),
  }
}
