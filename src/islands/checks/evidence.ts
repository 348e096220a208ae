/** Evidence as people can check it: requests, routes and objects as tables, output as text. */
import type { Evidence, ObjectRow, RequestRow, RouteRow } from '../../../sandbox-server/protocol/steps.ts'
import { fill } from '../../language/index.ts'
import { linksOfEvidence } from '../mesh-graph/lit.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { hasTool, openTool } from '../workspace/tools.ts'

/** Rows in sight before "more" is asked for. */
const ROWS_IN_SIGHT = 4

interface Column {
  title: string
  /** `path` is left out where there is little room; `number` is set to the right. */
  kind?: 'path' | 'number'
}

interface Table {
  caption: string
  columns: readonly Column[]
  rows: readonly HTMLElement[]
  /** More than the rows when only some of them were sent. */
  total: number
  /** Which rows stay in sight: of requests the newest, which come last. */
  inSight: 'first' | 'last'
}

const clockTime = (time: string): string => {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? time : date.toTimeString().slice(0, 8)
}

const cell = (text: string, tone?: string) => element('td', { class: tone }, text)

function requestRow(row: RequestRow): HTMLElement {
  const failed = row.status >= 400 || row.status === 0
  return element(
    'tr',
    {},
    cell(clockTime(row.time), 'dim'),
    cell(`${row.source} → ${row.destination}${row.version === '' ? '' : ` ${row.version}`}`),
    cell(row.path, 'dim path'),
    cell(String(row.status), failed ? 'bad' : 'good'),
    cell(row.flags, row.flags === '-' ? 'dim' : 'bad'),
    cell(`${Math.round(row.durationMs)} ms`, 'dim number'),
  )
}

function routeRow(row: RouteRow): HTMLElement {
  const words = theWords()
  return element(
    'tr',
    {},
    cell(row.match === '' ? words.matchAll : row.match, row.match === '' ? 'dim' : undefined),
    cell(
      `→ ${row.destination}${row.subset === '' ? '' : ` ${row.subset}`}`,
      row.subset === '' ? undefined : 'good',
    ),
    cell(`${row.percent} %`, 'dim number'),
  )
}

const objectRow = (row: ObjectRow): HTMLElement =>
  element('tr', {}, cell(row.kind, 'dim'), cell(row.name), cell(row.summary, 'dim'))

function requests(rows: readonly RequestRow[], total: number): Table {
  const words = theWords()
  const columns: Column[] = [
    { title: words.columnTime },
    { title: words.columnRequest },
    { title: words.columnPath, kind: 'path' },
    { title: words.columnStatus },
    { title: words.columnFlags },
    { title: words.columnDuration, kind: 'number' },
  ]
  return { caption: words.evidenceRequests, columns, rows: rows.map(requestRow), total, inSight: 'last' }
}

function routes(rows: readonly RouteRow[]): Table {
  const words = theWords()
  const columns: Column[] = [
    { title: words.columnMatch },
    { title: words.columnDestination },
    { title: words.columnShare, kind: 'number' },
  ]
  return {
    caption: words.evidenceRoutes,
    columns,
    rows: rows.map(routeRow),
    total: rows.length,
    inSight: 'first',
  }
}

function objects(rows: readonly ObjectRow[]): Table {
  const words = theWords()
  const columns: Column[] = [
    { title: words.columnKind },
    { title: words.columnName },
    { title: words.columnSummary },
  ]
  return {
    caption: words.evidenceObjects,
    columns,
    rows: rows.map(objectRow),
    total: rows.length,
    inSight: 'first',
  }
}

function drawTable({ caption, columns, rows, total, inSight }: Table): HTMLElement[] {
  if (rows.length === 0) return []
  const head = columns.map(({ title, kind }) => element('th', { scope: 'col', class: kind }, title))
  const table = element(
    'table',
    {},
    element('caption', { class: 'sr-only' }, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  )
  const hidden = inSight === 'first' ? rows.slice(ROWS_IN_SIGHT) : rows.slice(0, -ROWS_IN_SIGHT)
  const scroller = element(
    'div',
    { class: 'rows', role: 'region', 'aria-label': caption, tabindex: '0' },
    table,
  )
  return hidden.length === 0 ? [scroller] : [scroller, moreButton(hidden, total - ROWS_IN_SIGHT)]
}

function moreButton(hidden: readonly HTMLElement[], unseen: number): HTMLElement {
  const words = theWords()
  const button = element('button', { type: 'button', class: 'link' })
  const fold = (folded: boolean) => {
    for (const row of hidden) row.toggleAttribute('hidden', folded)
    button.setAttribute('aria-expanded', String(!folded))
    button.textContent = folded ? fill(words.requestsMore, { count: unseen }) : words.requestsFewer
  }
  fold(true)
  button.addEventListener('click', () => fold(button.getAttribute('aria-expanded') === 'true'))
  return button
}

/** Folded when all is well: the learner has just seen it in the terminal. */
function drawOutput(text: string, unfolded: boolean): HTMLElement[] {
  if (text === '') return []
  const label = theWords().evidenceOutput
  return [
    element(
      'details',
      { open: unfolded },
      element('summary', {}, label),
      element('pre', { 'aria-label': label, tabindex: '0' }, text),
    ),
  ]
}

/** Elements to put under a check's message. */
export function drawEvidence(evidence: Evidence, state: string, message = ''): HTMLElement[] {
  const drawn = drawKind(evidence, state)
  const [link] = linksOfEvidence(evidence)
  if (!link || drawn.length === 0 || !hasTool('mesh')) return drawn
  const button = element('button', { type: 'button', class: 'link' }, theWords().mesh.showInGraph)
  button.addEventListener('click', () => openTool('mesh', { ...link, ...(message ? { note: message } : {}) }))
  return [...drawn, button]
}

function drawKind(evidence: Evidence, state: string): HTMLElement[] {
  switch (evidence.kind) {
    case 'requests':
      return drawTable(requests(evidence.rows, evidence.total))
    case 'routes':
      return drawTable(routes(evidence.rows))
    case 'objects':
      return drawTable(objects(evidence.rows))
    case 'output':
      return drawOutput(evidence.text, state === 'failed')
  }
}
