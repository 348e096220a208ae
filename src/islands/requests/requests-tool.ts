/** The live access log: newest first, filtered, and each request to be opened. */
import '../../styles/requests.css'
import type { MeshRequest } from '../../../sandbox-server/protocol/mesh.ts'
import { fill } from '../../language/index.ts'
import { cardOf } from '../mesh-graph/graph.ts'
import { type MeshFeed, theMesh } from '../mesh-graph/mesh-feed.ts'
import { nodeName, number } from '../mesh-graph/phrases.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import type { MountedTool, ToolDetails } from '../workspace/tools.ts'
import { type Filters, filtered, NO_FILTERS } from './filters.ts'
import { drawOpened } from './opened-request.ts'
import { RequestList } from './request-list.ts'

export const mount = (host: HTMLElement): MountedTool<'requests'> => new RequestsTool(host, theMesh())

class RequestsTool implements MountedTool<'requests'> {
  readonly #feed: MeshFeed
  readonly #list: RequestList
  readonly #root: HTMLElement
  readonly #bar: HTMLElement
  readonly #path: HTMLInputElement
  readonly #selects: Record<'source' | 'destination' | 'status' | 'flags', HTMLSelectElement>
  readonly #pause = element('button', {
    type: 'button',
    class: 'button quiet small',
    'aria-pressed': 'false',
  })
  readonly #clear = element('button', { type: 'button', class: 'button quiet small' })
  readonly #count = element('span', { class: 'requests-count', role: 'status' })
  readonly #empty = element('p', { class: 'tool-note', hidden: true })
  readonly #opened = element('section', { class: 'requests-opened', hidden: true, tabindex: '-1' })
  #filters: Filters = NO_FILTERS
  /** What is shown while paused. */
  #held: readonly MeshRequest[] | undefined
  #open: number | undefined
  #unsubscribe: (() => void) | undefined

  constructor(host: HTMLElement, feed: MeshFeed) {
    this.#feed = feed
    const words = theWords().requests
    const select = (name: 'source' | 'destination' | 'status' | 'flags', label: string) => {
      const made = element('select', { 'aria-label': label })
      made.addEventListener('change', () =>
        this.#setFilters({ ...this.#filters, version: '', requestId: '', [name]: made.value }),
      )
      return made
    }
    this.#selects = {
      source: select('source', words.source),
      destination: select('destination', words.destination),
      status: select('status', words.status),
      flags: select('flags', words.flags),
    }
    this.#path = element('input', {
      type: 'search',
      placeholder: words.pathFilter,
      'aria-label': words.pathFilter,
      spellcheck: 'false',
    })
    this.#path.addEventListener('input', () => this.#setFilters({ ...this.#filters, path: this.#path.value }))
    this.#pause.addEventListener('click', () => this.#toggle())
    this.#clear.textContent = words.clear
    this.#clear.addEventListener('click', () => this.#setFilters(NO_FILTERS))
    this.#list = new RequestList({
      edgeOf: request => feed.edges.get(request.edge),
      onOpen: request => void this.#openRequest(request),
    })
    this.#bar = element(
      'div',
      { class: 'requests-bar' },
      ...Object.values(this.#selects),
      this.#path,
      this.#clear,
      this.#count,
      this.#pause,
    )
    this.#root = element(
      'div',
      { class: 'requests' },
      this.#bar,
      element('div', { class: 'requests-body' }, this.#list.host, this.#empty, this.#opened),
    )
    host.append(this.#root)
    this.#root.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#open !== undefined) this.#close()
    })
  }

  shown(): void {
    this.#unsubscribe ??= this.#feed.subscribe(() => this.#draw())
    this.#draw()
  }

  hidden(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  open(detail: ToolDetails['requests']): void {
    if (Object.keys(detail).length > 0) this.#setFilters({ ...NO_FILTERS, ...detail })
  }

  #setFilters(filters: Filters): void {
    this.#filters = filters
    this.#path.value = filters.path
    this.#draw()
  }

  #toggle(): void {
    this.#held = this.#held ? undefined : this.#feed.requests
    this.#draw()
  }

  #draw(): void {
    const words = theWords().requests
    const all = this.#held ?? this.#feed.requests
    const shown = filtered(all, this.#feed.edges, this.#filters).reverse()
    this.#drawFilters()
    this.#list.show(shown, this.#open)
    this.#list.host.hidden = shown.length === 0
    this.#empty.hidden = shown.length > 0
    this.#empty.textContent = all.length > 0 ? words.emptyFilter : `${words.emptyTitle}. ${words.emptyNote}`
    const newest = all.at(-1)?.id ?? 0
    const newer = this.#held ? this.#feed.requests.filter(request => request.id > newest).length : 0
    this.#pause.textContent = this.#held ? words.resume : words.pause
    this.#pause.setAttribute('aria-pressed', String(this.#held !== undefined))
    const { seen, kept } = this.#feed
    const parts = [fill(words.count, { shown: number(shown.length), kept: number(all.length) })]
    if (newer > 0) parts.push(fill(words.newer, { count: number(newer) }))
    this.#count.textContent = parts.join(' · ')
    if (kept < seen)
      this.#count.textContent += ` · ${fill(words.sampled, { kept: number(kept), seen: number(seen) })}`
    this.#clear.hidden = Object.values(this.#filters).every(value => value === '')
  }

  #drawFilters(): void {
    const words = theWords().requests
    const edges = [...this.#feed.edges.values()]
    const cards = (ids: readonly string[]) =>
      [...new Set(ids.map(cardOf))].sort().map((id): Choice => [id, nodeName(`${id}/`)])
    const flags = new Set(
      this.#feed.requests
        .flatMap(request => request.flags.split(','))
        .filter(flag => flag !== '-' && flag !== ''),
    )
    const { source, destination, status, flags: flag } = this.#selects
    const { filters } = { filters: this.#filters }
    const to = this.#named(
      edges.map(edge => edge.target),
      filters.destination,
    )
    offer(
      source,
      [['', words.anySource], ...cards(edges.map(edge => edge.source))],
      this.#named(
        edges.map(edge => edge.source),
        filters.source,
      ),
    )
    offer(destination, [['', words.anyDestination], ...cards(edges.map(edge => edge.target))], to)
    offer(
      status,
      [
        ['', words.anyStatus],
        ['2', '2xx'],
        ['3', '3xx'],
        ['4', '4xx'],
        ['5', '5xx'],
        ['0', words.noAnswer],
      ],
      filters.status,
    )
    offer(
      flag,
      [['', words.anyFlags], ['*', words.withFlags], ...[...flags].sort().map((one): Choice => [one, one])],
      filters.flags,
    )
  }

  /** A filter may name the workload alone. */
  #named(nodes: readonly string[], wanted: string): string {
    return nodes.map(cardOf).find(card => card === wanted || card.split('/')[1] === wanted) ?? wanted
  }

  async #openRequest(request: MeshRequest): Promise<void> {
    const words = theWords().requests
    this.#open = request.id
    this.#root.dataset['open'] = ''
    this.#opened.hidden = false
    const title = element(
      'h3',
      { id: 'requests-opened-title' },
      fill(words.opened, { path: request.path === '-' ? 'TCP' : request.path }),
    )
    const close = element(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': words.close, title: words.close },
      '✕',
    )
    close.addEventListener('click', () => this.#close())
    const head = element('header', {}, title, close)
    this.#opened.setAttribute('aria-labelledby', 'requests-opened-title')
    this.#opened.replaceChildren(head, element('p', { class: 'dim' }, words.loading))
    this.#draw()
    this.#opened.focus({ preventScroll: true })
    try {
      const opened = await this.#feed.open(request.id)
      if (this.#open === request.id) this.#opened.replaceChildren(head, ...drawOpened(request, opened))
    } catch {
      // Said to the learner; the connection comes back by itself.
      this.#opened.replaceChildren(head, element('p', {}, words.offline))
    }
  }

  #close(): void {
    this.#open = undefined
    delete this.#root.dataset['open']
    this.#opened.hidden = true
    this.#draw()
    this.#list.focus()
  }
}

type Choice = [value: string, text: string]

/** Rewritten only when the choices are others, so that an open list stays open. */
function offer(select: HTMLSelectElement, choices: readonly Choice[], chosen: string): void {
  const key = JSON.stringify(choices)
  if (select.dataset['choices'] !== key) {
    select.dataset['choices'] = key
    select.replaceChildren(...choices.map(([value, text]) => element('option', { value }, text)))
  }
  if (select.value !== chosen) select.value = chosen
}
