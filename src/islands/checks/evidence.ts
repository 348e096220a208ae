/** Evidence as people can check it: requests, routes and objects as tables, output as text. */
import type { Evidence, ObjectRow, RequestRow, RouteRow } from '../../../sandbox-server/protocol/steps.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

/** Rows in sight before "more" is asked for; the last ones, they are the newest. */
const ROWS_IN_SIGHT = 4

const clockTime = (time: string): string => {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? time : date.toTimeString().slice(0, 8)
}

const cell = (text: string, tone?: string) => element('td', { class: tone }, text)

function table(caption: string, columns: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const head = element('tr', {}, ...columns.map(column => element('th', { scope: 'col' }, column)))
  return element(
    'table',
    {},
    element('caption', { class: 'sr-only' }, caption),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  )
}

function requestRow(row: RequestRow): HTMLElement {
  const failed = row.status >= 400 || row.status === 0
  return element(
    'tr',
    {},
    cell(clockTime(row.time), 'dim'),
    cell(`${row.source} → ${row.destination}${row.version === '' ? '' : ` ${row.version}`}`, 'wide'),
    cell(row.path, 'dim'),
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
  element('tr', {}, cell(row.kind, 'dim'), cell(row.name), cell(row.summary, 'wide'))

function foldable(made: HTMLElement, total: number, shown: number): HTMLElement[] {
  const rows = [...made.querySelectorAll('tbody tr')]
  const hidden = rows.slice(0, Math.max(0, rows.length - ROWS_IN_SIGHT))
  const unseen = total - Math.min(shown, ROWS_IN_SIGHT)
  if (hidden.length === 0) return [made]
  const words = theWords()
  const more = element('button', { type: 'button', class: 'link', 'aria-expanded': 'false' })
  const fold = (folded: boolean) => {
    for (const row of hidden) row.toggleAttribute('hidden', folded)
    more.setAttribute('aria-expanded', String(!folded))
    more.textContent = folded ? fill(words.requestsMore, { count: unseen }) : words.requestsFewer
  }
  fold(true)
  more.addEventListener('click', () => fold(more.getAttribute('aria-expanded') === 'true'))
  return [made, more]
}

/** Elements to put under a check's message. */
export function drawEvidence(evidence: Evidence): HTMLElement[] {
  const words = theWords()
  switch (evidence.kind) {
    case 'requests': {
      if (evidence.rows.length === 0) return []
      const columns = [
        words.columnTime,
        words.columnRequest,
        words.columnPath,
        words.columnStatus,
        words.columnFlags,
        words.columnDuration,
      ]
      const made = table(words.evidenceRequests, columns, evidence.rows.map(requestRow))
      return foldable(made, evidence.total, evidence.rows.length)
    }
    case 'routes': {
      if (evidence.rows.length === 0) return []
      const made = table(
        words.evidenceRoutes,
        [words.columnMatch, words.columnDestination, words.columnShare],
        evidence.rows.map(routeRow),
      )
      return foldable(made, evidence.rows.length, evidence.rows.length)
    }
    case 'objects': {
      if (evidence.rows.length === 0) return []
      const made = table(
        words.evidenceObjects,
        [words.columnKind, words.columnName, words.columnSummary],
        evidence.rows.map(objectRow),
      )
      return foldable(made, evidence.rows.length, evidence.rows.length)
    }
    case 'output':
      return evidence.text === ''
        ? []
        : [element('pre', { 'aria-label': words.evidenceOutput, tabindex: '0' }, evidence.text)]
  }
}
