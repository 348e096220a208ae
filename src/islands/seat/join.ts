/** Joining a workshop: one screen after the other, each with one question, and each answer in plain words. */
import type { JoinInfo, JoinResponse, SeatInfo } from '../../../sandbox-server/protocol/workshops.ts'
import { fill, localPath } from '../../language/index.ts'
import { ApiFailure, api, reasonOf } from '../workshop/api.ts'
import { when } from '../workshop/format.ts'
import { button, copyable, field, form, input, submitButton } from '../workshop/ui.ts'
import { element, prose } from '../workspace/element.ts'
import { announce, theWords, thisPage } from '../workspace/page.ts'

/** How often a page that waits for the opening asks again. */
const ASK_AGAIN_MS = 5_000

class Join extends HTMLElement {
  #asking: ReturnType<typeof setTimeout> | undefined
  #code = ''

  connectedCallback(): void {
    window.addEventListener('hashchange', () => this.#start())
    this.#start()
  }

  disconnectedCallback(): void {
    clearTimeout(this.#asking)
  }

  #start(): void {
    clearTimeout(this.#asking)
    const hash = decodeURIComponent(location.hash.slice(1))
    const back = /^back=(.+)$/.exec(hash)?.[1]
    if (back !== undefined) return void this.#byLink(back)
    if (hash !== '') return void this.#find(hash)
    void this.#begin()
  }

  #show(title: string, ...content: Node[]): void {
    const heading = element('h1', { id: '_top', tabindex: '-1', dir: 'auto' }, title)
    this.replaceChildren(heading, ...content)
    if (document.activeElement === document.body) heading.focus({ preventScroll: true })
    announce(title)
  }

  async #begin(): Promise<void> {
    const words = theWords().join
    const seat = await api<{ seat: SeatInfo | null }>('GET', '/api/seat').then(
      answer => answer.seat,
      () => null,
    )
    const parts = seat ? [this.#already(seat)] : []
    this.#show(words.title, element('p', { class: 'dim' }, words.description), ...parts, this.#askCode(''))
  }

  #already(seat: SeatInfo): HTMLElement {
    const words = theWords().join
    return element(
      'div',
      { class: 'callout', 'data-kind': 'ok' },
      element('p', {}, fill(words.already, { title: seat.workshop.title, name: seat.name })),
      element(
        'p',
        { class: 'actions' },
        element('a', { class: 'button small', href: firstChapter(seat) }, words.goOn),
        button(
          words.leave,
          async () => {
            await api('POST', '/api/seat/leave')
            location.assign(localPath('/', thisPage().language))
          },
          { kind: 'quiet' },
        ),
      ),
    )
  }

