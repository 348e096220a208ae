/** The class, live: numbers, who asks for help, and the grid. Everything comes by one socket. */
import type { LiveRow, LiveServerMessage } from '../../../sandbox-server/protocol/workshop-live.ts'
import type { Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import { openFeatureSocket } from '../connection/feature-socket.ts'
import { element, prose } from '../workspace/element.ts'
import { announce, theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { classActions, showCode } from './class-actions.ts'
import { Drawer } from './drawer.ts'
import { decimal, duration } from './format.ts'
import { Grid } from './grid.ts'
import {
  arranged,
  begun,
  hurts,
  LiveClass,
  type Order,
  raisedHands,
  reviewsWaiting,
  type Show,
  type Wish,
} from './live-class.ts'
import { button, empty, input, select } from './ui.ts'
import { may, type View, workshopHead } from './view.ts'

const TYPES = new Set<unknown>([
  'snapshot',
  'delta',
  'workshop',
  'message',
  'broadcast',
  'error',
] satisfies LiveServerMessage['type'][])
const isLive = (value: unknown): value is LiveServerMessage =>
  typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type)

/** More columns than this and one chapter is shown at a time. */
const MANY_STEPS = 16
const TICK_MS = 5_000
const DRAWN_EVERY_MS = 300
const MOST_HURTS = 6

export const liveView: View = async ({ host, way: [id = ''], signal }) => {
  // Asked first: a workshop that is not there is an answer with words, a socket's refusal is not.
  await api<Workshop>('GET', `/api/workshops/${id}`)
  const page = new LivePage(host, id)
  signal.addEventListener('abort', () => page.dispose())
}

class LivePage {
  readonly #id: string
  readonly #live = new LiveClass()
  readonly #grid: Grid
  readonly #drawer: Drawer
  readonly #place = {
    head: element('div'),
    bar: element('div', { class: 'class-bar' }),
    numbers: element('dl', { class: 'numbers' }),
    notice: element('p', { class: 'callout', 'data-kind': 'bad', role: 'status', hidden: true }),
    controls: element('div', { class: 'controls' }),
    step: element('section', { class: 'step-panel', hidden: true }),
    none: element('div', { hidden: true }),
    hands: element('section'),
    reviews: element('section'),
    hurts: element('section'),
    messages: element('section'),
  }
  readonly #count = element('span', { class: 'count', role: 'status' })
  readonly #socket: { dispose(): void }
  readonly #ticking: ReturnType<typeof setInterval>
  #wish: Wish = { order: 'help', show: 'all', text: '' }
  #chapter = ''
  #step: string | undefined
  #asked: ReturnType<typeof setTimeout> | undefined
  /** Seats whose rows are to be drawn again. */
  #changed = new Set<string>()
  #begun = false

  constructor(host: HTMLElement, id: string) {
    this.#id = id
    const {
      head,
      bar,
      numbers,
      notice,
      controls,
      step,
      none,
      hands,
      reviews,
      hurts: hurting,
      messages,
    } = this.#place
    this.#grid = new Grid(this.#live, {
      openSeat: seat => this.#openSeat(seat),
      openStep: key => this.#openStep(this.#step === key ? undefined : key),
    })
    this.#drawer = new Drawer(this.#live, id, () => this.#grid.choose(undefined))
    const main = element('div', { class: 'class-main' }, controls, step, none, this.#grid.host)
    const side = element('aside', { class: 'class-side' }, hands, reviews, hurting, messages)
    host.append(
      head,
      element('div', { class: 'class-top' }, numbers, bar),
      notice,
      element('div', { class: 'class-room' }, main, side),
      this.#drawer.host,
    )
    this.#grid.host.addEventListener('pointerleave', () => this.#later())
    this.#socket = openFeatureSocket<LiveServerMessage>({
      path: `/ws/workshop/${id}`,
      query: () => ({ lang: thisPage().language }),
      isMessage: isLive,
      onMessage: message => this.#hear(message),
      onState: state => {
        notice.hidden = state.name !== 'lost'
        notice.textContent = theWords().workshop.offline
      },
    })
    this.#ticking = setInterval(() => {
      this.#grid.refresh()
      this.#drawSide()
    }, TICK_MS)
  }

  dispose(): void {
    clearInterval(this.#ticking)
    clearTimeout(this.#asked)
    this.#socket.dispose()
    this.#drawer.dispose()
  }

  #hear(message: LiveServerMessage): void {
    const hands = raisedHands(this.#live).length
    const changed = this.#live.apply(message, Date.now())
    if (message.type === 'snapshot') return this.#begin()
    if (message.type === 'workshop' || message.type === 'broadcast') this.#drawTop()
    for (const seat of changed ?? []) this.#changed.add(seat)
    const up = raisedHands(this.#live)
    const newest = up.at(-1)
    if (up.length > hands && newest) announce(`${theWords().workshop.live.hands}: ${newest.name}`)
    this.#drawer.changed(changed)
    this.#later()
  }

  #begin(): void {
    if (!this.#begun) {
      this.#begun = true
      this.#chapter = this.#live.steps.length > MANY_STEPS ? this.#busiestChapter() : ''
    }
    this.#drawTop()
    this.#drawControls()
    this.#drawColumns()
    this.#draw()
  }

  /** Many changes, one drawing; a person does not read more than a few a second. */
  #later(): void {
    this.#asked ??= setTimeout(() => {
      this.#asked = undefined
      this.#grid.refresh(this.#changed)
      this.#changed = new Set()
      this.#draw()
    }, DRAWN_EVERY_MS)
  }

  #draw(): void {
    const words = theWords().workshop.live
    const rows = arranged(this.#live, this.#wish)
    const sorted = this.#grid.inUse && this.#wish.order === 'help' ? this.#inOldOrder(rows) : rows
    this.#shown = sorted.map(({ seat }) => seat)
    this.#grid.setOrder(sorted)
    this.#grid.drawStats()
    const total = this.#live.rows.size
    this.#count.textContent = fill(words.shown, { count: rows.length, total })
    this.#drawNone(rows.length, total)
    this.#drawNumbers()
    this.#drawStep()
    this.#drawSide()
  }

  #shown: readonly string[] = []

  /** While somebody points at a row it stays where it is; who is new comes last. */
  #inOldOrder(rows: LiveRow[]): LiveRow[] {
    const place = new Map(this.#shown.map((seat, index) => [seat, index]))
    return [...rows].sort((a, b) => (place.get(a.seat) ?? Infinity) - (place.get(b.seat) ?? Infinity))
  }

  #busiestChapter(): string {
    const count = new Map<string, number>()
    for (const { current } of this.#live.rows.values()) {
      const chapter = current?.key.split('/')[0]
      if (chapter !== undefined) count.set(chapter, (count.get(chapter) ?? 0) + 1)
    }
    const [busiest] = [...count].sort((a, b) => b[1] - a[1])
    return busiest?.[0] ?? this.#live.steps[0]?.chapter ?? ''
  }

  #drawColumns(): void {
    const { steps } = this.#live
    this.#grid.setSteps(
      this.#chapter === '' ? steps : steps.filter(({ chapter }) => chapter === this.#chapter),
    )
  }

  #drawTop(): void {
    const { workshop } = this.#live
    if (!workshop) return
    this.#place.head.replaceChildren(workshopHead(workshop, 'live'))
    this.#place.bar.replaceChildren(...classActions(this.#live, this.#id))
    this.#drawNumbers()
  }

  #drawNumbers(): void {
    const { workshop, pace, steps } = this.#live
    if (!workshop) return
    const words = theWords().workshop.live
    const number = (value: string, label: string, note = '') =>
      element('div', {}, element('dd', {}, value, element('small', {}, note)), element('dt', {}, label))
    this.#place.numbers.replaceChildren(
      number(String(pace.joined), words.joined, fill(words.ofSeats, { seats: workshop.seats })),
      number(String(pace.online), words.online),
      number(decimal(pace.medianPassed), words.median, `/${steps.length}`),
      number(decimal(pace.passedPerMinute), words.pace),
      number(String(pace.finished), words.finished),
    )
  }

  #drawControls(): void {
    const words = theWords().workshop.live
    const find = input('search', this.#wish.text, { placeholder: words.filter, 'aria-label': words.filter })
    find.addEventListener('input', () => this.#change({ text: find.value }))
    const show = select(
      [
        ['all', words.showAll],
        ['needs', words.showNeeds],
        ['failing', words.showFailing],
        ['stuck', words.showStuck],
        ['hands', words.showHands],
        ['review', words.showReview],
        ['online', words.showOnline],
      ],
      this.#wish.show,
    )
    show.addEventListener('change', () => this.#change({ show: show.value as Show }))
    const order = select(
      [
        ['help', words.sortHelp],
        ['progress', words.sortProgress],
        ['seen', words.sortSeen],
        ['name', words.sortName],
      ],
      this.#wish.order,
    )
    order.addEventListener('change', () => this.#change({ order: order.value as Order }))
    const chapters = [...new Set(this.#live.steps.map(({ chapter }) => chapter))]
    const chapter = select(
      [['', words.allChapters], ...chapters.map(one => [one, thisPage().titles[one] ?? one] as const)],
      this.#chapter,
    )
    chapter.addEventListener('change', () => {
      this.#chapter = chapter.value
      this.#drawColumns()
    })
    const labelled = (text: string, control: HTMLElement) =>
      element('label', {}, element('span', {}, text), control)
    this.#place.controls.replaceChildren(
      find,
      labelled(words.show, show),
      labelled(words.sort, order),
      ...(chapters.length > 1 ? [labelled(words.chapter, chapter)] : []),
      element('span', { class: 'grow' }),
      this.#count,
      element('span', { class: 'legend' }, words.legendNote),
    )
  }

  #change(wish: Partial<Wish>): void {
    this.#wish = { ...this.#wish, ...wish }
    this.#shown = []
    this.#grid.host.scrollTop = 0
    this.#draw()
  }

  #drawNone(count: number, total: number): void {
    const words = theWords().workshop.live
    const { none } = this.#place
    none.hidden = count > 0
    this.#grid.host.hidden = count === 0
    if (count > 0) return
    const workshop = this.#live.workshop
    none.replaceChildren(
      total === 0
        ? empty(
            words.emptyTitle,
            words.emptyNote,
            ...(workshop ? [button(words.showCode, () => showCode(this.#live), { small: false })] : []),
          )
        : empty(
            words.emptyFilter,
            '',
            button(words.clearFilter, () => this.#clear(), { kind: 'quiet' }),
          ),
    )
  }

  #clear(): void {
    this.#change({ show: 'all', text: '', at: undefined })
    this.#drawControls()
  }

  #openSeat(seat: string): void {
    this.#grid.choose(seat)
    this.#drawer.open(seat)
  }

  #openStep(key: string | undefined): void {
    this.#step = key
    this.#grid.chooseStep(key)
    if (key === undefined && this.#wish.at) this.#change({ at: undefined })
    this.#drawStep()
  }

  /** What is known of the step whose column was chosen. */
  #drawStep(): void {
    const place = this.#place.step
    const step = this.#live.steps.find(({ key }) => key === this.#step)
    place.hidden = !step
    if (!step || place.contains(document.activeElement)) return
    const words = theWords().workshop.live
    const { language, titles } = thisPage()
    const stats = this.#live.stats.get(step.key)
    const count = (kind: string, value: number, text: string) =>
      element('span', { class: 'tally', 'data-kind': kind }, element('b', {}, String(value)), ` ${text}`)
    const median =
      stats?.medianMs == null ? words.noMedian : fill(words.medianTime, { time: duration(stats.medianMs) })
    const close = element(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': theWords().close },
      '✕',
    )
    close.addEventListener('click', () => this.#openStep(undefined))
    const list = (stats?.explanations ?? []).map(one => {
      const at = { key: step.key, check: one.check, explanation: one.explanation }
      const text = fill(words.explained, {
        count: one.now,
        total: stats ? begun(stats) : 0,
        text: one.text[language],
      })
      const pressed = this.#wish.at?.explanation === one.explanation && this.#wish.at.check === one.check
      const pick = element('button', { type: 'button', 'aria-pressed': String(pressed) }, prose(text))
      pick.addEventListener('click', () => {
        pick.blur()
        this.#change({ at: pressed ? undefined : at })
      })
      return element(
        'li',
        {},
        pick,
        element('small', {}, fill(words.explainedEver, { now: one.now, ever: one.ever })),
      )
    })
    place.replaceChildren(
      element(
        'header',
        {},
        element('h2', {}, step.title[language]),
        element('small', {}, titles[step.chapter] ?? step.chapter),
        close,
      ),
      element(
        'p',
        {},
        count('waiting', stats?.waiting ?? 0, words.waiting),
        count('failed', stats?.failed ?? 0, words.failed),
        count('passed', stats?.passed ?? 0, words.passed),
        count('skipped', stats?.skipped ?? 0, words.skipped),
        element('span', { class: 'tally' }, median),
      ),
      list.length > 0 ? element('ul', {}, ...list) : element('p', { class: 'dim' }, words.noExplanations),
    )
  }

  #drawSide(): void {
    const words = theWords().workshop.live
    const now = Date.now() + this.#live.aheadMs
    const { hands, reviews, hurts: hurting, messages } = this.#place
    const titleOf = (key: string) =>
      this.#live.steps.find(step => step.key === key)?.title[thisPage().language] ?? key
    const person = (row: LiveRow, note: string) => {
      const name = element('button', { type: 'button', class: 'name', dir: 'auto' }, row.name)
      name.addEventListener('click', () => this.#openSeat(row.seat))
      return element('div', { class: 'person' }, name, element('small', {}, note))
    }
    const up = raisedHands(this.#live)
    const lowerAll =
      up.length > 1 && this.#live.workshop && may(this.#live.workshop, 'seat.hands')
        ? [button(words.lowerAll, () => this.#all({ type: 'lower-hands' }), { kind: 'quiet' })]
        : []
    fillSection(
      hands,
      `${words.hands}${up.length > 0 ? ` (${up.length})` : ''}`,
      words.noHands,
      up.map(row => {
        const item = person(
          row,
          fill(words.since, { time: duration(now - Date.parse(row.handRaisedAt ?? '')) }),
        )
        item.append(
          button(words.lower, () => this.#seat(row.seat, { type: 'lower-hand' }), { kind: 'quiet' }),
        )
        return item
      }),
      lowerAll,
    )
    fillSection(
      reviews,
      words.reviews,
      words.noReviews,
      reviewsWaiting(this.#live).map(row => person(row, titleOf(row.readyForReview?.key ?? ''))),
    )
    fillSection(
      hurting,
      words.hurts,
      words.noHurts,
      hurts(this.#live, MOST_HURTS).map(hurt => {
        const text = fill(words.explained, {
          count: hurt.now,
          total: hurt.of,
          text: hurt.text[thisPage().language],
        })
        const open = element(
          'button',
          { type: 'button', class: 'hurt' },
          element('span', {}, prose(text)),
          element('small', {}, titleOf(hurt.key)),
        )
        open.addEventListener('click', () => {
          const chapter = hurt.key.split('/')[0] ?? ''
          if (this.#chapter !== '' && this.#chapter !== chapter) {
            this.#chapter = chapter
            this.#drawControls()
            this.#drawColumns()
          }
          this.#openStep(hurt.key)
          const { key, check, explanation } = hurt
          this.#change({ at: { key, check, explanation } })
        })
        return open
      }),
    )
    fillSection(
      messages,
      words.messages,
      words.noMessages,
      [...this.#live.messages]
        .reverse()
        .slice(0, 30)
        .map(({ from, seat, text, command, by, at }) => {
          const name = this.#live.rows.get(seat ?? '')?.name ?? ''
          const whom = seat === null ? words.toEveryone : fill(words.toOne, { name })
          const who = from ? from.name : `${by ?? ''} ${whom}`
          const time = fill(words.ago, { time: duration(now - Date.parse(at)) })
          const head = element('small', {}, `${who} · ${time}`)
          const code = command === null ? [] : [element('code', {}, command)]
          return element(
            'div',
            { class: 'said', 'data-from': from ? 'learner' : 'staff' },
            head,
            element('p', { dir: 'auto' }, text),
            ...code,
          )
        }),
    )
  }

  #all(action: object): Promise<unknown> {
    return api('POST', `/api/workshops/${this.#id}/action`, action)
  }

  #seat(seat: string, action: object): Promise<unknown> {
    return api('POST', `/api/workshops/${this.#id}/seats/${seat}/action`, action)
  }
}

/** Drawn again only when it says something else: what has the focus stays. */
function fillSection(
  place: HTMLElement,
  title: string,
  none: string,
  items: Node[],
  more: Node[] = [],
): void {
  const made = element('div', {}, element('header', {}, element('h2', {}, title), ...more))
  if (items.length === 0) made.append(element('p', { class: 'dim' }, none))
  else made.append(element('ul', {}, ...items.map(item => element('li', {}, item))))
  if (place.innerHTML === made.innerHTML || place.contains(document.activeElement)) return
  place.replaceChildren(...made.childNodes)
}
