/** A learner's line to the class, above the chapter: hand, review, messages, who watches, and the instructor's terminal. */
import '../../styles/workshop-seat.css'
import type { LiveMessage, SeatServerMessage } from '../../../sandbox-server/protocol/workshop-live.ts'
import type { SeatInfo } from '../../../sandbox-server/protocol/workshops.ts'
import { fill, localPath } from '../../language/index.ts'
import { runInTerminal } from '../checks/run.ts'
import { type FeatureSocket, openFeatureSocket } from '../connection/feature-socket.ts'
import { icon } from '../workshop/icon.ts'
import { element, prose } from '../workspace/element.ts'
import { announce, theConnection, theWords, thisPage } from '../workspace/page.ts'
import { ShownTerminal } from './shown-terminal.ts'

type Told<Type extends SeatServerMessage['type']> = Extract<SeatServerMessage, { type: Type }>

const TYPES = new Set<unknown>([
  'seat',
  'watched',
  'message',
  'reviewed',
  'moved',
  'broadcast',
  'removed',
  'error',
] satisfies SeatServerMessage['type'][])
const isTold = (value: unknown): value is SeatServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

export class SeatBar {
  readonly #seat: SeatInfo
  readonly #socket: FeatureSocket
  readonly #bar = element('section', { class: 'seat-bar' })
  readonly #title = element('span', { class: 'seat-title', dir: 'auto' })
  readonly #hand = control('seat-hand')
  readonly #ready = control('seat-ready')
  readonly #mail = control('seat-mail')
  readonly #watched = element('span', { class: 'seat-watched', role: 'status', hidden: true })
  readonly #note = element('span', { class: 'seat-note', role: 'status' })
  readonly #panel = element('section', { class: 'seat-panel', hidden: true })
  readonly #cards = element('div', { class: 'seat-cards' })
  readonly #shown: ShownTerminal
  #messages: LiveMessage[] = []
  #unread = 0
  #state: Told<'seat'> | undefined
  #begun = Date.now()
  #watchers: Told<'watched'>['watchers'] = []

