/** One object: its YAML as kubectl prints it, its events as they come, its owners, and a way into the editor. */
import { yaml } from '@codemirror/lang-yaml'
import { foldGutter } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import type { ObjectEvent, ObjectKind } from '../../../sandbox-server/protocol/objects.ts'
import { fill } from '../../language/index.ts'
import { copyFrom } from '../checks/run.ts'
import { codeTheme } from '../editor/code-theme.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { hasTool, openTool } from '../workspace/tools.ts'
import { ageSince } from './age.ts'
import type { EventsMessage, OpenedMessage } from './objects-feed.ts'

export interface ObjectDetailsOptions {
  open(collection: string, name: string): void
  close(): void
}

export class ObjectDetails {
  readonly host = element('aside', { class: 'objects-details', hidden: true })
  readonly #options: ObjectDetailsOptions
  readonly #title = element('h3', { class: 'objects-title', tabindex: '-1' })
  readonly #owners = element('p', { class: 'objects-owners' })
  readonly #gone = element('p', { class: 'objects-gone', role: 'status', hidden: true })
  readonly #yamlTab: HTMLButtonElement
  readonly #eventsTab: HTMLButtonElement
  readonly #yaml = element('div', { class: 'objects-yaml', role: 'tabpanel', id: 'objects-yaml' })
  readonly #events = element('div', {
    class: 'objects-events',
    role: 'tabpanel',
    id: 'objects-events',
    tabindex: '0',
    hidden: true,
  })
  readonly #actions: HTMLElement
  #view: EditorView | undefined
  #yamlText = ''
  #file = ''
  #kind = ''
  #name = ''

  constructor(options: ObjectDetailsOptions) {
    this.#options = options
    const words = theWords().objects
    const tab = (controls: string, text: string) =>
      element(
        'button',
        { type: 'button', role: 'tab', class: 'tab', 'aria-controls': controls, id: `${controls}-tab` },
        text,
      )
    this.#yamlTab = tab('objects-yaml', words.yaml)
    this.#eventsTab = tab('objects-events', words.events)
    this.#yaml.setAttribute('aria-labelledby', 'objects-yaml-tab')
    this.#events.setAttribute('aria-labelledby', 'objects-events-tab')
    const tabs = element('div', { class: 'tab-list', role: 'tablist' }, this.#yamlTab, this.#eventsTab)
    const button = (does: string, text: string, hint: string) =>
      element('button', { type: 'button', class: 'button quiet small', 'data-do': does, title: hint }, text)
    this.#actions = element(
      'div',
      { class: 'objects-actions' },
      tabs,
      element('span', { class: 'grow' }),
      button('copy', theWords().copy, words.copy),
      ...(hasTool('files') ? [button('edit', words.edit, words.editHint)] : []),
    )
    const close = element(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'data-do': 'close',
        'aria-label': words.close,
        title: words.close,
      },
      '✕',
    )
    this.host.append(
      element('div', { class: 'objects-head' }, this.#title, close),
      this.#owners,
      this.#gone,
      this.#actions,
      this.#yaml,
      this.#events,
    )
    this.host.addEventListener('click', event => this.#click(event))
    this.host.addEventListener('keydown', event => this.#key(event))
    this.#choose(this.#yamlTab)
  }

  show(kind: ObjectKind | undefined, name: string): void {
    const words = theWords().objects
    this.#kind = kind?.kind ?? ''
    this.#name = name
    this.#yamlText = ''
    this.host.hidden = false
    this.host.setAttribute('aria-label', fill(words.opened, { kind: this.#kind, name }))
    this.#title.replaceChildren(element('span', {}, this.#kind), ' ', name)
    this.#owners.replaceChildren()
    this.#gone.hidden = true
    this.#events.replaceChildren()
    this.#view?.destroy()
    this.#view = undefined
  }

  focus(): void {
    this.#title.focus()
  }

  hide(): void {
    this.host.hidden = true
    this.#view?.destroy()
    this.#view = undefined
  }

  setObject({ yaml: text, file, owners }: OpenedMessage): void {
    const words = theWords().objects
    this.#gone.hidden = text !== ''
    this.#gone.textContent = words.goneNote
    for (const button of this.#actions.querySelectorAll('button[data-do]'))
      button.toggleAttribute('disabled', text === '' && this.#yamlText === '')
    this.#owners.replaceChildren(
      ...owners.flatMap(owner => {
        const link = element(
          'button',
          {
            type: 'button',
            class: 'objects-link',
            'data-collection': owner.collection,
            'data-name': owner.name,
          },
          `${owner.kind} ${owner.name}`,
        )
        return [`${words.owner} `, link]
      }),
    )
    if (text === '') return
    this.#yamlText = text
    this.#file = file
    if (!this.#view) this.#view = this.#makeView(text)
    else if (this.#view.state.doc.toString() !== text)
      this.#view.dispatch({ changes: difference(this.#view.state.doc.toString(), text) })
  }

  setEvents({ events }: EventsMessage): void {
    const words = theWords().objects
    this.#eventsTab.textContent = events.length > 0 ? `${words.events} (${events.length})` : words.events
    this.#events.replaceChildren(
      events.length === 0
        ? element('p', { class: 'tool-note' }, words.noEvents)
        : element('ul', {}, ...events.map(event => drawEvent(event))),
    )
  }

  #makeView(text: string): EditorView {
    return new EditorView({
      parent: this.#yaml,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          foldGutter(),
          yaml(),
          codeTheme,
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({
            'aria-label': fill(theWords().objects.yamlLabel, { name: this.#name }),
            'aria-readonly': 'true',
            tabindex: '0',
          }),
        ],
      }),
    })
  }

  #choose(chosen: HTMLButtonElement): void {
    for (const [tab, panel] of [
      [this.#yamlTab, this.#yaml],
      [this.#eventsTab, this.#events],
    ] as const) {
      const isChosen = tab === chosen
      tab.setAttribute('aria-selected', String(isChosen))
      tab.setAttribute('tabindex', isChosen ? '0' : '-1')
      panel.hidden = !isChosen
    }
    this.#view?.requestMeasure()
  }

  #click(event: Event): void {
    const target = event.target instanceof Element ? event.target : undefined
    if (target?.closest('#objects-yaml-tab')) return this.#choose(this.#yamlTab)
    if (target?.closest('#objects-events-tab')) return this.#choose(this.#eventsTab)
    const link = target?.closest<HTMLElement>('.objects-link')?.dataset
    if (link?.['collection'] && link['name']) return this.#options.open(link['collection'], link['name'])
    const button = target?.closest<HTMLElement>('[data-do]')
    const does = button?.dataset['do']
    if (does === 'close') this.#options.close()
    if (does === 'copy' && button) void copyFrom(button, this.#yamlText)
    if (does === 'edit')
      openTool('files', { path: `${this.#kind.toLowerCase()}-${this.#name}.yaml`, text: this.#file })
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation()
      return this.#options.close()
    }
    const isTab = event.target === this.#yamlTab || event.target === this.#eventsTab
    if (!isTab || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
    const other = event.target === this.#yamlTab ? this.#eventsTab : this.#yamlTab
    this.#choose(other)
    other.focus()
  }
}

function drawEvent({ type, reason, message, count, source, at }: ObjectEvent): HTMLElement {
  const words = theWords().objects
  const when = fill(words.ago, { time: ageSince(at, Date.now()) })
  return element(
    'li',
    { 'data-type': type },
    element(
      'p',
      {},
      element('b', {}, reason),
      ' ',
      element('time', { datetime: at }, when),
      ...(count > 1 ? [' ', element('span', {}, fill(words.times, { count }))] : []),
      ' ',
      element('span', {}, source),
    ),
    element('p', {}, message),
  )
}

/** The lines in the middle that are others: scrolling and folds stay. */
function difference(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0
  while (from < before.length && before[from] === after[from]) from++
  let end = 0
  const most = Math.min(before.length, after.length) - from
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) }
}
