import { describe, expect, test } from 'vitest'
import type { MeshEdge, MeshNode, Topology } from '../../../sandbox-server/protocol/mesh.ts'
import { drawnGraph } from './graph.ts'
import { placeInto } from './layout.ts'
import { fits, linksOfEvidence } from './lit.ts'
import { noTotals, sumWindow } from './totals.ts'

const node = (name: string, version: string): MeshNode => ({
  id: `shop/${name}/${version}`,
  kind: 'workload',
  namespace: 'shop',
  name,
  version,
  hasSidecar: true,
  pods: { ready: 1, total: 1 },
  services: [],
})
const edge = (id: number, source: string, target: string): MeshEdge => ({
  id,
  source: `shop/${source}`,
  target: `shop/${target}`,
  protocol: 'http',
  mirror: false,
})
const topology: Topology = {
  type: 'topology',
  at: 0,
  namespace: 'shop',
  nodes: [node('page', 'v1'), node('reviews', 'v1'), node('reviews', 'v2'), node('idle', 'v1')],
  limits: [],
  rules: [80, 9080].map(port => ({
    source: 'shop/page/v1',
    host: 'reviews.shop.svc.cluster.local',
    port,
    protocol: 'http',
    match: '',
    virtualService: 'shop/reviews',
    targets: [
      { nodes: ['shop/reviews/v1'], host: 'reviews.shop.svc.cluster.local', subset: 'v1', percent: 90 },
      { nodes: ['shop/reviews/v2'], host: 'reviews.shop.svc.cluster.local', subset: 'v2', percent: 10 },
    ],
  })),
}
const totals = (requests: number) => ({ ...noTotals(), requests })

describe('the drawn graph', () => {
  const graph = drawnGraph({
    topology,
    edges: [edge(0, 'page/v1', 'reviews/v1')],
    totals: new Map([[0, totals(8)]]),
    live: new Set([0]),
  })

  test('has a card per workload, also without traffic', () => {
    expect(graph.cards.map(card => [card.id, card.rows.length, card.isConnected])).toEqual([
      ['shop/idle', 1, false],
      ['shop/page', 1, true],
      ['shop/reviews', 2, true],
    ])
  })

  test('shows what is configured beside what was observed, also of versions nobody reached', () => {
    expect(graph.links.map(({ target, share, set, rules }) => [target, share, set, rules.length])).toEqual([
      ['shop/reviews/v1', 1, 90, 1],
      ['shop/reviews/v2', 0, 10, 1],
    ])
  })

  test('stands apart: no card covers another, in either direction', () => {
    for (const [width, height] of [
      [1200, 300],
      [300, 1200],
    ] as const) {
      const boxes = [...placeInto(graph, width, height).cards.values()]
      const overlapping = boxes.filter(a =>
        boxes.some(
          b =>
            a !== b &&
            a.x < b.x + b.width &&
            b.x < a.x + a.width &&
            a.y < b.y + b.height &&
            b.y < a.y + a.height,
        ),
      )
      expect(overlapping).toEqual([])
    }
  })

  test('finds the link that a check speaks of, by workload or by pod', () => {
    const rows = [
      {
        proxy: 'page-v1-abc-12345',
        host: 'reviews',
        match: '',
        destination: 'reviews',
        subset: 'v2',
        percent: 100,
      },
    ]
    const wishes = linksOfEvidence({ kind: 'routes', rows })
    const lit = graph.links.filter(link => wishes.some(wish => fits(link, wish)))
    expect(lit.map(link => link.target)).toEqual(['shop/reviews/v2'])
  })
})

test('a window sums the seconds that end with the last one shown', () => {
  const seconds = new Map(
    [100, 101, 102].map(at => [at, { at, edges: [{ edge: 7, requests: 1, latency: [3, 1] }] }]),
  )
  expect(sumWindow(seconds, 101, 1).get(7)?.requests).toBe(1)
  expect(sumWindow(seconds, 102, 10).get(7)?.requests).toBe(3)
  expect(sumWindow(seconds, 99, 10).size).toBe(0)
})
