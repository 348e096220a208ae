/** The tabs of the open files: arrow keys choose, Delete or the cross closes. */
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export interface FileTab {
  path: string
  isUnsaved: boolean
}

export class FileTabs {
  readonly host: HTMLElement
  readonly #choose: (path: string) => void
  #tabs: readonly FileTab[] = []
  #active: string | undefined

  constructor(choose: (path: string) => void, close: (path: string) => void) {
    this.#choose = choose
    this.host = element('div', {
      class: 'tab-list files-tabs',
      role: 'tablist',
      'aria-label': theWords().files.open,
    })
    this.host.addEventListener('click', event => {
      const target = event.target instanceof Element ? event.target : undefined
      const path = target?.closest<HTMLElement>('[role=tab]')?.dataset['path']
      if (path === undefined) return
      if (target?.closest('.tab-close')) close(path)
      else choose(path)
    })
    this.host.addEventListener('auxclick', event => {
      const tab = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=tab]') : null
      if (event.button === 1 && tab?.dataset['path']) close(tab.dataset['path'])
    })
    this.host.addEventListener('keydown', event => this.#key(event, close))
  }

  draw(tabs: readonly FileTab[], active: string | undefined): void {
    this.#tabs = tabs
    this.#active = active
    const hadFocus = this.host.contains(document.activeElement)
    const words = theWords().files
    this.host.hidden = tabs.length === 0
    this.host.replaceChildren(
      ...tabs.map(({ path, isUnsaved }) => {
        const name = nameOf(path, tabs)
        const isActive = path === active
        return element(
          'button',
          {
            type: 'button',
            role: 'tab',
            class: 'tab',
            'data-path': path,
            'data-unsaved': isUnsaved,
            'aria-selected': String(isActive),
            'aria-controls': 'files-panel',
            tabindex: isActive ? '0' : '-1',
            title: `${path} · ${words.tabHint}`,
            ...(isUnsaved ? { 'aria-label': fill(words.unsavedFile, { name }) } : {}),
          },
          element('span', {}, name),
          element('span', { class: 'files-dot', 'aria-hidden': 'true' }, '●'),
          element(
            'span',
            { class: 'tab-close', 'aria-hidden': 'true', title: fill(words.closeFile, { name }) },
            '✕',
          ),
        )
      }),
    )
    const chosen = this.host.querySelector<HTMLElement>('[aria-selected=true]')
    chosen?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    if (hadFocus) chosen?.focus()
  }

  #key(event: KeyboardEvent, close: (path: string) => void): void {
    if (event.key === 'Delete' && this.#active !== undefined) {
      event.preventDefault()
      return close(this.#active)
    }
    const at = this.#tabs.findIndex(({ path }) => path === this.#active)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.#tabs.length - 1 }[event.key]
    const next = to === undefined ? undefined : this.#tabs[(to + this.#tabs.length) % this.#tabs.length]
    if (!next) return
    event.preventDefault()
    this.#choose(next.path)
  }
}

/** The file's name; with its folder when another open file has the same. */
export function nameOf(path: string, tabs: readonly { path: string }[]): string {
  const parts = path.split('/')
  const name = parts.at(-1) ?? path
  const isAlone = tabs.filter(one => one.path.split('/').at(-1) === name).length < 2
  return isAlone ? name : parts.slice(-2).join('/')
}
