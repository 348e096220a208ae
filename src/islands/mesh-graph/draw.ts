/** Keeps the SVG as the graph is: elements stay and are changed, so that nothing flickers and focus is not lost. */
import { fill } from '../../language/index.ts'
import { theWords } from '../workspace/page.ts'
import { type Card, cardOf, type DrawnGraph, type Link } from './graph.ts'
import {
  CARD_WIDTH,
  cardHeight,
  HEAD_HEIGHT,
  hasRows,
  linkPath,
  type Placed,
  portOf,
  ROW_HEIGHT,
} from './layout.ts'
import { amount, cardName, errorShare, linkText, securityOf, spokenLink } from './phrases.ts'
import { assign, svg, textWidth, write } from './svg.ts'

export interface DrawOptions {
  graph: DrawnGraph
  placed: Placed
  windowSeconds: number
  /** Whether a failing check speaks of this link. */
  isLit(link: Link): boolean
}

interface LinkParts {
  group: SVGGElement
  hit: SVGPathElement
  line: SVGPathElement
  chip: SVGGElement
  box: SVGRectElement
  text: SVGTextElement
  icons: SVGGElement
}

/** 12 × 12 each. */
const ICONS = {
  mtls: 'M3.5 5.5V4a2.5 2.5 0 0 1 5 0v1.5M2.5 5.5h7v5h-7z',
  plain: 'M3.5 5.5V4a2.5 2.5 0 0 1 4.8-1M2.5 5.5h7v5h-7z',
  mixed: 'M3.5 5.5V4a2.5 2.5 0 0 1 4.8-1M2.5 5.5h7v5h-7z',
  fault: 'M7 1 3 7h3l-1 4 4-6H6z',
  timeout: 'M6 2.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM6 4.5v2l1.5 1M4.5 1h3',
  mirror: 'M2 4h5v6H2zM4.500 4V2h5v6H7',
  limit: 'M1 6h3l1.500-3 M7 9l1-3h3M6.500 1.500l-1 9',
} as const
type Icon = keyof typeof ICONS

export class GraphDrawing {
  readonly links = svg('g', { class: 'links' })
  readonly cards = svg('g', { class: 'cards' })
  readonly chips = svg('g', { class: 'chips', 'aria-hidden': 'true' })
  readonly #links = new Map<string, LinkParts>()
  readonly #cards = new Map<string, SVGGElement>()
  #shape: Placed | undefined

  draw(options: DrawOptions): void {
    const { graph, placed } = options
    const isNew = placed !== this.#shape
    this.#shape = placed
    const byId = new Map(graph.cards.map(card => [card.id, card]))
    retain(this.#cards, new Set(byId.keys()), group => group.remove())
    retain(this.#links, new Set(graph.links.map(link => link.id)), parts => {
      parts.group.remove()
      parts.chip.remove()
    })
    for (const card of graph.cards) this.#drawCard(card, options)
    for (const link of graph.links) this.#drawLink(link, byId, options, isNew)
  }

  pathOf(linkId: string): SVGPathElement | undefined {
    return this.#links.get(linkId)?.line
  }

