/** The files as a tree: arrow keys walk, Enter opens, F2 renames, Delete deletes. */
import type { FileEntry } from '../../../sandbox-server/protocol/files.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface FileTreeOptions {
  open(path: string): void
  make(folder: string): void
  rename(entry: FileEntry): void
  remove(entry: FileEntry): void
}

interface Row extends FileEntry {
  depth: number
  name: string
  isOpen: boolean
  position: number
  siblings: number
}

const KEY = 'meshdojo:files-folded'

export class FileTree {
  readonly host: HTMLElement
  readonly #tree: HTMLElement
  readonly #note = element('p', { class: 'tool-note', hidden: true })
  readonly #options: FileTreeOptions
  #entries: readonly FileEntry[] = []
  #open = recall()
  #focused = ''
  #shown = ''
  #marks = new Map<string, string>()

  constructor(options: FileTreeOptions) {
    this.#options = options
    const words = theWords().files
    this.#tree = element('ul', { role: 'tree', 'aria-label': words.tree, class: 'files-tree' })
    const button = (does: string, name: string, path: string) => {
      const made = element('button', {
        type: 'button',
        class: 'icon-button',
        'data-do': does,
        'aria-label': name,
        title: name,
      })
      made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`
      return made
    }
    this.host = element(
      'div',
      { class: 'files-side' },
      element(
        'div',
        { class: 'files-side-bar' },
        button('make', words.new, 'M12 5v14M5 12h14'),
        button('rename', words.rename, 'M4 20h4L19 9l-4-4L4 16v4'),
        button('remove', words.remove, 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13'),
      ),
      this.#tree,
      this.#note,
    )
    this.host.addEventListener('click', event => this.#click(event))
    this.#tree.addEventListener('keydown', event => this.#key(event))
    // Focus that came by itself, e.g. a screen reader's: keys and buttons mean that entry, never another.
    this.#tree.addEventListener('focusin', event => {
      const path = event.target instanceof HTMLElement ? event.target.dataset['path'] : undefined
      if (path === undefined || path === this.#focused) return
      this.#focused = path
      this.#drawFocus()
    })
  }

  /** `isCut`: there is more than these. */
  set(entries: readonly FileEntry[], isCut: boolean): void {
    this.#entries = entries
    const words = theWords().files
    this.#note.hidden = entries.length > 0 && !isCut
    this.#note.textContent = isCut ? fill(words.cut, { count: entries.length }) : words.noFiles
    this.#draw()
  }

  /** The file in the editor, with all folders on its way open. */
  show(path: string): void {
    this.#shown = path
    const parts = path.split('/')
    for (let length = 1; length < parts.length; length++) this.#open.add(parts.slice(0, length).join('/'))
    this.#focused = path
    this.#draw()
  }

  /** A word beside files, e.g. that they are not saved. */
  mark(marks: ReadonlyMap<string, string>): void {
    this.#marks = new Map(marks)
    this.#draw()
  }

  #rows(): Row[] {
    const children = new Map<string, FileEntry[]>()
    for (const entry of this.#entries) {
      const folder = entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0))
      children.set(folder, [...(children.get(folder) ?? []), entry])
    }
    const rows: Row[] = []
    const add = (folder: string, depth: number) => {
      const inside = children.get(folder) ?? []
      inside.sort((a, b) => (a.kind === b.kind ? (a.path < b.path ? -1 : 1) : a.kind === 'folder' ? -1 : 1))
      for (const [index, entry] of inside.entries()) {
        const isOpen = entry.kind === 'folder' && this.#open.has(entry.path)
        const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
        rows.push({ ...entry, depth, name, isOpen, position: index + 1, siblings: inside.length })
        if (isOpen) add(entry.path, depth + 1)
      }
    }
    add('', 1)
    return rows
  }

  #draw(): void {
    const rows = this.#rows()
    // The file in the editor may only be about to be there.
    if (this.#focused !== this.#shown && !rows.some(({ path }) => path === this.#focused))
      this.#focused = rows[0]?.path ?? ''
    const hadFocus = this.#tree.contains(document.activeElement)
    this.#tree.replaceChildren(...rows.map(row => this.#item(row)))
    this.#drawFocus()
    if (hadFocus) this.#focus()
  }

  #drawFocus(): void {
    const items = [...this.#tree.querySelectorAll<HTMLElement>('[role=treeitem]')]
    const focused = items.find(item => item.dataset['path'] === this.#focused)
    for (const item of items) item.tabIndex = item === (focused ?? items[0]) ? 0 : -1
    const entry = this.#entries.find(({ path }) => path === this.#focused)
    for (const button of this.host.querySelectorAll<HTMLButtonElement>('[data-do=rename], [data-do=remove]'))
      button.disabled = !entry
  }

  #item(row: Row): HTMLElement {
    const mark = this.#marks.get(row.path)
    const item = element(
      'li',
      {
        role: 'treeitem',
        'data-path': row.path,
        'data-kind': row.kind,
        'aria-level': String(row.depth),
        'aria-setsize': String(row.siblings),
        'aria-posinset': String(row.position),
        'aria-selected': String(row.path === this.#shown),
        ...(row.kind === 'folder' ? { 'aria-expanded': String(row.isOpen) } : {}),
        tabindex: '-1',
        title: row.path,
      },
      element('span', {}, row.name),
    )
    item.style.setProperty('--depth', String(row.depth - 1))
    if (mark) item.append(element('i', { title: mark, 'aria-label': mark, role: 'img' }))
    return item
  }

  #click(event: Event): void {
    const target = event.target instanceof Element ? event.target : undefined
    const does = target?.closest<HTMLElement>('[data-do]')?.dataset['do']
    const entry = this.#entries.find(({ path }) => path === this.#focused)
    if (does === 'make') {
      const folder = entry?.kind === 'folder' ? entry.path : (entry?.path.replace(/\/?[^/]*$/, '') ?? '')
      return this.#options.make(folder)
    }
    if (does === 'rename' && entry) return this.#options.rename(entry)
    if (does === 'remove' && entry) return this.#options.remove(entry)
    const path = target?.closest<HTMLElement>('[data-path]')?.dataset['path']
    if (path !== undefined) this.#activate(path)
  }

  #activate(path: string): void {
    this.#focused = path
    const entry = this.#entries.find(one => one.path === path)
    if (entry?.kind === 'folder') this.#fold(path, !this.#open.has(path))
    else if (entry) this.#options.open(path)
    this.#draw()
    this.#focus()
  }

  #fold(path: string, isOpen: boolean): void {
    if (isOpen) this.#open.add(path)
    else this.#open.delete(path)
    keep(this.#open)
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#rows()
    const at = rows.findIndex(({ path }) => path === this.#focused)
    const row = rows[at]
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return
    const parent = row.path.replace(/\/?[^/]*$/, '')
    const go = (to: string | undefined) => {
      if (to) this.#focused = to
    }
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(rows[at + 1]?.path),
      ArrowUp: () => go(rows[at - 1]?.path),
      Home: () => go(rows[0]?.path),
      End: () => go(rows.at(-1)?.path),
      ArrowRight: () =>
        row.kind === 'folder' && !row.isOpen ? this.#fold(row.path, true) : go(rows[at + 1]?.path),
      ArrowLeft: () => (row.isOpen ? this.#fold(row.path, false) : go(parent)),
      Enter: () => this.#activate(row.path),
      ' ': () => this.#activate(row.path),
      F2: () => this.#options.rename(row),
      Delete: () => this.#options.remove(row),
    }
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    act()
    if (event.key === 'F2' || event.key === 'Delete' || event.key === 'Enter' || event.key === ' ') return
    this.#draw()
    this.#focus()
  }

  #focus(): void {
    this.#tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }
}

/** The samples are what most learners want first. */
function recall(): Set<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '["samples"]')
    return new Set(Array.isArray(kept) ? kept.filter(path => typeof path === 'string') : [])
  } catch {
    return new Set() // Not ours, or storage is forbidden.
  }
}

function keep(open: ReadonlySet<string>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...open]))
  } catch {
    // No room: the next page begins with the samples.
  }
}
