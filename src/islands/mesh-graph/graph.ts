/**
 * What is drawn: a card per workload with a row per version, and a link from whoever calls to each version, with what was
 * observed beside what is configured. Pure.
 */
import type {
  MeshEdge,
  MeshLimit,
  MeshNode,
  MeshRule,
  Topology,
} from '../../../sandbox-server/protocol/mesh.ts'
import { addTotals, noTotals, type Totals } from './totals.ts'

export interface Row {
  node: string
  version: string
  ready: number
  total: number
  /** 0 to 1 of what the card received; undefined without any. */
  share: number | undefined
}

export interface Card {
  /** `namespace/workload`, or the node's own id. */
  id: string
  kind: MeshNode['kind']
  name: string
  namespace: string
  hasSidecar: boolean
  services: readonly string[]
  rows: readonly Row[]
  /** What it received in the window. */
  received: Totals
  /** Anything ever went in or out within what is kept. */
  isConnected: boolean
}

export interface Link {
  /** `source>target`, of nodes. */
  id: string
  source: string
  target: string
  sourceCard: string
  targetCard: string
  protocol: 'http' | 'tcp'
  isMirror: boolean
  edges: readonly number[]
  totals: Totals
  /** 0 to 1 of what the source sent to that card; undefined without any, or when the card has one version. */
  share: number | undefined
  /** Percent that the default rule gives it; undefined when no rule speaks of versions. */
  set: number | undefined
  /** Matches of other rules that lead here, in words. */
  matches: readonly string[]
  rules: readonly MeshRule[]
  limits: readonly MeshLimit[]
}

export interface DrawnGraph {
  cards: readonly Card[]
  links: readonly Link[]
}

const OUTSIDE = 'outside'

export const cardOf = (node: string): string => {
  const parts = node.split('/')
  return parts.length === 3 ? `${parts[0]}/${parts[1]}` : node
}

export interface GraphInput {
  topology: Topology | undefined
  edges: Iterable<MeshEdge>
  totals: ReadonlyMap<number, Totals>
  /** Edges with anything in the kept time. */
  live: ReadonlySet<number>
}

export function drawnGraph({ topology, edges, totals, live }: GraphInput): DrawnGraph {
  const present = [...edges].filter(edge => live.has(edge.id))
  const nodes = new Map((topology?.nodes ?? []).map(node => [node.id, node]))
  const shown = shownNodes(nodes, present, topology?.namespace ?? '')
  const byCard = groupBy(shown, node => cardOf(node.id))
  const rulesBySource = groupBy(topology?.rules ?? [], rule => rule.source)
  const limitsBySource = groupBy(topology?.limits ?? [], limit => limit.source)
  const links = linksOf(present, totals, byCard, rulesBySource, limitsBySource)
  const connected = new Set(present.flatMap(edge => [cardOf(edge.source), cardOf(edge.target)]))
  const cards = [...byCard].map(([id, members]) => cardFrom(id, members, links, connected.has(id)))
  return { cards: cards.sort((a, b) => a.id.localeCompare(b.id)), links }
}

/** The learner's own, and of the rest whatever took part. */
function shownNodes(
  nodes: ReadonlyMap<string, MeshNode>,
  edges: readonly MeshEdge[],
  own: string,
): MeshNode[] {
  const used = new Set(edges.flatMap(edge => [edge.source, edge.target]))
  const usedCards = new Set([...used].map(cardOf))
  const shown = [...nodes.values()].filter(
    node =>
      node.namespace === own ||
      (node.kind !== 'gateway' && node.kind !== 'service') ||
      usedCards.has(cardOf(node.id)),
  )
  const gone = [...used].filter(id => !nodes.has(id)).map(absentNode)
  // A service as a whole is its card; only one without pods is a row of its own.
  return [
    ...shown,
    ...gone.filter(node => !shown.some(one => cardOf(one.id) === cardOf(node.id) && node.version === '')),
  ]
}

/** Gone, or never in the cluster. */
function absentNode(id: string): MeshNode {
  const [namespace = '', name = '', version = ''] = id.split('/')
  const base = { id, hasSidecar: false, pods: { ready: 0, total: 0 }, services: [] }
  if (id === OUTSIDE) return { ...base, kind: 'outside', namespace: '', name: '', version: '' }
  if (namespace === 'host')
    return { ...base, kind: 'host', namespace: '', name: id.slice('host/'.length), version: '' }
  return { ...base, kind: 'workload', namespace, name, version }
}