  constructor(seat: SeatInfo) {
    this.#seat = seat
    const words = theWords().seat
    this.#bar.setAttribute('aria-label', words.label)
    this.#panel.setAttribute('aria-label', words.messages)
    this.#mail.setAttribute('aria-expanded', 'false')
    this.#title.textContent = seat.workshop.title
    this.#title.title = seat.name
    this.#bar.append(
      this.#title,
      ...this.#chapters(),
      element('span', { class: 'grow' }),
      this.#note,
      this.#watched,
      this.#ready,
      this.#mail,
      this.#hand,
    )
    this.#shown = new ShownTerminal()
    const frame = document.querySelector('.workspace')
    const header = frame?.querySelector('.bar')
    frame?.setAttribute('data-seat', '')
    header?.after(this.#bar)
    document.body.append(this.#panel, this.#cards, this.#shown.host)
    this.#hand.addEventListener('click', () =>
      this.#say({ type: this.#state?.handRaised ? 'lower-hand' : 'raise-hand' }),
    )
    this.#ready.addEventListener('click', () => this.#toggleReady())
    this.#mail.addEventListener('click', () => this.#openPanel(this.#panel.hidden))
    this.#panel.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.#openPanel(false)
    })
    theConnection().subscribe(() => this.#draw())
    this.#socket = openFeatureSocket<SeatServerMessage>({
      path: '/ws/seat',
      query: () => ({ lang: thisPage().language }),
      isMessage: isTold,
      onMessage: message => this.#hear(message),
      onState: state => {
        this.#bar.toggleAttribute('data-offline', state.name !== 'open')
        if (state.name === 'open') {
          // The whole state comes again.
          this.#messages = []
          this.#begun = Date.now()
        }
        this.#drawNote()
      },
    })
    this.#draw()
  }

  #say(message: object): void {
    this.#socket.send(message)
  }

  #hear(message: SeatServerMessage): void {
    const words = theWords().seat
    switch (message.type) {
      case 'seat':
        if (message.handRaised && !this.#state?.handRaised) announce(words.raised)
        this.#state = message
        return this.#draw()
      case 'watched':
        this.#watchers = message.watchers
        return this.#drawWatched()
      case 'message':
        return this.#receive(message.message)
      case 'reviewed':
        this.#card(
          message.accepted ? 'ok' : 'again',
          `${message.accepted ? words.accepted : words.rejected} ${message.text ?? ''}`,
        )
        return
      case 'moved':
        return this.#follow(message)
      case 'broadcast':
        return this.#shown.set(message.on, message.by ?? '')
      case 'removed':
        this.#socket.dispose()
        return this.#leaveCard(words.removed)
      case 'error':
        this.#card('bad', `${message.message} ${message.hint}`)
        return
    }
  }

  #draw(): void {
    const words = theWords().seat
    const state = this.#state
    this.#hand.replaceChildren(icon('hand'), state?.handRaised ? words.lower : words.raise)
    this.#hand.setAttribute('aria-pressed', String(state?.handRaised ?? false))
    this.#hand.title = state?.handRaised ? words.raised : words.raise
    const review = state?.readyForReview
    this.#ready.textContent = review ? words.notReady : words.ready
    this.#ready.setAttribute('aria-pressed', String(review !== null && review !== undefined))
    this.#ready.title = review
      ? fill(words.readyNote, { title: thisPage().titles[review.step] ?? review.step })
      : words.ready
    this.#mail.textContent =
      this.#unread > 0 ? `${words.messages} · ${fill(words.unread, { count: this.#unread })}` : words.messages
    this.#mail.toggleAttribute('data-unread', this.#unread > 0)
    this.#drawNote()
  }

  #drawNote(): void {
    const words = theWords().seat
    const state = this.#state
    const time = (at: string) =>
      new Date(at).toLocaleTimeString(thisPage().language, { hour: '2-digit', minute: '2-digit' })
    const text = this.#bar.hasAttribute('data-offline')
      ? words.offline
      : state?.status === 'closed'
        ? words.closed
        : state?.status === 'expired'
          ? words.expired
          : state?.closesAt
            ? fill(words.closes, { time: time(state.closesAt) })
            : ''
    if (this.#note.textContent !== text) this.#note.textContent = text
  }

  /** The step that is open and not done. */
  #step(): string | undefined {
    const steps = [...theConnection().state.steps.values()]
    return (
      steps.find(({ state }) => state === 'active')?.id ??
      steps.findLast(({ state }) => state === 'passed')?.id
    )
  }

  #toggleReady(): void {
    if (this.#state?.readyForReview) return this.#say({ type: 'not-ready' })
    const step = this.#step()
    if (step === undefined) this.#card('bad', theWords().seat.noStep)
    else this.#say({ type: 'ready-for-review', chapter: thisPage().chapter, step })
  }

  #drawWatched(): void {
    const words = theWords().seat
    const names = this.#watchers.map(({ name }) => name).join(', ')
    this.#watched.hidden = this.#watchers.length === 0
    this.#watched.replaceChildren(icon('eye'), fill(words.watchedBy, { names }))
    for (const { id, name, mayType } of this.#watchers) {
      const allow = control('seat-allow')
      allow.textContent = mayType ? words.disallow : fill(words.allow, { name })
      allow.setAttribute('aria-pressed', String(mayType))
      allow.addEventListener('click', () => this.#say({ type: 'allow-typing', watcher: id, allow: !mayType }))
      this.#watched.append(' ', allow)
    }
  }

  /** What is older than this page is history; what comes now is shown at once. */
  #receive(message: LiveMessage): void {
    if (this.#messages.some(({ id }) => id === message.id)) return
    this.#messages.push(message)
    const isNew = Date.parse(message.at) > this.#begun - 60_000
    if (isNew && !message.from && this.#panel.hidden) {
      this.#unread++
      this.#messageCard(message)
    }
    if (!this.#panel.hidden) this.#drawPanel()
    this.#draw()
  }

  #messageCard(message: LiveMessage): void {
    const words = theWords().seat
    const card = this.#card('message', message.text, fill(words.from, { name: message.by ?? '' }))
    if (message.command !== null) card.append(this.#offer(message.command))
  }

  /** A command is typed by the learner's own click, never by itself. */
  #offer(command: string): HTMLElement {
    const run = element('button', { type: 'button', class: 'button small' }, theWords().seat.run)
    run.addEventListener('click', () => runInTerminal(command))
    return element('div', { class: 'seat-offer' }, element('code', {}, command), run)
  }

  #card(kind: string, text: string, head = ''): HTMLElement {
    const close = element(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': theWords().seat.dismiss },
      '✕',
    )
    const card = element(
      'div',
      { class: 'seat-card', 'data-kind': kind },
      element('small', {}, head),
      close,
      element('p', { dir: 'auto' }, ...(kind === 'message' ? [text] : [prose(text)])),
    )
    close.addEventListener('click', () => {
      card.remove()
      if (kind !== 'message' || this.#unread === 0) return
      this.#unread--
      this.#draw()
    })
    this.#cards.append(card)
    announce(`${head} ${text}`)
    return card
  }

  #leaveCard(text: string): void {
    this.#card('bad', text).append(
      element(
        'a',
        { class: 'button small', href: localPath('/', thisPage().language) },
        theWords().seat.alone,
      ),
    )
  }

  #follow({ chapter, step, how }: Told<'moved'>): void {
    const words = theWords().seat
    const page = thisPage()
    if (chapter !== page.chapter) {
      location.assign(`${localPath(`/chapters/${chapter}/`, page.language)}#${step}`)
      return
    }
    document
      .querySelector(`meshdojo-step[data-step="${CSS.escape(step)}"]`)
      ?.scrollIntoView({ block: 'start' })
    const text = how === 'reset-step' ? words.reset : fill(words.moved, { title: page.titles[step] ?? step })
    this.#card('moved', text)
  }

  #openPanel(open: boolean): void {
    this.#panel.hidden = !open
    this.#mail.setAttribute('aria-expanded', String(open))
    if (!open) return this.#mail.focus()
    this.#unread = 0
    for (const card of this.#cards.querySelectorAll('[data-kind=message]')) card.remove()
    this.#draw()
    this.#drawPanel()
    this.#panel.querySelector('input')?.focus()
  }

  #drawPanel(): void {
    const words = theWords().seat
    const typed = this.#panel.querySelector('input')
    const items = this.#messages.map(message => {
      const name = message.from ? words.you : fill(words.from, { name: message.by ?? '' })
      const item = element(
        'li',
        { 'data-mine': message.from !== null },
        element('small', {}, name),
        element('p', { dir: 'auto' }, message.text),
      )
      if (message.command !== null) item.append(this.#offer(message.command))
      return item
    })
    const list =
      items.length > 0 ? element('ul', {}, ...items) : element('p', { class: 'dim' }, words.noMessages)
    if (typed) {
      this.#panel.firstElementChild?.replaceWith(list)
    } else {
      const text = element('input', {
        type: 'text',
        maxlength: '2000',
        'aria-label': words.write,
        placeholder: words.write,
      })
      const send = element('button', { class: 'button small' }, words.send)
      const form = element('form', {}, text, send)
      form.addEventListener('submit', event => {
        event.preventDefault()
        if (text.value.trim() === '') return
        // Kept in the field: it can be sent when one may speak again.
        if (this.#state?.muted) {
          this.#card('bad', words.muted)
          return
        }
        this.#say({ type: 'say', text: text.value })
        text.value = ''
      })
      this.#panel.replaceChildren(list, form)
    }
    list.scrollTop = list.scrollHeight
  }

  /** Where one is in the workshop's own order of chapters. */
  #chapters(): HTMLElement[] {
    const words = theWords().seat
    const { chapters } = this.#seat.workshop
    const { chapter, language } = thisPage()
    const at = chapters.indexOf(chapter)
    const place = element(
      'span',
      { class: 'seat-place' },
      at < 0 ? '' : fill(words.chapter, { number: at + 1, total: chapters.length }),
    )
    const next = chapters[at + 1]
    if (next === undefined) return [place]
    const href = localPath(`/chapters/${next}/`, language)
    return [place, element('a', { href, class: 'seat-next' }, `${words.next} →`)]
  }
}

function control(name: string): HTMLButtonElement {
  return element('button', { type: 'button', class: `button small quiet ${name}` })
}
