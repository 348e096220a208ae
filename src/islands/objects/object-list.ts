/**
 * The list: one table a kind, under the headings of its group. Rows are kept over changes, so that focus and scrolling
 * stay, and what is new or gone can be seen to come and go.
 */
import type { ObjectGroup, ObjectKind } from '../../../sandbox-server/protocol/objects.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { ageSince } from './age.ts'
import type { KnownRow, ObjectsFeed } from './objects-feed.ts'

export interface ObjectListOptions {
  feed: ObjectsFeed
  open(collection: string, name: string): void
}

const GROUPS: readonly ObjectGroup[] = ['workloads', 'istio', 'network', 'config', 'access', 'other']
const AGES_EVERY_MS = 5_000

export class ObjectList {
  readonly host: HTMLElement
  readonly #options: ObjectListOptions
  readonly #tables = element('div', { class: 'objects-tables' })
  readonly #filter: HTMLInputElement
  readonly #own: HTMLInputElement
  readonly #count = element('span', { class: 'objects-count', role: 'status' })
  readonly #note = element('div', { class: 'objects-note' })
  #opened = ''
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor(options: ObjectListOptions) {
    this.#options = options
    const words = theWords().objects
    this.#filter = element('input', {
      type: 'search',
      placeholder: words.filter,
      'aria-label': words.filter,
      spellcheck: 'false',
    })
    this.#own = element('input', { type: 'checkbox' })
    this.host = element(
      'div',
      { class: 'objects-list' },
      element(
        'div',
        { class: 'objects-bar' },
        this.#filter,
        this.#count,
        element('span', { class: 'grow' }),
        element('label', {}, this.#own, words.showOwn),
      ),
      element(
        'div',
        { class: 'objects-scroll', role: 'region', 'aria-label': words.list, tabindex: '0' },
        this.#note,
        this.#tables,
      ),
    )
    this.#filter.addEventListener('input', () => this.draw())
    this.#own.addEventListener('change', () => this.draw())
    this.host.addEventListener('click', event => this.#click(event))
    this.host.addEventListener('keydown', event => this.#key(event))
  }

  /** Ages go on without anything being asked. */
  shown(): void {
    clearInterval(this.#ticking)
    this.#ticking = setInterval(() => this.#drawAges(), AGES_EVERY_MS)
    this.draw()
  }

  hidden(): void {
    clearInterval(this.#ticking)
  }

  setFilter(text: string): void {
    this.#filter.value = text
    this.draw()
  }

  /** uid of the object beside the list. */
  setOpened(key: string): void {
    this.#opened = key
    this.draw()
  }

  focusRow(collection: string, name: string): void {
    this.#tables
      .querySelector<HTMLElement>(`tr[data-key="${CSS.escape(`${collection}/${name}`)}"] button`)
      ?.focus()
  }

  draw(): void {
    const { feed } = this.#options
    const words = theWords().objects
    let all = 0
    let shown = 0
    const sections: HTMLElement[] = []
    for (const group of GROUPS) {
      const kinds = [...feed.kinds.values()].filter(kind => kind.group === group)
      const tables = kinds.flatMap(kind => {
        const rows = feed.rowsOf(kind.collection).filter(row => this.#own.checked || !row.own)
        const fitting = rows.filter(row => this.#fits(kind, row))
        all += rows.length
        shown += fitting.length
        return fitting.length > 0 ? [this.#table(kind, fitting)] : []
      })
      if (tables.length > 0) sections.push(this.#section(group, tables))
    }
    const wanted = new Set<Node>(sections)
    for (const child of [...this.#tables.children]) if (!wanted.has(child)) child.remove()
    sections.forEach((section, index) => {
      if (this.#tables.children[index] !== section)
        this.#tables.insertBefore(section, this.#tables.children[index] ?? null)
    })
    this.#count.textContent = all === 0 ? '' : fill(words.count, { shown, all })
    this.#drawNote(all, shown)
  }

  #drawNote(all: number, shown: number): void {
    const { namespace, isAway, kinds } = this.#options.feed
    const words = theWords().objects
    const key = isAway
      ? kinds.size > 0
        ? 'away'
        : 'loading'
      : all === 0
        ? 'empty'
        : shown === 0
          ? 'filter'
          : ''
    this.#note.hidden = key === ''
    if (this.#note.dataset['key'] === key) return
    this.#note.dataset['key'] = key
    const clear = element(
      'button',
      { type: 'button', class: 'button quiet small', 'data-do': 'clear' },
      words.clear,
    )
    this.#note.replaceChildren(
      ...(key === 'away' ? [element('p', {}, words.away)] : []),
      ...(key === 'loading' ? [element('p', {}, words.loading)] : []),
      ...(key === 'empty'
        ? [
            element('h3', {}, words.emptyTitle),
            element('p', {}, fill(words.emptyNote, { namespace: namespace ?? '' })),
          ]
        : []),
      ...(key === 'filter' ? [element('p', {}, words.emptyFilter), clear] : []),
    )
  }

  #fits(kind: ObjectKind, row: KnownRow): boolean {
    const text = [kind.kind, kind.collection, row.name, ...row.cells].join(' ').toLowerCase()
    return this.#filter.value
      .toLowerCase()
      .split(/\s+/)
      .every(word => text.includes(word))
  }

  #section(group: ObjectGroup, tables: HTMLElement[]): HTMLElement {
    const id = `objects-${group}`
    const section =
      this.#tables.querySelector<HTMLElement>(`#${id}`) ??
      element('section', { id }, element('h3', {}, theWords().objects.groups[group]))
    const wanted = new Set<Node>(tables)
    for (const child of [...section.querySelectorAll(':scope > table')])
      if (!wanted.has(child)) child.remove()
    tables.forEach((table, index) => {
      const at = section.children[index + 1]
      if (at !== table) section.insertBefore(table, at ?? null)
    })
    return section
  }

  #table(kind: ObjectKind, rows: readonly KnownRow[]): HTMLElement {
    const words = theWords().objects
    const key = `${kind.collection} ${kind.columns.join('|')}`
    const found = [...this.#tables.querySelectorAll<HTMLElement>('table')].find(
      one => one.dataset['key'] === key,
    )
    const body = found?.querySelector('tbody') ?? element('tbody')
    const table =
      found ??
      element(
        'table',
        { 'data-key': key },
        element('caption', {}, kind.kind),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[words.name, ...kind.columns].map(name => element('th', { scope: 'col' }, name)),
          ),
        ),
        body,
      )
    const known = new Map(
      [...body.children].map(row => [(row as HTMLElement).dataset['uid'] ?? '', row as HTMLElement]),
    )
    rows.forEach((row, index) => {
      const drawn = known.get(row.uid) ?? this.#row(kind, row)
      known.delete(row.uid)
      this.#fillRow(drawn, kind, row)
      if (body.children[index] !== drawn) body.insertBefore(drawn, body.children[index] ?? null)
    })
    for (const left of known.values()) left.remove()
    return table
  }

  #row(kind: ObjectKind, row: KnownRow): HTMLElement {
    return element(
      'tr',
      { 'data-uid': row.uid, 'data-key': `${kind.collection}/${row.name}` },
      element(
        'th',
        { scope: 'row' },
        element('i', { class: 'objects-dot', role: 'img' }),
        element(
          'button',
          { type: 'button', 'data-collection': kind.collection, 'data-name': row.name },
          row.name,
        ),
      ),
      ...kind.columns.map(() => element('td')),
    )
  }

  #fillRow(drawn: HTMLElement, kind: ObjectKind, row: KnownRow): void {
    const words = theWords().objects
    const health = row.isGone ? 'none' : row.health
    drawn.classList.toggle('gone', row.isGone)
    drawn.classList.toggle('new', row.isNew)
    drawn.toggleAttribute('data-opened', this.#opened === `${kind.collection}/${row.name}`)
    const dot = drawn.querySelector('i')
    if (dot && dot.dataset['health'] !== health) {
      dot.dataset['health'] = health
      const text = row.isGone ? words.gone : words.health[health]
      dot.title = text
      if (text === '') dot.setAttribute('aria-hidden', 'true')
      else dot.removeAttribute('aria-hidden')
      dot.setAttribute('aria-label', text)
    }
    const now = Date.now()
    kind.columns.forEach((column, index) => {
      const cell = drawn.children[index + 1]
      if (!(cell instanceof HTMLElement)) return
      const isAge = column.toLowerCase() === 'age'
      if (isAge) cell.dataset['since'] = row.createdAt
      const text = isAge ? ageSince(row.createdAt, now) : readable(row.cells[index] ?? '')
      if (cell.textContent !== text) {
        // A change is seen, an age that grows is not one.
        if (!isAge && cell.textContent !== '') flash(cell)
        cell.textContent = text
        cell.title = text
      }
    })
  }

  #drawAges(): void {
    const now = Date.now()
    for (const cell of this.#tables.querySelectorAll<HTMLElement>('td[data-since]'))
      cell.textContent = ageSince(cell.dataset['since'] ?? '', now)
  }

  #click(event: Event): void {
    const target = event.target instanceof Element ? event.target : undefined
    if (target?.closest('[data-do=clear]')) {
      this.setFilter('')
      return this.#filter.focus()
    }
    const button =
      target?.closest<HTMLElement>('[data-name]') ??
      target?.closest('tr')?.querySelector<HTMLElement>('[data-name]')
    const { collection, name } = button?.dataset ?? {}
    if (collection && name) this.#options.open(collection, name)
  }

  /** Up and down go from object to object. */
  #key(event: KeyboardEvent): void {
    const at = event.target instanceof Element ? event.target.closest('[data-name]') : null
    if (!at || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return
    event.preventDefault()
    const all = [...this.#tables.querySelectorAll<HTMLElement>('[data-name]')]
    all[all.indexOf(at as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
  }
}

function flash(cell: HTMLElement): void {
  cell.classList.remove('changed')
  // Reading a size makes the browser begin the animation anew.
  void cell.offsetWidth
  cell.classList.add('changed')
}

/** Istio's lists come as JSON: `["reviews"]`. */
function readable(cell: string): string {
  if (!cell.startsWith('[')) return cell
  try {
    const list: unknown = JSON.parse(cell)
    return Array.isArray(list) && list.every(one => typeof one === 'string') ? list.join(', ') : cell
  } catch {
    return cell // It only looks like JSON.
  }
}
