/** After the class: how it went, who did what, and what is kept of whom. */
import type { Report, ResultsResponse, Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import { element, prose } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { paceChart, stepsChart, timesChart } from './charts.ts'
import { duration, when } from './format.ts'
import { table } from './roster.ts'
import { button, confirmed, empty, link, toast } from './ui.ts'
import { may, type View, wayTo, workshopHead } from './view.ts'

const MOST_EXPLANATIONS = 12

export const resultsView: View = async ({ host, way: [id = ''], signal }) => {
  const path = `/api/workshops/${id}`
  const [workshop, report, results] = await Promise.all([
    api<Workshop>('GET', path),
    api<Report>('GET', `${path}/report`),
    api<ResultsResponse>('GET', `${path}/results.json`),
  ])
  if (signal.aborted) return
  const words = theWords().workshop.results
  const hasData = report.steps.some(({ started }) => started > 0)
  host.append(
    workshopHead(workshop, 'results'),
    numbers(report),
    downloads(path),
    ...(hasData ? charts(report) : [empty(words.noData, words.noDataNote)]),
    ...(results.learners.length > 0 ? [learners(workshop, results)] : []),
    ...forgetting(workshop, results.learners.length, host),
  )
}

function numbers({ workshop, learners }: Report): HTMLElement {
  const words = theWords().workshop.results
  const number = (value: string, label: string) =>
    element('div', {}, element('dd', {}, value), element('dt', {}, label))
  const { openedAt, closedAt } = workshop
  const open =
    openedAt === null ? '–' : duration((closedAt ? Date.parse(closedAt) : Date.now()) - Date.parse(openedAt))
  return element(
    'dl',
    { class: 'numbers' },
    number(String(learners.listed), words.listed),
    number(String(learners.joined), words.joined),
    number(String(learners.finished), words.finished),
    number(open, words.duration),
  )
}

function downloads(path: string): HTMLElement {
  const words = theWords().workshop.results
  const file = (name: string, text: string) =>
    link(text, `${path}/${name}`, { class: 'button small quiet', download: '' })
  return element(
    'p',
    { class: 'actions' },
    element('span', { class: 'dim' }, words.download),
    file('results.csv', words.resultsCsv),
    file('steps.csv', words.stepsCsv),
    file('results.json', words.resultsJson),
  )
}

function charts(report: Report): HTMLElement[] {
  const words = theWords().workshop.results
  const { steps, pace, learners: counts } = report
  const begun = steps.filter(({ started }) => started > 0)
  const panel = (title: string, note: string, ...content: Node[]) =>
    element(
      'section',
      { class: 'panel' },
      element('h2', {}, title),
      element('p', { class: 'dim' }, note),
      ...content,
    )
  const parts: HTMLElement[] = []
  const [first, last] = [pace[0], pace.at(-1)]
  if (first && last && pace.length > 1) {
    const summary = fill(words.paceSummary, { count: last.passed, from: when(first.at), to: when(last.at) })
    parts.push(panel(words.pace, summary, paceChart(pace, `${words.pace}. ${summary}`)))
  }
  const key = (kind: string, text: string) => element('span', {}, element('i', { class: kind }), text)
  parts.push(
    panel(
      words.steps,
      words.stepsNote,
      stepsChart(begun, counts.joined, words.steps),
      element(
        'p',
        { class: 'chart-legend' },
        key('passed', words.passed),
        key('skipped', words.skipped),
        key('begun', words.begun),
      ),
    ),
    panel(words.times, words.timesNote, timesChart(begun, words.times), asTable(begun)),
  )
  const hard = hardest(report)
  if (hard) parts.push(panel(words.explanations, words.explanationsNote, hard))
  return [element('div', { class: 'panels' }, ...parts)]
}

/** The same numbers for those who do not see the picture. */
function asTable(steps: Report['steps']): HTMLElement {
  const words = theWords().workshop.results
  const time = (ms: number | null) => (ms === null ? '–' : duration(ms))
  const lines = steps.map(({ title, passed, timeMs, attempts, hints, solutions }) => [
    title[thisPage().language],
    String(passed),
    time(timeMs.p50),
    `${time(timeMs.p25)} – ${time(timeMs.p75)}`,
    time(timeMs.p90),
    String(attempts),
    String(hints),
    String(solutions),
  ])
  return element(
    'details',
    {},
    element('summary', {}, words.showTable),
    table(
      [
        words.step,
        words.passed,
        words.median,
        words.quartiles,
        words.p90,
        words.attempts,
        words.hints,
        words.solutions,
      ],
      lines,
      { 'aria-label': words.times },
    ),
  )
}

function hardest({ steps, learners: { joined } }: Report): HTMLElement | undefined {
  const { language } = thisPage()
  const all = steps
    .flatMap(step => step.explanations.map(one => ({ ...one, title: step.title[language] })))
    .sort((a, b) => b.learners - a.learners)
    .slice(0, MOST_EXPLANATIONS)
  if (all.length === 0) return undefined
  const items = all.map(({ text, learners: count, title }) => {
    const bar = element('span', { class: 'bar-line', 'aria-hidden': 'true' })
    bar.style.width = `${(100 * count) / Math.max(1, joined)}%`
    const phrase = fill(theWords().workshop.live.explained, { count, total: joined, text: text[language] })
    return element('li', {}, element('span', {}, prose(phrase)), bar, element('small', {}, title))
  })
  return element('ul', { class: 'bars' }, ...items)
}

function learners(workshop: Workshop, { learners: all }: ResultsResponse): HTMLElement {
  const words = theWords().workshop.results
  const sorted = [...all].sort((a, b) => b.passed - a.passed || a.name.localeCompare(b.name))
  const hasGroups = all.some(({ group }) => group !== null)
  const mayReplay = may(workshop, 'replay.see')
  const lines = sorted.map(one => [
    one.name,
    ...(hasGroups ? [one.group ?? ''] : []),
    `${one.passed}/${one.total}`,
    one.durationMs === null ? '–' : duration(one.durationMs),
    String(one.attempts),
    String(one.hints),
    String(one.solutions),
    ...(mayReplay ? [link(words.replay, wayTo(workshop.id, 'replay', one.seat))] : []),
  ])
  const head = [
    words.name,
    ...(hasGroups ? [words.group] : []),
    words.passed,
    words.time,
    words.attempts,
    words.hints,
    words.solutions,
    ...(mayReplay ? [words.replay] : []),
  ]
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, words.learners),
    table(head, lines, { 'aria-label': words.learners }),
  )
}

