/** Where cards stand and how links run between them. dagre finds the order; rows of a card are ports of their own. */
import { layout as dagreLayout, Graph } from '@dagrejs/dagre'
import type { Card, DrawnGraph, Link } from './graph.ts'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Point {
  x: number
  y: number
}

export interface Placed {
  cards: ReadonlyMap<string, Box>
  /** Ways of links that pass other ranks, by `sourceCard>targetCard`. */
  ways: ReadonlyMap<string, readonly Point[]>
  width: number
  height: number
  direction: Direction
}

export type Direction = 'right' | 'down'

export const CARD_WIDTH = 164
export const HEAD_HEIGHT = 46
export const ROW_HEIGHT = 32
const GAP = 30

export const hasRows = (card: Card): boolean => card.rows.length > 1

export const cardHeight = (card: Card): number =>
  HEAD_HEIGHT + (hasRows(card) ? card.rows.length * ROW_HEIGHT + 6 : 0)

/** What decides the layout: who is there and who calls whom. Counts do not. */
export const shapeOf = ({ cards, links }: DrawnGraph): string =>
  JSON.stringify([
    cards.map(card => [card.id, card.rows.length, card.isConnected]),
    [...new Set(links.map(link => `${link.sourceCard}>${link.targetCard}`))].sort(),
  ])

/** Reading goes to the right; downwards only where that is clearly larger. */
const RIGHT_IS_BETTER_BY = 1.25

/** Whichever direction makes better use of a place of that size. */
export function placeInto(graph: DrawnGraph, width: number, height: number): Placed {
  const scaleOf = (placed: Placed): number => Math.min(1.15, width / placed.width, height / placed.height)
  const right = placeGraph(graph, 'right')
  const down = placeGraph(graph, 'down')
  return scaleOf(down) > scaleOf(right) * RIGHT_IS_BETTER_BY ? down : right
}

export function placeGraph({ cards, links }: DrawnGraph, direction: Direction): Placed {
  const graph = new Graph()
  graph.setGraph({
    rankdir: direction === 'right' ? 'LR' : 'TB',
    ranksep: direction === 'right' ? 168 : 84,
    nodesep: GAP,
    marginx: 16,
    marginy: 16,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  const connected = cards.filter(card => card.isConnected)
  for (const card of connected) graph.setNode(card.id, { width: CARD_WIDTH, height: cardHeight(card) })
  for (const [source, target] of pairs(links)) graph.setEdge(source, target)
  if (connected.length > 0) dagreLayout(graph)
  const placed = new Map<string, Box>()
  for (const card of connected) {
    const { x = 0, y = 0, width = CARD_WIDTH, height = 0 } = graph.node(card.id) as Partial<Box>
    placed.set(card.id, { x: x - width / 2, y: y - height / 2, width, height })
  }
  const ways = new Map<string, readonly Point[]>()
  for (const edge of graph.edges()) {
    const points = (graph.edge(edge) as { points?: Point[] }).points ?? []
    // Ends are ports of ours; three points go straight to the next rank.
    if (points.length > 3) ways.set(`${edge.v}>${edge.w}`, points.slice(1, -1))
  }
  return { ...withIdle(placed, cards, direction), ways, direction }
}

function pairs(links: readonly Link[]): [string, string][] {
  const seen = new Map(links.map(link => [`${link.sourceCard}>${link.targetCard}`, link]))
  return [...seen.values()]
    .filter(link => link.sourceCard !== link.targetCard)
    .map(link => [link.sourceCard, link.targetCard])
}

/** Whoever nobody calls stands in rows below. */
function withIdle(placed: Map<string, Box>, cards: readonly Card[], direction: Direction) {
  const boxes = [...placed.values()]
  let width = Math.max(0, ...boxes.map(box => box.x + box.width + 16))
  let y = Math.max(0, ...boxes.map(box => box.y + box.height)) + (boxes.length > 0 ? GAP : 16)
  const idle = cards.filter(card => !card.isConnected)
  const perRow = Math.max(direction === 'down' ? 2 : 3, Math.floor((width - 16) / (CARD_WIDTH + GAP)))
  for (let first = 0; first < idle.length; first += perRow) {
    const row = idle.slice(first, first + perRow)
    row.forEach((card, index) => {
      const x = 16 + index * (CARD_WIDTH + GAP)
      placed.set(card.id, { x, y, width: CARD_WIDTH, height: cardHeight(card) })
      width = Math.max(width, x + CARD_WIDTH + 16)
    })
    y += Math.max(...row.map(cardHeight)) + GAP
  }
  const height = Math.max(0, ...[...placed.values()].map(box => box.y + box.height)) + 16
  return { cards: placed, width, height }
}

/** Where a link leaves a card: at the version's row, or at the head. */
export function portOf(card: Card, node: string, box: Box, side: 'out' | 'in', direction: Direction): Point {
  const index = hasRows(card) ? card.rows.findIndex(row => row.node === node) : -1
  if (direction === 'right') {
    const y = index < 0 ? box.y + HEAD_HEIGHT / 2 : box.y + HEAD_HEIGHT + (index + 0.5) * ROW_HEIGHT
    return { x: side === 'out' ? box.x + box.width : box.x, y }
  }
  const x = index < 0 ? box.x + box.width / 2 : box.x + (box.width * (index + 1)) / (card.rows.length + 1)
  return { x, y: side === 'out' ? box.y + box.height : box.y }
}

/** An SVG path that leaves and arrives along the direction of the graph, also when it leads back. */
export function linkPath(from: Point, to: Point, way: readonly Point[], direction: Direction): string {
  const along = direction === 'right' ? 'x' : 'y'
  const points = [from, ...backwards(from, to, way, along)]
  let path = `M${round(from.x)} ${round(from.y)}`
  for (let index = 1; index <= points.length; index++) {
    const a = points[index - 1] ?? from
    const b = points[index] ?? to
    const reach = Math.max(26, Math.abs(b[along] - a[along]) * 0.5)
    const first = { ...a, [along]: a[along] + heading(points, to, index - 1, along) * reach }
    const second = { ...b, [along]: b[along] - heading(points, to, index, along) * reach }
    path += `C${round(first.x)} ${round(first.y)} ${round(second.x)} ${round(second.y)} ${round(b.x)} ${round(b.y)}`
  }
  return path
}

/** Forwards at both ends; between them wherever the neighbours lie. */
function heading(points: readonly Point[], to: Point, index: number, along: 'x' | 'y'): number {
  const before = points[index - 1]
  const after = points[index + 1] ?? to
  if (index === 0 || index >= points.length || !before) return 1
  return after[along] >= before[along] ? 1 : -1
}

/** What leads back without a way of its own goes round above, clear of the cards between. */
function backwards(from: Point, to: Point, way: readonly Point[], along: 'x' | 'y'): readonly Point[] {
  if (to[along] > from[along] || way.length > 0) return way
  const across = along === 'x' ? 'y' : 'x'
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  return [{ ...middle, [across]: Math.min(from[across], to[across]) - 64 }]
}

const round = (value: number): number => Math.round(value * 10) / 10
