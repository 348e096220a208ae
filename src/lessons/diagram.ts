/** Lays out a diagram of boxes and arrows as figures that an SVG draws. Pure; used when the site is built. */
import { Graph, layout } from '@dagrejs/dagre'
import { LessonError } from './chapters.ts'

export interface DiagramNode {
  id: string
  label: string
  /** A second, smaller line. */
  note?: string
  /** `proxy`: a sidecar or gateway. `outside`: not in the mesh. `bad`: where it fails. */
  kind?: 'proxy' | 'outside' | 'bad'
}
export interface DiagramLink {
  from: string
  to: string
  label?: string
  /** `copy`: dashed, as a mirrored request. `bad`: refused or failing. */
  kind?: 'copy' | 'bad'
}
export interface Diagram {
  nodes: readonly DiagramNode[]
  links: readonly DiagramLink[]
  direction: 'right' | 'down'
}

interface Drawing {
  width: number
  height: number
  nodes: (DiagramNode & { x: number; y: number; width: number; height: number })[]
  /** `path` is SVG's, `x`,`y` the middle of the label. */
  links: (DiagramLink & { path: string; x: number; y: number })[]
  /** What the picture says, in a sentence a link. */
  words: string
}

const MARGIN = 10
const NODE_HEIGHT = 38
const NOTED_NODE_HEIGHT = 50

/** Chinese characters take twice the room of Latin ones; in pixels at the size of a diagram's text. */
const widthOf = (text: string): number =>
  [...text].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) > 0x2e7f ? 14 : 7.6), 0)

/** `place` names the diagram in errors. Throws LessonError when a link leads nowhere. */
export function drawDiagram({ nodes, links, direction }: Diagram, place: string): Drawing {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({
    rankdir: direction === 'right' ? 'LR' : 'TB',
    nodesep: 26,
    ranksep: 46,
    marginx: MARGIN,
    marginy: MARGIN,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, label, note = '' } of nodes)
    graph.setNode(id, {
      width: Math.max(widthOf(label), widthOf(note) * 0.86) + 28,
      height: note === '' ? NODE_HEIGHT : NOTED_NODE_HEIGHT,
    })
  links.forEach(({ from, to, label = '' }, index) => {
    for (const end of [from, to])
      if (!graph.hasNode(end))
        throw new LessonError(
          place,
          `there is no node "${end}"`,
          `use one of ${nodes.map(({ id }) => id).join(', ')}`,
        )
    graph.setEdge(
      from,
      to,
      { width: widthOf(label) + 8, height: label === '' ? 0 : 18, labelpos: 'c' },
      `${index}`,
    )
  })
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map(node => {
      const at = graph.node(node.id)
      const [w, h] = [at.width ?? 0, at.height ?? 0]
      return { ...node, x: (at.x ?? 0) - w / 2, y: (at.y ?? 0) - h / 2, width: w, height: h }
    }),
    links: links.map((link, index) => {
      const edge = graph.edge({ v: link.from, w: link.to, name: `${index}` })
      const points = edge.points ?? []
      return { ...link, path: smooth(points), x: edge.x ?? 0, y: (edge.y ?? 0) + 4 }
    }),
    words: wordsOf(nodes, links),
  }
}

/** Straight ends, curves between. */
function smooth(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({
    x: Math.round(x * 10) / 10,
    y: Math.round(y * 10) / 10,
  }))
  if (!first) return ''
  const parts = [`M${first.x} ${first.y}`]
  rest.forEach((point, index) => {
    const next = rest[index + 1]
    if (next) parts.push(`Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`)
    else parts.push(`L${point.x} ${point.y}`)
  })
  return parts.join(' ')
}

function wordsOf(nodes: readonly DiagramNode[], links: readonly DiagramLink[]): string {
  const named = new Map(nodes.map(({ id, label, note }) => [id, note ? `${label} (${note})` : label]))
  const told = links.map(
    ({ from, to, label }) => `${named.get(from)} → ${named.get(to)}${label ? `: ${label}` : ''}`,
  )
  const linked = new Set(links.flatMap(({ from, to }) => [from, to]))
  return [...told, ...nodes.filter(({ id }) => !linked.has(id)).map(({ id }) => named.get(id))].join('; ')
}