  #drawLink(link: Link, cards: ReadonlyMap<string, Card>, options: DrawOptions, isNew: boolean): void {
    const { placed, windowSeconds } = options
    const from = cards.get(cardOf(link.source))
    const to = cards.get(cardOf(link.target))
    const fromBox = placed.cards.get(from?.id ?? '')
    const toBox = placed.cards.get(to?.id ?? '')
    if (!from || !to || !fromBox || !toBox) return
    const known = this.#links.get(link.id)
    const parts = known ?? this.#makeLink(link.id)
    if (isNew || !known) {
      const { direction } = placed
      const start = portOf(from, link.source, fromBox, 'out', direction)
      const end = portOf(to, link.target, toBox, 'in', direction)
      const way = placed.ways.get(`${from.id}>${to.id}`) ?? []
      const d = linkPath(start, end, way, direction)
      assign(parts.line, { d })
      assign(parts.hit, { d })
      const length = parts.line.getTotalLength()
      const at = parts.line.getPointAtLength(chipAt(length, to, link.target, direction))
      assign(parts.chip, { transform: `translate(${Math.round(at.x)} ${Math.round(at.y)})` })
    }
    const failed = errorShare(link.totals)
    const rate = link.totals.requests / windowSeconds
    const state = link.totals.requests === 0 ? 'idle' : failed >= 0.5 ? 'bad' : failed > 0 ? 'warn' : 'ok'
    assign(parts.group, {
      'data-state': state,
      'data-lit': options.isLit(link) ? '' : undefined,
      'data-mirror': link.isMirror ? '' : undefined,
      'aria-label': spokenLink(link, windowSeconds),
    })
    assign(parts.line, {
      'stroke-width':
        state === 'idle' ? 1.5 : Math.round(Math.min(6, 1.8 + Math.log10(1 + rate * 10) * 1.3) * 10) / 10,
      'marker-end': `url(#mesh-arrow-${state})`,
    })
    this.#drawChip(parts, link, state, options)
  }

  #drawChip(
    parts: LinkParts,
    link: Link,
    state: string,
    { placed, windowSeconds, isLit }: DrawOptions,
  ): void {
    const text = linkText(link, windowSeconds, placed.direction === 'down')
    const icons = iconsOf(link)
    write(parts.text, text)
    const key = icons.join()
    const textLength = text === '' ? 0 : textWidth(text)
    const width = textLength + icons.length * 15 + 14
    if (parts.icons.dataset['key'] !== key) {
      parts.icons.dataset['key'] = key
      parts.icons.replaceChildren(
        ...icons.map((icon, index) =>
          svg('path', { d: ICONS[icon], class: `icon ${icon}`, transform: `translate(${index * 15} 0)` }),
        ),
      )
    }
    assign(parts.chip, {
      'data-state': state,
      'data-lit': isLit(link) ? '' : undefined,
      visibility: text === '' && icons.length === 0 ? 'hidden' : undefined,
    })
    assign(parts.box, { x: -width / 2, y: -10, width, height: 20 })
    assign(parts.icons, { transform: `translate(${-width / 2 + 7} -6)` })
    assign(parts.text, { x: -width / 2 + 7 + icons.length * 15, y: 4 })
  }

  #makeLink(id: string): LinkParts {
    const hit = svg('path', { class: 'hit' })
    const line = svg('path', { class: 'line' })
    const group = svg('g', { class: 'link', 'data-link': id, tabindex: 0, role: 'button' }, hit, line)
    const box = svg('rect', { rx: 10 })
    const text = svg('text')
    const icons = svg('g', { class: 'icons' })
    const chip = svg('g', { class: 'chip', 'data-link': id }, box, icons, text)
    this.links.append(group)
    this.chips.append(chip)
    const parts = { group, hit, line, chip, box, text, icons }
    this.#links.set(id, parts)
    return parts
  }

  #drawCard(card: Card, { placed, windowSeconds }: DrawOptions): void {
    const box = placed.cards.get(card.id)
    if (!box) return
    const known = this.#cards.get(card.id)
    const group = known ?? svg('g', { class: 'card', 'data-card': card.id, tabindex: 0, role: 'button' })
    if (!known) {
      this.#cards.set(card.id, group)
      this.cards.append(group)
    }
    group.style.transform = `translate(${box.x}px, ${box.y}px)`
    const sub = subtitle(card)
    const rate = card.received.requests > 0 ? amount(card.received, windowSeconds) : ''
    assign(group, {
      'data-kind': card.kind,
      'data-idle': card.isConnected ? undefined : '',
      'aria-label': fill(theWords().mesh.cardLabel, {
        name: cardName(card),
        what: [sub, rate || theWords().mesh.noTraffic].join(', '),
      }),
    })
    const content = JSON.stringify([card.rows, sub, rate, card.kind])
    if (group.dataset['content'] === content) return
    group.dataset['content'] = content
    group.replaceChildren(...cardParts(card, sub, rate))
  }
}

