import { expect, it } from 'vitest'
import { drawDiagram } from './diagram.ts'

const nodes = [
  { id: 'page', label: 'productpage' },
  { id: 'v1', label: 'reviews', note: 'v1' },
  { id: 'v2', label: 'reviews', note: 'v2' },
]
const links = [
  { from: 'page', to: 'v1', label: '80 %' },
  { from: 'page', to: 'v2', label: '20 %' },
]

it('keeps boxes apart and inside the picture', () => {
  const { nodes: boxes, width, height } = drawDiagram({ nodes, links, direction: 'right' }, 'here')
  for (const box of boxes) {
    expect(box.x).toBeGreaterThanOrEqual(0)
    expect(box.x + box.width).toBeLessThanOrEqual(width)
    expect(box.y + box.height).toBeLessThanOrEqual(height)
    for (const other of boxes.filter(each => each !== box))
      expect(
        box.x + box.width <= other.x ||
          other.x + other.width <= box.x ||
          box.y + box.height <= other.y ||
          other.y + other.height <= box.y,
      ).toBe(true)
  }
})

it('draws every link and says the same in words', () => {
  const drawn = drawDiagram({ nodes, links, direction: 'down' }, 'here')
  expect(drawn.links.map(({ path }) => path[0])).toEqual(['M', 'M'])
  expect(drawn.words).toBe('productpage → reviews (v1): 80 %; productpage → reviews (v2): 20 %')
})

it('names a link that leads nowhere', () => {
  expect(() =>
    drawDiagram({ nodes, links: [{ from: 'page', to: 'v9' }], direction: 'right' }, 'chapter 5'),
  ).toThrow('chapter 5: there is no node "v9"\n  → use one of page, v1, v2')
})
