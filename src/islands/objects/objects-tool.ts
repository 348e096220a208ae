/** The tool Objects: what the learner's namespace holds, as kubectl prints it, live. */
import '../../styles/objects.css'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { announce, theWords } from '../workspace/page.ts'
import type { MountedTool, ToolDetails } from '../workspace/tools.ts'
import { ObjectDetails } from './object-details.ts'
import { ObjectList } from './object-list.ts'
import { type KnownRow, ObjectsFeed } from './objects-feed.ts'

export function mount(host: HTMLElement): MountedTool<'objects'> {
  const tool = new ObjectsTool(host)
  return tool
}

class ObjectsTool implements MountedTool<'objects'> {
  readonly #host: HTMLElement
  readonly #feed: ObjectsFeed
  readonly #list: ObjectList
  readonly #details: ObjectDetails
  #opened: { collection: string; name: string } | undefined
  /** Asked for before its kind was told. */
  #wanted: ToolDetails['objects'] | undefined
  #frame = 0

  constructor(host: HTMLElement) {
    this.#host = host
    const words = theWords().objects
    const say = (text: string) => (row: KnownRow) => {
      if (!row.own) announce(fill(text, { kind: row.kind.kind, name: row.name }))
    }
    this.#feed = new ObjectsFeed({
      onRows: () => this.#drawSoon(),
      onOpened: message => this.#isOpened(message) && this.#details.setObject(message),
      onEvents: message => this.#isOpened(message) && this.#details.setEvents(message),
      onCame: say(words.appeared),
      onWent: say(words.vanished),
    })
    this.#list = new ObjectList({
      feed: this.#feed,
      open: (collection, name) => this.#open(collection, name),
    })
    this.#details = new ObjectDetails({
      open: (collection, name) => this.#open(collection, name),
      close: () => this.#close(),
    })
    host.classList.add('objects')
    host.append(element('div', { class: 'objects-panes' }, this.#list.host, this.#details.host))
  }

  shown(): void {
    this.#feed.connect()
    this.#list.shown()
  }

  hidden(): void {
    this.#list.hidden()
    this.#feed.disconnect()
  }

  /** By kind, plural or kubectl's short collection name; without a name the list is filtered. */
  open(wanted: ToolDetails['objects']): void {
    this.#wanted = wanted
    this.#openWanted()
  }

  #openWanted(): void {
    const { kind = '', name } = this.#wanted ?? {}
    if (!this.#wanted || kind === '') return
    const asked = kind.toLowerCase()
    const found = [...this.#feed.kinds.values()].find(
      one =>
        one.kind.toLowerCase() === asked ||
        one.collection === asked ||
        one.collection.split('.')[0] === asked,
    )
    if (!found) return
    this.#wanted = undefined
    if (name === undefined) this.#list.setFilter(found.kind)
    else this.#open(found.collection, name)
  }

  #open(collection: string, name: string): void {
    this.#opened = { collection, name }
    this.#details.show(this.#feed.kinds.get(collection), name)
    this.#feed.open(collection, name)
    this.#host.dataset['open'] = 'true'
    this.#list.setOpened(`${collection}/${name}`)
    this.#details.focus()
  }

  #close(): void {
    const left = this.#opened
    this.#opened = undefined
    this.#feed.close()
    this.#details.hide()
    delete this.#host.dataset['open']
    this.#list.setOpened('')
    if (left) this.#list.focusRow(left.collection, left.name)
  }

  #isOpened({ collection, name }: { collection: string; name: string }): boolean {
    return this.#opened?.collection === collection && this.#opened.name === name
  }

  /** Many kinds are told at once: drawn once. */
  #drawSoon(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      this.#list.draw()
      this.#openWanted()
    })
  }
}