  #askCode(problem: string): HTMLElement {
    const words = theWords().join
    const code = input('text', this.#code, {
      required: true,
      maxlength: '40',
      autocomplete: 'off',
      autocapitalize: 'characters',
      spellcheck: 'false',
      class: 'code',
    })
    const submit = submitButton(words.next)
    const next = async () => {
      const typed = code.value.trim()
      // The same code again changes no hash.
      if (decodeURIComponent(location.hash.slice(1)) === typed) await this.#find(typed)
      else location.hash = encodeURIComponent(typed)
    }
    return element(
      'div',
      {},
      alert(problem),
      form(
        next,
        submit,
        field(words.code, code, { hint: words.codeHint }),
        element('p', { class: 'actions' }, submit),
      ),
      element(
        'p',
        {},
        element('a', { href: localPath('/workshops/', thisPage().language) }, words.instructor),
      ),
    )
  }

  async #find(code: string): Promise<void> {
    this.#code = code
    try {
      const info = await api<JoinInfo>('GET', `/api/join/${encodeURIComponent(code)}`)
      if (info.state === 'open' || info.state === 'full') return this.#ask(info)
      this.#waitOrEnd(info)
    } catch (error) {
      const words = theWords().join
      this.#show(
        words.title,
        element('p', { class: 'dim' }, words.description),
        this.#askCode(reasonOf(error)),
      )
    }
  }

  /** Not open: said plainly; what opens by itself is waited for. */
  #waitOrEnd({ title, state, message, opensAt }: JoinInfo): void {
    const words = theWords().join
    const { language } = thisPage()
    const times = opensAt !== null && state === 'scheduled' ? fill(words.opens, { time: when(opensAt) }) : ''
    this.#show(
      title,
      element(
        'div',
        { class: 'callout', 'data-kind': state, role: 'status' },
        element('p', {}, `${message[language]} ${times}`),
        ...(state === 'scheduled' ? [element('p', { class: 'dim' }, words.waiting)] : []),
      ),
      element(
        'p',
        { class: 'actions' },
        element('a', { class: 'button quiet', href: localPath('/', language) }, words.alone),
        element('a', { class: 'button quiet', href: '#' }, words.otherCode),
      ),
    )
    if (state === 'scheduled') this.#asking = setTimeout(() => void this.#find(this.#code), ASK_AGAIN_MS)
  }

  /** Name, and PIN. Who was here before says so, or is told when the name is taken. */
  #ask(info: JoinInfo): void {
    const words = theWords().join
    const { language } = thisPage()
    const isFull = info.state === 'full'
    const name = input('text', '', { required: true, maxlength: '80', autocomplete: 'name' })
    const pin = input('text', '', {
      inputmode: 'numeric',
      pattern: '[0-9]{4,8}',
      maxlength: '8',
      autocomplete: 'off',
      class: 'pin',
    })
    const pinField = field(words.pin, pin, { hint: ' ' })
    const hint = pinField.querySelector('.field-hint')
    const problem = alert('')
    const back = input('checkbox', '', { checked: isFull })
    back.id = 'join-back'
    const submit = submitButton(words.submit)
    const draw = () => {
      const chooses = info.pins === 'choose' && !back.checked
      pinField.hidden = !(chooses || back.checked)
      pin.required = !pinField.hidden
      if (hint) hint.textContent = chooses ? words.pinChoose : words.pinBack
      submit.textContent = back.checked ? words.back : words.submit
    }
    back.addEventListener('change', draw)
    draw()
    const join = async () => {
      try {
        const body = { code: this.#code, name: name.value, ...(pinField.hidden ? {} : { pin: pin.value }) }
        this.#welcome(await api<JoinResponse>('POST', '/api/join', body))
      } catch (error) {
        if (error instanceof ApiFailure && ['name_taken', 'pin_needed', 'wrong_pin'].includes(error.code)) {
          if (error.code !== 'pin_needed' || info.pins !== 'choose') back.checked = true
          draw()
          pin.select()
        }
        say(problem, reasonOf(error))
      }
    }
    const notes = [
      ...(info.rosterOnly ? [words.rosterOnly] : []),
      ...(info.pins === 'given' ? [words.pinGiven] : []),
      info.recordings ? words.recorded : words.watched,
      ...(info.closesAt === null ? [] : [fill(words.closes, { time: when(info.closesAt) })]),
    ]
    const wasHere =
      info.pins === 'none'
        ? []
        : [element('p', { class: 'tick-box' }, back, element('label', { for: back.id }, words.pinHave))]
    this.#show(
      info.title,
      ...(isFull
        ? [element('p', { class: 'callout', 'data-kind': 'full', role: 'status' }, info.message[language])]
        : []),
      problem,
      form(
        join,
        submit,
        field(words.name, name, { hint: words.nameHint }),
        pinField,
        ...wasHere,
        element(
          'p',
          { class: 'actions' },
          submit,
          element('a', { class: 'button quiet', href: '#' }, words.otherCode),
        ),
      ),
      element('ul', { class: 'dim notes' }, ...notes.map(note => element('li', {}, note))),
    )
    name.focus()
  }

  async #byLink(token: string): Promise<void> {
    const words = theWords().join
    // A secret: it does not stay in the address bar.
    history.replaceState(null, '', location.pathname)
    this.#show(words.title, element('p', { role: 'status' }, words.checking))
    try {
      this.#welcome(await api<JoinResponse>('POST', '/api/join/link', { token }))
    } catch (error) {
      this.#show(words.title, alert(reasonOf(error)), this.#askCode(''))
    }
  }

  #welcome({ seat, pin, rejoinUrl, returning }: JoinResponse): void {
    const words = theWords().join
    const phrase = returning ? words.welcomeBack : words.welcome
    // A seat's language is the workshop's; the learner may switch.
    const begin = element(
      'a',
      { class: 'button big', href: firstChapter(seat) },
      returning ? words.goOn : words.begin,
    )
    const keep: Node[] = []
    if (pin !== null)
      keep.push(
        element('p', {}, words.yourPin),
        element('p', { class: 'big-pin' }, pin),
        element('p', { class: 'dim' }, words.pinKeep),
      )
    if (rejoinUrl !== null) keep.push(element('p', {}, words.link), copyable(rejoinUrl, words.link))
    this.#show(
      fill(phrase, { name: seat.name }),
      element('p', { class: 'dim', dir: 'auto' }, seat.workshop.title),
      ...(keep.length > 0 ? [element('div', { class: 'keep' }, ...keep)] : []),
      element('p', { class: 'actions' }, begin),
    )
    begin.focus()
  }
}

/** Where a learner goes on: the page's language when it was chosen, else the workshop's. */
function firstChapter({ workshop }: SeatInfo): string {
  const chosen = thisPage().language
  const language = chosen === 'en' ? workshop.language : chosen
  const [first] = workshop.chapters
  return localPath(first === undefined ? '/' : `/chapters/${first}/`, language)
}

function alert(text: string): HTMLElement {
  const made = element('p', { class: 'callout', 'data-kind': 'bad', role: 'alert' })
  say(made, text)
  return made
}

function say(place: HTMLElement, text: string): void {
  place.hidden = text === ''
  place.replaceChildren(prose(text))
}

customElements.define('meshdojo-join', Join)
