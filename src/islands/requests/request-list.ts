/** The rows in sight of a list of any length: a few elements, moved and rewritten while one scrolls. */
import type { MeshEdge, MeshRequest } from '../../../sandbox-server/protocol/mesh.ts'
import { nodeName } from '../mesh-graph/phrases.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

const ROW_PX = 28
const BEYOND = 6

export interface RequestListOptions {
  edgeOf(request: MeshRequest): MeshEdge | undefined
  onOpen(request: MeshRequest): void
}

export class RequestList {
  readonly host: HTMLElement
  readonly #options: RequestListOptions
  readonly #scroller: HTMLElement
  readonly #space = element('div', { class: 'requests-space', role: 'presentation' })
  readonly #rows: HTMLElement[] = []
  /** Newest first. */
  #requests: readonly MeshRequest[] = []
  #active = 0
  #opened: number | undefined

  constructor(options: RequestListOptions) {
    this.#options = options
    const words = theWords().requests
    const titles = [
      words.time,
      words.source,
      words.destination,
      words.method,
      words.path,
      words.status,
      words.flags,
      words.duration,
    ]
    const head = element(
      'div',
      { class: 'requests-row head', role: 'row', 'aria-rowindex': '1' },
      ...titles.map(title => element('span', { role: 'columnheader' }, title)),
    )
    this.#scroller = element('div', { class: 'requests-scroll', role: 'rowgroup' }, this.#space)
    this.host = element(
      'div',
      { class: 'requests-list', role: 'grid', 'aria-label': words.table },
      element('div', { role: 'rowgroup' }, head),
      this.#scroller,
    )
    this.#scroller.addEventListener('scroll', () => this.#draw(), { passive: true })
    this.#scroller.addEventListener('click', event => this.#click(event))
    this.#scroller.addEventListener('keydown', event => this.#key(event))
    new ResizeObserver(() => this.#draw()).observe(this.#scroller)
  }

  /** `requests` newest first; `opened` is marked. */
  show(requests: readonly MeshRequest[], opened: number | undefined): void {
    this.#requests = requests
    this.#opened = opened
    this.#space.style.height = `${requests.length * ROW_PX}px`
    this.host.setAttribute('aria-rowcount', String(requests.length + 1))
    this.#active = Math.min(this.#active, Math.max(0, requests.length - 1))
    this.#draw()
  }

  focus(): void {
    this.#rows.find(row => row.tabIndex === 0)?.focus()
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#scroller
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - BEYOND)
    const count = Math.min(this.#requests.length - first, Math.ceil(clientHeight / ROW_PX) + 2 * BEYOND)
    while (this.#rows.length < count) this.#rows.push(this.#space.appendChild(emptyRow()))
    this.#rows.forEach((row, index) => {
      const request = index < count ? this.#requests[first + index] : undefined
      row.hidden = !request
      if (request) this.#write(row, request, first + index)
    })
  }

  #write(row: HTMLElement, request: MeshRequest, index: number): void {
    const edge = this.#options.edgeOf(request)
    const isTcp = edge?.protocol === 'tcp'
    row.style.transform = `translateY(${index * ROW_PX}px)`
    row.tabIndex = index === this.#active ? 0 : -1
    row.dataset['index'] = String(index)
    row.setAttribute('aria-rowindex', String(index + 2))
    row.setAttribute('aria-selected', String(request.id === this.#opened))
    if (row.dataset['request'] === String(request.id)) return
    row.dataset['request'] = String(request.id)
    const failed = !isTcp && (request.status >= 400 || request.status === 0)
    const meaning: Record<string, string> = theWords().requests.flag
    const cells = [
      clock(request.at),
      nodeName(edge?.source ?? ''),
      nodeName(edge?.target ?? ''),
      isTcp ? 'TCP' : request.method,
      isTcp ? request.authority : request.path,
      isTcp ? '–' : request.status === 0 ? theWords().requests.noAnswer : String(request.status),
      request.flags,
      `${request.durationMs} ms`,
    ]
    cells.forEach((text, at) => {
      const cell = row.children[at]
      if (cell && cell.textContent !== text) cell.textContent = text
    })
    row.children[5]?.setAttribute('class', failed ? 'bad' : 'good')
    const flags = row.children[6]
    flags?.setAttribute('class', request.flags === '-' ? 'dim' : 'bad')
    flags?.setAttribute(
      'title',
      request.flags
        .split(',')
        .map(flag => meaning[flag] ?? '')
        .join(' '),
    )
    row.children[4]?.setAttribute('title', request.path)
  }

  #click(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
    if (row) this.#open(Number(row.dataset['index']))
  }

  #open(index: number): void {
    this.#active = index
    const request = this.#requests[index]
    if (request) this.#options.onOpen(request)
  }

  #key(event: KeyboardEvent): void {
    const page = Math.floor(this.#scroller.clientHeight / ROW_PX)
    const to = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: this.#requests.length - 1,
    }[event.key]
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      this.#open(this.#active)
    }
    if (to === undefined) return
    event.preventDefault()
    this.#active = Math.min(this.#requests.length - 1, Math.max(0, to))
    const top = this.#active * ROW_PX
    const { scrollTop, clientHeight } = this.#scroller
    if (top < scrollTop) this.#scroller.scrollTop = top
    if (top + ROW_PX > scrollTop + clientHeight) this.#scroller.scrollTop = top + ROW_PX - clientHeight
    this.#draw()
    this.focus()
  }
}

const emptyRow = (): HTMLElement =>
  element(
    'div',
    { class: 'requests-row', role: 'row' },
    ...Array.from({ length: 8 }, () => element('span', { role: 'gridcell' })),
  )

const clock = (ms: number): string => {
  const date = new Date(ms)
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