function linksOf(
  edges: readonly MeshEdge[],
  totals: ReadonlyMap<number, Totals>,
  byCard: ReadonlyMap<string, readonly MeshNode[]>,
  rulesBySource: ReadonlyMap<string, readonly MeshRule[]>,
  limitsBySource: ReadonlyMap<string, readonly MeshLimit[]>,
): Link[] {
  const links = new Map<string, Link & { edges: number[] }>()
  const link = (source: string, target: string, protocol: 'http' | 'tcp', isMirror: boolean) => {
    const id = `${source}>${target}${isMirror ? '>mirror' : ''}`
    const known = links.get(id)
    if (known) return known
    const inCard = new Set((byCard.get(cardOf(target)) ?? []).map(node => node.id))
    const rules = (rulesBySource.get(source) ?? []).filter(rule => leadsTo(rule, inCard))
    const made = {
      id,
      source,
      target,
      sourceCard: cardOf(source),
      targetCard: cardOf(target),
      protocol,
      isMirror,
      edges: [],
      totals: noTotals(),
      share: undefined,
      ...configured(distinct(rules), target, inCard.size),
      limits: (limitsBySource.get(source) ?? []).filter(limit => limit.nodes.includes(target)),
    }
    links.set(id, made)
    return made
  }
  for (const edge of edges) {
    const one = link(edge.source, edge.target, edge.protocol, edge.mirror)
    one.edges.push(edge.id)
    const sum = totals.get(edge.id)
    if (sum) addTotals(one.totals, sum)
    if (edge.mirror) continue
    // The other versions it might have gone to.
    const siblings = byCard.get(cardOf(edge.target)) ?? []
    if (siblings.length > 1)
      for (const sibling of siblings) link(edge.source, sibling.id, edge.protocol, false)
  }
  const all = [...links.values()]
  return all.map(one => ({ ...one, share: shareOf(one, all, byCard) }))
}

const leadsTo = (rule: MeshRule, nodes: ReadonlySet<string>): boolean =>
  [...rule.targets.flatMap(target => target.nodes), ...(rule.mirror?.nodes ?? [])].some(id => nodes.has(id))

/** The same rule stands under several ports. */
function distinct(rules: readonly MeshRule[]): MeshRule[] {
  const seen = new Set<string>()
  return rules.filter(rule => {
    const key = JSON.stringify({ ...rule, port: 0 })
    return !seen.has(key) && seen.add(key)
  })
}

function configured(
  rules: readonly MeshRule[],
  target: string,
  versions: number,
): Pick<Link, 'set' | 'matches' | 'rules'> {
  const percentOf = (rule: MeshRule): number =>
    rule.targets
      .filter(one => one.nodes.includes(target))
      .reduce((sum, one) => sum + one.percent / Math.max(1, one.nodes.length), 0)
  const byDefault = rules.find(rule => rule.match === '')
  const matches = rules.filter(rule => rule.match !== '' && percentOf(rule) > 0).map(rule => rule.match)
  const set = byDefault && versions > 1 ? Math.round(percentOf(byDefault) * 10) / 10 : undefined
  return { set, matches, rules }
}

function shareOf(
  link: Link,
  all: readonly Link[],
  byCard: ReadonlyMap<string, readonly MeshNode[]>,
): number | undefined {
  if (link.isMirror || (byCard.get(link.targetCard)?.length ?? 0) < 2) return undefined
  const sent = all
    .filter(one => one.source === link.source && one.targetCard === link.targetCard && !one.isMirror)
    .reduce((sum, one) => sum + one.totals.requests, 0)
  return sent === 0 ? undefined : link.totals.requests / sent
}

function cardFrom(
  id: string,
  members: readonly MeshNode[],
  links: readonly Link[],
  isConnected: boolean,
): Card {
  const received = noTotals()
  const into = links.filter(link => link.targetCard === id && !link.isMirror)
  for (const link of into) addTotals(received, link.totals)
  const rows = [...members]
    .sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }))
    .map(({ id: node, version, pods }): Row => {
      const got = into
        .filter(link => link.target === node)
        .reduce((sum, link) => sum + link.totals.requests, 0)
      return { node, version, ...pods, share: received.requests === 0 ? undefined : got / received.requests }
    })
  const [first] = members
  return {
    id,
    kind: first?.kind ?? 'workload',
    name: first?.name ?? '',
    namespace: first?.namespace ?? '',
    hasSidecar: members.some(node => node.hasSidecar),
    services: [...new Set(members.flatMap(node => node.services))],
    rows,
    received,
    isConnected,
  }
}

function groupBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
