/** The mesh as a picture: who calls whom, how much, how well, and what was configured. */
import '../../styles/mesh.css'
import { fill } from '../../language/index.ts'
import { runInTerminal } from '../checks/run.ts'
import { element } from '../workspace/element.ts'
import { theConnection, theWords } from '../workspace/page.ts'
import { hasTool, type MountedTool, openTool } from '../workspace/tools.ts'
import { cardDetails, linkDetails } from './details.ts'
import { GraphDrawing } from './draw.ts'
import { Flow } from './flow.ts'
import { type DrawnGraph, drawnGraph, type Link } from './graph.ts'
import { type Placed, placeInto, shapeOf } from './layout.ts'
import { fits, type LinkWish, type Lit, litByChecks } from './lit.ts'
import { type MeshFeed, theMesh } from './mesh-feed.ts'
import { errorShare, nodeName, number, percent, time } from './phrases.ts'
import { svg, write } from './svg.ts'
import { drawTable } from './table.ts'
import { Timeline } from './timeline.ts'
import { addTotals, noTotals, sumWindow } from './totals.ts'
import { Viewport } from './viewport.ts'

/** Screen readers are not told more often. */
const SUMMARY_EVERY_MS = 15_000

export const mount = (host: HTMLElement): MountedTool<'mesh'> => new MeshTool(host, theMesh())

