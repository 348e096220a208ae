/** The graph as a table, for those who read rather than look. */
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import type { DrawnGraph, Link } from './graph.ts'
import { amount, errorShare, latency, linkMarks, nodeName, number, percent, securityOf } from './phrases.ts'

export function drawTable({ links }: DrawnGraph, windowSeconds: number): HTMLElement {
  const words = theWords().mesh
  const titles = [
    words.from,
    words.to,
    words.observed,
    words.share,
    words.configuredShare,
    words.errorShare,
    words.p50,
    words.p95,
    words.security,
    words.notes,
  ]
  const rows = [...links]
    .sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }))
    .map(link => rowOf(link, windowSeconds))
  return element(
    'table',
    { class: 'mesh-table' },
    element('caption', {}, words.tableCaption),
    element('thead', {}, element('tr', {}, ...titles.map(title => element('th', { scope: 'col' }, title)))),
    element('tbody', {}, ...rows),
  )
}

function rowOf(link: Link, windowSeconds: number): HTMLElement {
  const words = theWords().mesh
  const { totals } = link
  const security = securityOf(totals)
  const failed = errorShare(totals)
  const cells = [
    amount(totals, windowSeconds, link.protocol === 'tcp'),
    link.share === undefined ? '' : `${percent(link.share)} %`,
    link.set === undefined ? '' : `${number(link.set)} %`,
    totals.requests === 0 ? '' : `${percent(failed)} %`,
    latency(totals, 0.5),
    latency(totals, 0.95),
    security ? words[security] : '',
    linkMarks(link).join('; '),
  ]
  const open = element(
    'button',
    { type: 'button', class: 'link', 'data-link': link.id },
    nodeName(link.target),
  )
  return element(
    'tr',
    {},
    element('td', {}, nodeName(link.source)),
    element('td', {}, open),
    ...cells.map(text => element('td', {}, text)),
  )
}
