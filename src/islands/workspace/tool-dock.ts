/**
 * The tools under the terminals: one at a time, chosen by tabs, loaded when first shown. The dock can be folded to its
 * tabs or fill the whole column; height, tool and fold are remembered. On a phone a tool is a view of its own.
 */
import { element } from './element.ts'
import { announce, theWords } from './page.ts'
import { onPane, showPane } from './panes.ts'
import { type MountedTool, type OpenTool, onOpenTool, type Tool, type ToolId, tools } from './tools.ts'

type Fold = 'folded' | 'shared' | 'whole'

const KEY = 'meshdojo:tools'
/** Below this the terminal needs the height for itself. */
const ROOM_FOR_BOTH_PX = 700

interface Remembered {
  fold?: Fold
  tool?: ToolId
}

class ToolDock extends HTMLElement {
  readonly #mounted = new Map<ToolId, Promise<MountedTool>>()
  #shown: ToolId | undefined
  #tool: ToolId | undefined

  connectedCallback(): void {
    const remembered = recall()
    this.#tool = tools.find(tool => tool.id === remembered.tool)?.id ?? tools[0]?.id
    this.addEventListener('click', event => this.#click(event))
    this.querySelector('[role=tablist]')?.addEventListener('keydown', event =>
      this.#key(event as KeyboardEvent),
    )
    onOpenTool(open => void this.#open(open))
    onPane(() => this.#look())
    const roomy = window.innerHeight >= ROOM_FOR_BOTH_PX
    this.#setFold(remembered.fold ?? (roomy ? 'shared' : 'folded'))
  }

  get #fold(): Fold {
    const fold = document.documentElement.dataset['tools']
    return fold === 'shared' || fold === 'whole' ? fold : 'folded'
  }

  #setFold(fold: Fold): void {
    document.documentElement.dataset['tools'] = fold
    this.#look()
    document.dispatchEvent(new CustomEvent('meshdojo:terminal-shown'))
  }

  #click(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('button') : null
    const id = tools.find(tool => tool.id === button?.dataset['tool'])?.id
    if (id) this.#choose(id)
    if (button?.dataset['do'] === 'fold') this.#keepFold(this.#fold === 'folded' ? 'shared' : 'folded')
    if (button?.dataset['do'] === 'whole') this.#keepFold(this.#fold === 'whole' ? 'shared' : 'whole')
  }

  /** Arrow keys move between tabs and show what they land on, as a tab list should. */
  #key(event: KeyboardEvent): void {
    const at = tools.findIndex(tool => tool.id === this.#tool)
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tools.length - 1,
    }[event.key]
    const tool = to === undefined ? undefined : tools[(to + tools.length) % tools.length]
    if (!tool) return
    event.preventDefault()
    this.#choose(tool.id)
    this.#tab(tool.id)?.focus()
  }

  #choose(id: ToolId): void {
    this.#tool = id
    if (this.#fold === 'folded') this.#setFold('shared')
    else this.#look()
    keep({ fold: this.#fold, tool: id })
  }

  #keepFold(fold: Fold): void {
    this.#setFold(fold)
    keep({ fold, tool: this.#tool })
  }

  async #open({ id, detail }: OpenTool): Promise<void> {
    if (!tools.some(tool => tool.id === id)) return
    showPane(id)
    this.#choose(id)
    const mounted = await this.#mounted.get(id)
    mounted?.open?.(detail)
    announce(theWords().tools[id])
  }

  /** Whether a tool is in sight: on a phone only as the chosen view, else unless the dock is folded. */
  get #inSight(): boolean {
    return this.checkVisibility() && this.#fold !== 'folded'
  }

  #look(): void {
    const shown = this.#inSight ? this.#tool : undefined
    for (const { id } of tools) {
      const isChosen = id === this.#tool
      const tab = this.#tab(id)
      tab?.setAttribute('aria-selected', String(isChosen))
      tab?.setAttribute('tabindex', isChosen ? '0' : '-1')
      const panel = this.#panel(id)
      if (panel) panel.hidden = !isChosen
    }
    this.querySelector('[data-do=fold]')?.setAttribute('aria-expanded', String(this.#fold !== 'folded'))
    this.querySelector('[data-do=whole]')?.setAttribute('aria-pressed', String(this.#fold === 'whole'))
    if (shown === this.#shown) return
    const left = this.#shown
    this.#shown = shown
    if (left) void this.#mounted.get(left)?.then(tool => tool.hidden())
    const tool = tools.find(({ id }) => id === shown)
    if (tool) void this.#show(tool)
  }

  async #show(tool: Tool): Promise<void> {
    const known = this.#mounted.get(tool.id)
    const mounting = known ?? this.#mount(tool)
    this.#mounted.set(tool.id, mounting)
    try {
      const mounted = await mounting
      if (this.#shown === tool.id) mounted.shown()
    } catch (error) {
      console.error(error)
      this.#mounted.delete(tool.id)
      this.#shown = undefined
      this.#panel(tool.id)?.replaceChildren(element('p', { class: 'tool-note' }, theWords().tools.loadFailed))
    }
  }

  async #mount(tool: Tool): Promise<MountedTool> {
    const panel = this.#panel(tool.id)
    if (!panel) throw new Error(`layout/ToolDock.astro has no panel for ${tool.id}`)
    const { mount } = await tool.load()
    panel.replaceChildren()
    return mount(panel)
  }

  #tab(id: ToolId): HTMLElement | null {
    return this.querySelector(`[role=tab][data-tool=${id}]`)
  }

  #panel(id: ToolId): HTMLElement | null {
    return this.querySelector(`[role=tabpanel][data-panel=${id}]`)
  }
}

function recall(): Remembered {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    // Written below; an older form reads as undefined fields.
    return typeof kept === 'object' && kept !== null ? (kept as Remembered) : {}
  } catch {
    return {} // Not JSON, or storage is forbidden: the default then.
  }
}

function keep(what: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(what))
  } catch {
    // Storage is full or forbidden: the next page begins with the default.
  }
}

customElements.define('meshdojo-tools', ToolDock)