function forgetting(workshop: Workshop, count: number, host: HTMLElement): HTMLElement[] {
  const words = theWords().workshop.results
  if (workshop.anonymisedAt !== null)
    return [element('p', { class: 'callout' }, fill(words.forgotten, { time: when(workshop.anonymisedAt) }))]
  if (!may(workshop, 'personal-data.delete')) return []
  const goes = [
    fill(words.forgetNames, { count }),
    words.forgetPins,
    words.forgetMessages,
    words.forgetRecordings,
    words.forgetSandboxes,
  ]
  const forget = async () => {
    const sure = await confirmed(
      fill(words.forgetTitle, { title: workshop.title }),
      [
        element('p', {}, words.forgetGoes),
        element('ul', {}, ...goes.map(one => element('li', {}, one))),
        element('p', {}, words.forgetStays),
      ],
      words.forgetDo,
      { value: workshop.code, label: fill(words.forgetType, { word: workshop.code }) },
    )
    if (!sure) return
    const { anonymisedAt } = await api<Workshop>('DELETE', `/api/workshops/${workshop.id}/personal-data`)
    toast(fill(words.forgotten, { time: when(anonymisedAt ?? new Date().toISOString()) }))
    host.replaceChildren()
    window.dispatchEvent(new HashChangeEvent('hashchange'))
  }
  return [
    element(
      'section',
      { class: 'panel danger-zone' },
      element('h2', {}, words.forget),
      element('p', { class: 'dim' }, words.forgetStays),
      element('p', { class: 'actions' }, button(words.forget, forget, { kind: 'danger', small: false })),
    ),
  ]
}
