/** What is known of a card or a link, beside the graph. */
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import type { Card, DrawnGraph, Link } from './graph.ts'
import {
  amount,
  cardName,
  errorShare,
  latency,
  limitMarks,
  nodeName,
  number,
  percent,
  ruleMarks,
  securityOf,
} from './phrases.ts'
import { addTotals, noTotals, type Totals } from './totals.ts'

type Fact = [name: string, value: string]

export function linkDetails(link: Link, windowSeconds: number): HTMLElement[] {
  const words = theWords().mesh
  return [
    element('h3', {}, `${nodeName(link.source)} → ${nodeName(link.target)}`),
    facts(trafficFacts(link.totals, windowSeconds, link.protocol === 'tcp')),
    ...flags(link.totals),
    element('h4', {}, words.configured),
    ...rulesOf(link),
  ]
}

export function cardDetails(card: Card, { links }: DrawnGraph, windowSeconds: number): HTMLElement[] {
  const words = theWords().mesh
  const sent = noTotals()
  for (const link of links) if (link.sourceCard === card.id) addTotals(sent, link.totals)
  return [
    element('h3', {}, cardName(card)),
    facts([
      ...(card.namespace === '' ? [] : [[words.namespace, card.namespace] satisfies Fact]),
      ...(card.services.length === 0 ? [] : [[words.services, card.services.join(', ')] satisfies Fact]),
      ...card.rows
        .filter(row => row.total > 0)
        .map(
          (row): Fact => [
            row.version || words.podsColumn,
            fill(words.pods, { ready: row.ready, total: row.total }),
          ],
        ),
      ...(card.kind === 'workload' && !card.hasSidecar
        ? [[words.notes, words.noSidecar] satisfies Fact]
        : []),
    ]),
    element('h4', {}, words.received),
    facts(trafficFacts(card.received, windowSeconds, false)),
    ...flags(card.received),
    element('h4', {}, words.sentOut),
    facts(trafficFacts(sent, windowSeconds, false)),
  ]
}

function trafficFacts(totals: Totals, windowSeconds: number, isTcp: boolean): Fact[] {
  const words = theWords().mesh
  if (totals.requests === 0) return [[words.observed, words.noTraffic]]
  const security = securityOf(totals)
  return [
    [words.observed, amount(totals, windowSeconds, isTcp)],
    [words.errorShare, `${percent(errorShare(totals))} %`],
    [words.p50, latency(totals, 0.5)],
    [words.p95, latency(totals, 0.95)],
    ...(security ? [[words.security, words[security]] satisfies Fact] : []),
  ]
}

const facts = (all: readonly Fact[]): HTMLElement =>
  element('dl', {}, ...all.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))

function flags({ flags: counts }: Totals): HTMLElement[] {
  if (counts.size === 0) return []
  const words = theWords()
  const meaning: Record<string, string> = words.requests.flag
  return [
    element('h4', {}, words.mesh.flags),
    element(
      'ul',
      {},
      ...[...counts].map(([flag, count]) =>
        element('li', {}, element('b', {}, `${flag} × ${count}`), ` ${meaning[flag] ?? ''}`),
      ),
    ),
  ]
}

function rulesOf(link: Link): HTMLElement[] {
  const words = theWords().mesh
  const limits = link.limits.flatMap(limitMarks)
  const items = link.rules.map(rule => {
    const to = rule.targets.map(
      target => `${target.subset || target.host.split('.')[0]} ${number(target.percent)} %`,
    )
    const marks = ruleMarks(rule)
    return element(
      'li',
      {},
      element('b', {}, rule.match || words.anyRequest),
      ` → ${to.join(', ')}${marks.length > 0 ? ` · ${marks.join(' · ')}` : ''}`,
    )
  })
  if (limits.length > 0)
    items.push(element('li', {}, element('b', {}, words.limit), ` ${limits.join(' · ')}`))
  return items.length === 0 ? [element('p', {}, words.noRules)] : [element('ul', {}, ...items)]
}
