/**
 * Learners by steps. Only rows in sight are in the page, so that 200 learners cost as much as 20; what a change does not
 * touch is not drawn again.
 */

import type {
  LiveCell,
  LiveRow,
  LiveStats,
  LiveStep,
} from '../../../sandbox-server/protocol/workshop-live.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { duration, shortDuration } from './format.ts'
import { icon } from './icon.ts'
import { begun, type LiveClass } from './live-class.ts'

/** As `.grid tbody tr` in styles/workshop.css. */
const ROW_PX = 44
const SPARE_ROWS = 6

export interface GridEvents {
  openSeat(seat: string): void
  openStep(key: string): void
}

export class Grid {
  readonly host = element('div', { class: 'grid', tabindex: '0', role: 'region' })
  readonly #live: LiveClass
  readonly #events: GridEvents
  readonly #table = element('table')
  readonly #head = element('thead')
  readonly #body = element('tbody')
  readonly #drawn = new Map<string, HTMLTableRowElement>()
  #order: readonly LiveRow[] = []
  #steps: readonly LiveStep[] = []
  #chosen: string | undefined
  #chosenStep: string | undefined

  constructor(live: LiveClass, events: GridEvents) {
    this.#live = live
    this.#events = events
    const words = theWords().workshop.live
    this.host.setAttribute('aria-label', words.grid)
    this.host.title = ''
    this.#table.append(
      element('caption', { class: 'sr-only' }, `${words.grid}. ${words.gridHelp}`),
      this.#head,
      this.#body,
    )
    this.host.append(this.#table)
    this.host.addEventListener('scroll', () => this.#fillRows(), { passive: true })
    this.host.addEventListener('click', event => this.#click(event))
    this.host.addEventListener('keydown', event => this.#key(event))
  }

  /** Whether somebody points at or types in the rows: then they should not move away. */
  get inUse(): boolean {
    return this.#body.matches(':hover') || this.#body.contains(document.activeElement)
  }

  setSteps(steps: readonly LiveStep[]): void {
    this.#steps = steps
    this.#drawHead()
    this.#drawn.clear()
    this.#body.replaceChildren()
    this.#fillRows()
  }

  setOrder(order: readonly LiveRow[]): void {
    this.#order = order
    this.#table.setAttribute('aria-rowcount', String(order.length + 2))
    this.#fillRows()
  }

  /** Draws these seats again where they are in sight; undefined is all. */
  refresh(seats?: ReadonlySet<string>): void {
    for (const [seat, row] of this.#drawn) if (!seats || seats.has(seat)) this.#drawRow(row, seat)
  }

  choose(seat: string | undefined): void {
    for (const one of [this.#chosen, seat])
      if (one !== undefined) this.#drawn.get(one)?.toggleAttribute('data-chosen', one === seat)
    this.#chosen = seat
  }

  chooseStep(key: string | undefined): void {
    this.#chosenStep = key
    for (const cell of this.#head.querySelectorAll<HTMLElement>('button[data-key]'))
      cell.setAttribute('aria-pressed', String(cell.dataset['key'] === key))
  }

  drawStats(): void {
    for (const one of this.#head.querySelectorAll<HTMLButtonElement>('button[data-key]')) {
      const stats = this.#live.stats.get(one.dataset['key'] ?? '')
      const step = this.#steps.find(({ key }) => key === one.dataset['key'])
      if (step) drawStepHead(one, step, this.#numberOf(step), stats)
    }
  }

  #numberOf(step: LiveStep): number {
    return this.#live.steps.filter(({ chapter }) => chapter === step.chapter).indexOf(step) + 1
  }

  #drawHead(): void {
    const words = theWords().workshop.live
    const chapters = new Map<string, number>()
    for (const { chapter } of this.#steps) chapters.set(chapter, (chapters.get(chapter) ?? 0) + 1)
    const titles = thisPage().titles
    const stepHeads = this.#steps.map(step => {
      const made = element('button', {
        type: 'button',
        'data-key': step.key,
        'aria-pressed': String(step.key === this.#chosenStep),
      })
      drawStepHead(made, step, this.#numberOf(step), this.#live.stats.get(step.key))
      return element('th', { scope: 'col', class: 'step-cell' }, made)
    })
    this.#head.replaceChildren(
      element(
        'tr',
        { class: 'chapters' },
        element('td', { class: 'who' }),
        element('td', { class: 'state' }),
        element('td', { class: 'done' }),
        ...[...chapters].map(([chapter, span]) =>
          element(
            'th',
            { scope: 'colgroup', colspan: String(span) },
            element('span', {}, titles[chapter] ?? chapter),
          ),
        ),
        element('td', { class: 'rest' }),
      ),
      element(
        'tr',
        { class: 'steps' },
        element('th', { scope: 'col', class: 'who' }, words.learner),
        element('th', { scope: 'col', class: 'state' }, words.state),
        element('th', { scope: 'col', class: 'done' }, words.done),
        ...stepHeads,
        element('td', { class: 'rest' }),
      ),
    )
  }

  #fillRows(): void {
    const height = this.host.clientHeight || 600
    const first = Math.max(0, Math.floor(this.host.scrollTop / ROW_PX) - SPARE_ROWS)
    const last = Math.min(this.#order.length, first + Math.ceil(height / ROW_PX) + 2 * SPARE_ROWS)
    const wanted = this.#order.slice(first, last)
    const seats = new Set(wanted.map(({ seat }) => seat))
    for (const [seat, row] of this.#drawn)
      if (!seats.has(seat)) {
        row.remove()
        this.#drawn.delete(seat)
      }
    const rows = wanted.map(({ seat }, index) => {
      const known = this.#drawn.get(seat)
      const row = known ?? element('tr', { 'data-seat': seat })
      row.setAttribute('aria-rowindex', String(first + index + 3))
      if (!known) {
        this.#drawn.set(seat, row)
        this.#drawRow(row, seat)
      }
      return row
    })
    placeInOrder(this.#body, [spacer(first), ...rows, spacer(this.#order.length - last)])
  }

  #drawRow(row: HTMLTableRowElement, seat: string): void {
    const data = this.#live.rows.get(seat)
    if (!data) return
    const now = Date.now() + this.#live.aheadMs
    const hadFocus = row.contains(document.activeElement)
    row.toggleAttribute('data-chosen', seat === this.#chosen)
    row.toggleAttribute('data-offline', !data.online)
    row.toggleAttribute('data-hand', data.handRaisedAt !== null)
    row.replaceChildren(
      this.#whoCell(data, now),
      stateCell(data, now),
      this.#doneCell(data),
      ...this.#steps.map(step => stepCell(this.#live.cell(seat, step.key), now)),
      element('td', { class: 'rest' }),
    )
    if (hadFocus) row.querySelector('button')?.focus({ preventScroll: true })
  }

  #whoCell(row: LiveRow, now: number): HTMLElement {
    const words = theWords().workshop
    const name = element('button', { type: 'button', class: 'name', dir: 'auto' }, row.name)
    const marks: HTMLElement[] = []
    const mark = (kind: string, title: string, ...content: (Node | string)[]) =>
      marks.push(element('span', { class: 'badge', 'data-kind': kind, title }, ...content))
    if (row.handRaisedAt !== null) {
      const since = shortDuration(now - Date.parse(row.handRaisedAt))
      mark('hand', words.live.hands, icon('hand'), since)
    }
    if (row.readyForReview) mark('review', words.live.reviews, words.reason.review)
    if (row.watchers.length > 0)
      mark('watch', row.watchers.map(({ name: who }) => who).join(', '), icon('eye'))
    const known: Record<string, string> = words.reason
    for (const reason of row.help.reasons)
      if (reason !== 'hand' && reason !== 'review')
        mark(reason, known[reason] ?? reason, known[reason] ?? reason)
    return element(
      'th',
      { scope: 'row', class: 'who' },
      element(
        'span',
        { class: 'line' },
        name,
        ...(row.group === null ? [] : [element('small', {}, row.group)]),
      ),
      element('span', { class: 'marks' }, ...marks),
    )
  }

  #doneCell(row: LiveRow): HTMLElement {
    const total = this.#live.steps.length
    const bar = element('span', { class: 'track', 'aria-hidden': 'true' }, element('i'))
    bar.style.setProperty('--done', String(total === 0 ? 0 : row.passed / total))
    return element('td', { class: 'done' }, `${row.passed}/${total}`, bar)
  }

  #click(event: MouseEvent): void {
    const at = event.target instanceof Element ? event.target : null
    const key = at?.closest<HTMLElement>('button[data-key]')?.dataset['key']
    if (key !== undefined) return this.#events.openStep(key)
    const seat = at?.closest<HTMLElement>('tr[data-seat]')?.dataset['seat']
    if (seat !== undefined) this.#events.openSeat(seat)
  }

  /** Up and down among the learners, also to those who are not in the page yet. */
  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key]
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('tr[data-seat]') : null
    if (step === undefined || !row) return
    event.preventDefault()
    const at = this.#order.findIndex(({ seat }) => seat === row.dataset['seat'])
    const next = Math.max(0, Math.min(this.#order.length - 1, at + step))
    const seat = this.#order[next]?.seat
    if (seat === undefined) return
    const top = next * ROW_PX
    const { scrollTop, clientHeight } = this.host
    if (top < scrollTop) this.host.scrollTop = top
    else if (top > scrollTop + clientHeight - 4 * ROW_PX)
      this.host.scrollTop = top - clientHeight + 4 * ROW_PX
    this.#fillRows()
    this.#drawn.get(seat)?.querySelector('button')?.focus({ preventScroll: true })
  }
}

function drawStepHead(
  button: HTMLButtonElement,
  step: LiveStep,
  number: number,
  stats: LiveStats | undefined,
): void {
  const words = theWords().workshop.live
  const { waiting = 0, failed = 0, passed = 0, skipped = 0 } = stats ?? {}
  const title = step.title[thisPage().language]
  const label = fill(words.header, { number, title, waiting, failed, passed })
  const most = stats?.explanations.find(({ now }) => now > 0)
  const why = most
    ? `. ${fill(words.explained, { count: most.now, total: begun(stats ?? emptyStats(step.key)), text: most.text[thisPage().language] })}`
    : ''
  button.title = `${label}${why}`
  const bar = element('span', { class: 'parts', 'aria-hidden': 'true' })
  const total = Math.max(1, waiting + failed + passed + skipped)
  for (const [kind, count] of [
    ['passed', passed + skipped],
    ['failed', failed],
    ['waiting', waiting],
  ] as const) {
    const part = element('i', { 'data-kind': kind })
    part.style.flexGrow = String(count / total)
    bar.append(part)
  }
  const count = (kind: string, value: number) =>
    value === 0 ? [] : [element('span', { 'data-kind': kind }, String(value))]
  button.replaceChildren(
    element('span', { class: 'sr-only' }, `${label}${why}`),
    element('span', { class: 'number', 'aria-hidden': 'true' }, String(number)),
    bar,
    element(
      'span',
      { class: 'counts', 'aria-hidden': 'true' },
      ...count('failed', failed),
      ...count('waiting', waiting),
      ...count('passed', passed),
    ),
  )
}

const emptyStats = (key: string): LiveStats => ({
  key,
  waiting: 0,
  failed: 0,
  passed: 0,
  skipped: 0,
  medianMs: null,
  explanations: [],
})

function stateCell(row: LiveRow, now: number): HTMLElement {
  const words = theWords().workshop
  const { state, queue } = row.sandbox
  const sandbox = fill(words.sandbox[state], { queue })
  const seen =
    row.joinedAt === null
      ? words.live.notJoined
      : row.online
        ? words.live.online
        : row.lastSeenAt === null
          ? words.live.never
          : fill(words.live.ago, { time: duration(now - Date.parse(row.lastSeenAt)) })
  return element(
    'td',
    { class: 'state' },
    element(
      'span',
      { class: 'sandbox', 'data-state': state, title: sandbox },
      element('i', { 'aria-hidden': 'true' }),
      sandbox,
    ),
    element('small', {}, seen),
  )
}

/** What a cell says aloud. */
export function cellPhrase(cell: LiveCell | undefined, now: number): string {
  const words = theWords().workshop.live
  if (!cell || cell.state === 'upcoming') return words.cellUpcoming
  const spent = spentMs(cell, now)
  const parts =
    cell.state === 'passed'
      ? [fill(words.cellPassed, { time: duration(spent) })]
      : cell.state === 'skipped'
        ? [words.cellSkipped]
        : [fill(words.cellActive, { time: duration(spent) })]
  if (cell.state === 'active' && cell.failing.length > 0) parts.push(words.cellFailing)
  if (cell.attempts > 0) parts.push(fill(words.attempts, { count: cell.attempts }))
  if (cell.hints > 0) parts.push(fill(words.hints, { count: cell.hints }))
  if (cell.solution) parts.push(words.solution)
  return parts.join(', ')
}

function spentMs(cell: LiveCell, now: number): number {
  if (cell.startedAt === null) return 0
  return (cell.passedAt === null ? now : Date.parse(cell.passedAt)) - Date.parse(cell.startedAt)
}

function stepCell(cell: LiveCell | undefined, now: number): HTMLElement {
  if (!cell || cell.state === 'upcoming') return element('td', { class: 'step-cell' })
  const kind = cell.state === 'active' && cell.failing.length > 0 ? 'failing' : cell.state
  const phrase = cellPhrase(cell, now)
  const made = element('td', { class: 'step-cell', 'data-state': kind, title: phrase })
  const time = shortDuration(spentMs(cell, now))
  const mark = cell.state === 'passed' ? `✓ ${time}` : cell.state === 'skipped' ? '–' : time
  const used = [
    cell.attempts > 0 ? `×${cell.attempts}` : '',
    cell.hints > 0 ? `H${cell.hints}` : '',
    cell.solution ? 'S' : '',
  ].filter(Boolean)
  made.append(
    element('span', { class: 'sr-only' }, phrase),
    element('span', { class: 'time', 'aria-hidden': 'true' }, mark),
  )
  if (used.length > 0) made.append(element('small', { 'aria-hidden': 'true' }, used.join(' ')))
  return made
}

function spacer(rows: number): HTMLTableRowElement {
  const made = element('tr', { class: 'spacer', 'aria-hidden': 'true' })
  made.style.height = `${rows * ROW_PX}px`
  return made
}

/** Moves only what is not where it belongs: a row that has the focus keeps it. */
function placeInOrder(parent: HTMLElement, children: readonly HTMLElement[]): void {
  for (const old of [...parent.children]) if (old.classList.contains('spacer')) old.remove()
  let at = parent.firstElementChild
  for (const child of children) {
    if (child === at) {
      at = at.nextElementSibling
      continue
    }
    parent.insertBefore(child, at)
  }
}