class MeshTool implements MountedTool<'mesh'> {
  readonly #feed: MeshFeed
  readonly #drawing = new GraphDrawing()
  readonly #flow = new Flow()
  readonly #timeline: Timeline
  readonly #viewport: Viewport
  readonly #root: HTMLElement
  readonly #area: HTMLElement
  readonly #back = svg('g')
  readonly #front = svg('g')
  readonly #details = element('aside', { class: 'mesh-details', hidden: true })
  readonly #table = element('div', { class: 'mesh-table-view', hidden: true, tabindex: '0', role: 'region' })
  readonly #banner = element('p', { class: 'mesh-banner', hidden: true })
  readonly #empty = element('div', { class: 'mesh-empty', hidden: true })
  readonly #summary = element('p', { class: 'sr-only', 'aria-live': 'polite' })
  #graph: DrawnGraph = { cards: [], links: [] }
  #placed: Placed | undefined
  #shape = ''
  #lit: readonly Lit[] = []
  #wish: LinkWish | undefined
  #chosen: { card?: string; link?: string } = {}
  #isShown = false
  #summarizedAt = 0
  #ending: (() => void)[] = []
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor(host: HTMLElement, feed: MeshFeed) {
    this.#feed = feed
    const words = theWords().mesh
    this.#timeline = new Timeline(feed, () => this.#draw())
    const backSvg = svg('svg', { class: 'mesh-back' }, arrows(), this.#back)
    const frontSvg = svg('svg', { class: 'mesh-front' }, this.#front)
    this.#back.append(this.#drawing.links)
    this.#front.append(this.#drawing.cards, this.#drawing.chips)
    this.#area = element('div', {
      class: 'mesh-area',
      role: 'group',
      'aria-label': words.graph,
      'aria-describedby': 'mesh-help',
      tabindex: '0',
    })
    this.#area.append(backSvg, this.#flow.canvas, frontSvg)
    this.#table.setAttribute('aria-label', words.tableCaption)
    this.#details.setAttribute('aria-label', words.details)
    this.#viewport = new Viewport(this.#area, view => {
      const transform = `translate(${view.x} ${view.y}) scale(${view.scale})`
      this.#back.setAttribute('transform', transform)
      this.#front.setAttribute('transform', transform)
      this.#flow.setView(view)
    })
    this.#root = element(
      'div',
      { class: 'mesh' },
      element('p', { class: 'sr-only', id: 'mesh-help' }, words.graphHelp),
      this.#summary,
      element(
        'div',
        { class: 'mesh-stage' },
        this.#area,
        this.#table,
        this.#empty,
        this.#banner,
        this.#details,
        this.#buttons(),
        legend(),
      ),
      this.#timeline.host,
    )
    host.append(this.#root)
    this.#root.addEventListener('click', event => this.#click(event))
    this.#area.addEventListener('pointerover', event => this.#hover(event))
    this.#area.addEventListener('focusin', event => this.#hover(event))
    this.#area.addEventListener('pointerleave', () => this.#choose({}))
    this.#root.addEventListener('keydown', event => this.#key(event))
    new ResizeObserver(() => this.#resize()).observe(this.#area)
  }

  shown(): void {
    if (this.#isShown) return
    this.#isShown = true
    this.#ending = [
      this.#feed.subscribe(() => this.#draw()),
      this.#feed.onTraffic(seconds => {
        if (this.#timeline.at !== undefined) return
        for (const { edges } of seconds)
          for (const one of edges) {
            const link = this.#graph.links.find(({ edges: ids }) => ids.includes(one.edge))
            if (link) this.#flow.send(link.id, one.requests, one.errors ?? 0)
          }
      }),
      theConnection().subscribe(state => {
        this.#lit = litByChecks(state.steps.values())
        this.#draw()
      }),
    ]
    // Without traffic nothing arrives, and yet the window moves on.
    this.#ticking = setInterval(() => this.#draw(), 1_000)
    this.#resize()
  }

  hidden(): void {
    this.#isShown = false
    clearInterval(this.#ticking)
    for (const end of this.#ending.splice(0)) end()
    this.#flow.stop()
  }

  open(wish: LinkWish): void {
    if (!wish.source && !wish.destination) return
    this.#wish = wish
    this.#draw()
    const link = this.#graph.links.find(one => fits(one, wish))
    if (link) this.#choose({ link: link.id })
  }

  #draw(): void {
    if (!this.#isShown) return
    const { last, windowSeconds } = this.#timeline
    const live = new Set([...this.#feed.seconds.values()].flatMap(({ edges }) => edges.map(one => one.edge)))
    this.#graph = drawnGraph({
      topology: this.#timeline.at === undefined ? this.#feed.topology : this.#feed.topologyAt(last),
      edges: this.#feed.edges.values(),
      totals: sumWindow(this.#feed.seconds, last, windowSeconds),
      live,
    })
    const { clientWidth, clientHeight } = this.#area
    const shape = `${shapeOf(this.#graph)} ${clientWidth}×${clientHeight}`
    const isNew = shape !== this.#shape || !this.#placed
    if (isNew) this.#placed = placeInto(this.#graph, clientWidth, clientHeight)
    this.#shape = shape
    const placed = this.#placed
    if (!placed) return
    this.#drawing.draw({ graph: this.#graph, placed, windowSeconds, isLit: link => this.#isLit(link) })
    if (isNew) {
      this.#viewport.setContent(placed.width, placed.height)
      const paths = this.#graph.links.flatMap(({ id }) => {
        const path = this.#drawing.pathOf(id)
        return path ? [[id, path] as const] : []
      })
      this.#flow.setPaths(new Map(paths))
    }
    this.#timeline.draw()
    if (!this.#table.hidden) this.#table.replaceChildren(drawTable(this.#graph, windowSeconds))
    this.#drawBanner()
    this.#drawEmpty()
    this.#drawDetails()
    this.#summarize()
  }

  #isLit(link: Link): boolean {
    const wishes = [...this.#lit.flatMap(lit => lit.wishes), ...(this.#wish ? [this.#wish] : [])]
    return wishes.some(wish => fits(link, wish))
  }

  #drawBanner(): void {
    const text = this.#wish?.note ?? this.#lit[0]?.message ?? ''
    this.#banner.hidden = text === ''
    write(this.#banner, text)
  }

  #drawEmpty(): void {
    const words = theWords().mesh
    const hasTraffic = this.#graph.links.length > 0
    this.#empty.hidden = hasTraffic
    if (hasTraffic) return
    const topology = this.#feed.topology
    const key = topology ? (this.#suggestion() ?? 'nobody') : 'waiting'
    if (this.#empty.dataset['key'] === key) return
    this.#empty.dataset['key'] = key
    if (!topology) return this.#empty.replaceChildren(element('p', {}, words.connecting))
    if (key === 'nobody') return this.#empty.replaceChildren(element('p', {}, words.emptyNobody))
    const run = element('button', { type: 'button', class: 'button small', 'data-run': key }, theWords().run)
    this.#empty.replaceChildren(
      element('p', {}, element('b', {}, words.emptyTitle), ' ', words.emptyNote),
      element('p', {}, element('code', {}, key), ' ', run),
    )
  }

  /** A request that somebody in the mesh will answer. */
  #suggestion(): string | undefined {
    const own = this.#graph.cards.filter(
      card => card.kind === 'workload' && card.hasSidecar && card.services[0],
    )
    const card = own.find(({ name }) => /page|front|web|gateway/.test(name)) ?? own[0]
    return card && `curl -sS ${card.services[0]} -o /dev/null -w '%{http_code}\\n'`
  }

  #drawDetails(): void {
    const { windowSeconds } = this.#timeline
    const link = this.#graph.links.find(one => one.id === this.#chosen.link)
    const card = this.#graph.cards.find(one => one.id === this.#chosen.card)
    this.#details.hidden = !link && !card
    const box = this.#placed?.cards.get(card?.id ?? link?.targetCard ?? '')
    const { x, scale } = this.#viewport.view
    // Not over what it speaks of.
    const isRight = box ? x + (box.x + box.width / 2) * scale > this.#area.clientWidth / 2 : false
    this.#details.dataset['side'] = isRight ? 'left' : 'right'
    if (link) this.#details.replaceChildren(...linkDetails(link, windowSeconds))
    else if (card) this.#details.replaceChildren(...cardDetails(card, this.#graph, windowSeconds))
  }

  #choose(chosen: { card?: string; link?: string }): void {
    this.#chosen = chosen
    this.#drawDetails()
  }

  #hover(event: Event): void {
    const { card, link } = partOf(event)
    if (card) this.#choose({ card })
    else if (link) this.#choose({ link })
    else if (event.type === 'pointerover') this.#choose({})
  }

  #click(event: Event): void {
    const target = event.target instanceof Element ? event.target : undefined
    const run = target?.closest<HTMLElement>('[data-run]')?.dataset['run']
    if (run) return runInTerminal(run)
    const act = target?.closest<HTMLElement>('[data-do]')?.dataset['do']
    if (act) return this.#act(act)
    const { card, link } = partOf(event)
    if (link && !this.#viewport.hasMoved) this.#showRequests(link)
    else if (card) this.#choose({ card })
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      this.#wish = undefined
      return this.#choose({})
    }
    if (event.key !== 'Enter' && event.key !== ' ') return
    const { card, link } = partOf(event)
    if (event.target instanceof HTMLButtonElement || (!card && !link)) return
    event.preventDefault()
    if (link) this.#showRequests(link)
    else if (card) this.#choose({ card })
  }

  #showRequests(id: string): void {
    const link = this.#graph.links.find(one => one.id === id)
    if (!link || !hasTool('requests')) return
    const [, , version = ''] = link.target.split('/')
    openTool('requests', { source: link.sourceCard, destination: link.targetCard, version })
  }

  #act(what: string): void {
    if (what === 'zoom-in') this.#viewport.zoom(1.25)
    if (what === 'zoom-out') this.#viewport.zoom(0.8)
    if (what === 'fit') this.#viewport.fit()
    if (what === 'table') this.#toggleTable()
  }

  #toggleTable(): void {
    const words = theWords().mesh
    this.#table.hidden = !this.#table.hidden
    this.#area.hidden = !this.#table.hidden
    this.#root.dataset['view'] = this.#table.hidden ? 'graph' : 'table'
    const button = this.#root.querySelector('[data-do=table]')
    if (button) button.textContent = this.#table.hidden ? words.asTable : words.asGraph
    this.#choose({})
    this.#draw()
  }

  #resize(): void {
    this.#flow.resize(this.#area.clientWidth, this.#area.clientHeight)
    this.#draw()
    this.#viewport.refit()
  }

  #summarize(): void {
    if (Date.now() - this.#summarizedAt < SUMMARY_EVERY_MS) return
    this.#summarizedAt = Date.now()
    const words = theWords().mesh
    const when = time(this.#timeline.windowSeconds * 1000)
    const all = noTotals()
    for (const link of this.#graph.links) addTotals(all, link.totals)
    const busiest = [...this.#graph.links]
      .filter(link => link.totals.requests > 0)
      .sort((a, b) => b.totals.requests - a.totals.requests)
      .slice(0, 6)
      .map(
        link =>
          fill(words.summaryLink, {
            source: nodeName(link.source),
            target: nodeName(link.target),
            count: number(link.totals.requests),
          }) +
          (link.totals.errors > 0
            ? `, ${fill(words.summaryErrors, { percent: percent(errorShare(link.totals)) })}`
            : ''),
      )
    const text =
      all.requests === 0
        ? fill(words.summaryNone, { time: when })
        : fill(words.summary, { count: number(all.requests), time: when, links: busiest.join('; ') })
    write(this.#summary, text)
  }

  #buttons(): HTMLElement {
    const words = theWords().mesh
    const button = (does: string, text: string, name: string) =>
      element(
        'button',
        { type: 'button', class: 'icon-button', 'data-do': does, 'aria-label': name, title: name },
        text,
      )
    return element(
      'div',
      { class: 'mesh-buttons' },
      button('zoom-in', '+', words.zoomIn),
      button('zoom-out', '−', words.zoomOut),
      button('fit', '⤢', words.fit),
      element('button', { type: 'button', class: 'button quiet small', 'data-do': 'table' }, words.asTable),
    )
  }
}

function partOf(event: Event): { card?: string; link?: string } {
  const part =
    event.target instanceof Element ? event.target.closest<HTMLElement>('[data-card], [data-link]') : null
  const { card, link } = { card: part?.dataset['card'], link: part?.dataset['link'] }
  return { ...(card ? { card } : {}), ...(link ? { link } : {}) }
}

function arrows(): SVGDefsElement {
  return svg(
    'defs',
    {},
    ...['ok', 'warn', 'bad', 'idle'].map(state =>
      svg(
        'marker',
        {
          id: `mesh-arrow-${state}`,
          class: `arrow ${state}`,
          viewBox: '0 0 8 8',
          refX: 7.5,
          refY: 4,
          markerWidth: 9,
          markerHeight: 9,
          markerUnits: 'userSpaceOnUse',
          orient: 'auto',
        },
        svg('path', { d: 'M0 0L8 4L0 8z' }),
      ),
    ),
  )
}

function legend(): HTMLElement {
  const words = theWords().mesh
  const item = (state: string, text: string) =>
    element('li', { class: state }, element('i', { 'aria-hidden': 'true' }), text)
  return element(
    'details',
    { class: 'mesh-legend' },
    element('summary', {}, words.legend),
    element(
      'ul',
      {},
      item('dot', words.legendFlow),
      item('ok', words.legendWidth),
      item('bad', words.legendError),
      item('idle', words.legendIdle),
    ),
  )
}