/** How far along a link its words stand: links that fan out are told apart near their ends, or one below the other. */
function chipAt(length: number, to: Card, target: string, direction: Placed['direction']): number {
  if (!hasRows(to)) return length / 2
  if (direction === 'right') return Math.max(length * 0.5, length - 66)
  const index = to.rows.findIndex(row => row.node === target)
  return length * Math.min(0.85, 0.35 + 0.24 * Math.max(0, index))
}

function cardParts(card: Card, sub: string, rate: string): SVGElement[] {
  const clip = (text: string, width: number) => {
    let cut = text
    while (textWidth(cut) > width) cut = `${cut.slice(0, -2)}…`
    return cut
  }
  const name = cardName(card)
  const parts: SVGElement[] = [
    svg('title', {}, document.createTextNode(`${name} · ${sub}`)),
    svg('rect', { class: 'body', width: CARD_WIDTH, height: cardHeight(card), rx: 11 }),
    label('name', 14, 20, clip(name, CARD_WIDTH - 32 - textWidth(rate))),
    label('sub', 14, 36, clip(sub, CARD_WIDTH - 24)),
    label('rate', CARD_WIDTH - 12, 20, rate),
  ]
  if (!hasRows(card)) return parts
  card.rows.forEach((row, index) => {
    const y = HEAD_HEIGHT + index * ROW_HEIGHT
    const width = CARD_WIDTH - 16
    parts.push(
      svg('rect', { class: 'lane', x: 8, y: y + 2, width, height: ROW_HEIGHT - 6, rx: 6 }),
      svg('rect', {
        class: `share v${(index % 4) + 1}`,
        x: 8,
        y: y + 2,
        width: Math.max(row.share ? 4 : 0, (row.share ?? 0) * width),
        height: ROW_HEIGHT - 6,
        rx: 6,
      }),
      label('version', 18, y + 19, row.version || '–'),
      label('pods', CARD_WIDTH - 16, y + 19, `${row.ready}/${row.total}`),
    )
  })
  return parts
}

const label = (className: string, x: number, y: number, text: string): SVGTextElement =>
  svg('text', { class: className, x, y }, document.createTextNode(text))

function subtitle(card: Card): string {
  const words = theWords().mesh
  if (card.kind === 'outside') return words.outsideNote
  if (card.kind === 'host') return words.host
  if (card.kind === 'service') return `${words.service} · ${words.noPods}`
  const [row] = card.rows
  const parts = card.kind === 'gateway' ? [words.gateway] : []
  if (!hasRows(card) && row) {
    if (row.version !== '' && card.kind !== 'gateway') parts.push(row.version)
    parts.push(fill(words.pods, { ready: row.ready, total: row.total }))
  } else if (card.services[0] !== undefined) parts.push(card.services[0])
  if (!card.hasSidecar) parts.push(words.noSidecar)
  return parts.join(' · ')
}

function iconsOf(link: Link): Icon[] {
  const security = securityOf(link.totals)
  const { rules } = link
  return [
    ...(security ? [security] : []),
    ...(rules.some(rule => rule.delay || rule.abort) ? (['fault'] as const) : []),
    ...(rules.some(rule => rule.timeoutMs !== undefined) ? (['timeout'] as const) : []),
    ...(link.isMirror || rules.some(rule => rule.mirror?.nodes.includes(link.target))
      ? (['mirror'] as const)
      : []),
    ...(link.limits.length > 0 ? (['limit'] as const) : []),
  ]
}

function retain<Value>(
  map: Map<string, Value>,
  wanted: ReadonlySet<string>,
  drop: (value: Value) => void,
): void {
  for (const [key, value] of map) {
    if (wanted.has(key)) continue
    drop(value)
    map.delete(key)
  }
}
