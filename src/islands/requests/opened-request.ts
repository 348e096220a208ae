/** A request opened: its way through the mesh as a waterfall, and why it went there, rule by rule. */
import type {
  MeshRequest,
  OpenedRequest,
  RequestSpan,
  RouteReason,
} from '../../../sandbox-server/protocol/mesh.ts'
import { fill } from '../../language/index.ts'
import { nodeName } from '../mesh-graph/phrases.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'

export function drawOpened(request: MeshRequest, opened: OpenedRequest): HTMLElement[] {
  const words = theWords().requests
  if (opened.spans.length === 0) return [element('p', {}, words.forgotten)]
  return [
    ...flagsOf(request.flags),
    ...(opened.reason ? why(opened.reason) : []),
    element('h4', {}, words.way),
    waterfall(opened.spans),
    ...(opened.spans.length === 1 ? [element('p', { class: 'dim' }, words.wayAlone)] : []),
    element('p', { class: 'dim' }, `${words.requestId} `, element('code', {}, request.requestId || '–')),
  ]
}

function flagsOf(flags: string): HTMLElement[] {
  const meaning: Record<string, string> = theWords().requests.flag
  return flags
    .split(',')
    .filter(flag => flag !== '-' && flag !== '')
    .map(flag => element('p', { class: 'requests-flag' }, element('b', {}, flag), ` ${meaning[flag] ?? ''}`))
}

function waterfall(spans: readonly RequestSpan[]): HTMLElement {
  const begin = Math.min(...spans.map(span => span.at))
  const end = Math.max(...spans.map(span => span.at + span.durationMs))
  const whole = Math.max(1, end - begin)
  const rows = spans.map(span => spanRow(span, begin, whole))
  return element('ol', { class: 'requests-waterfall' }, ...rows)
}

function spanRow(span: RequestSpan, begin: number, whole: number): HTMLElement {
  const words = theWords()
  const failed = span.status >= 400 || (span.status === 0 && span.method !== '-')
  const name =
    span.side === 'client'
      ? fill(words.requests.sent, { source: nodeName(span.node), target: nodeName(span.target) })
      : fill(words.requests.received, { name: nodeName(span.node) })
  const bar = element('i', { class: failed ? 'bad' : span.side })
  bar.style.setProperty('--from', `${((span.at - begin) / whole) * 100}%`)
  bar.style.setProperty('--long', `${Math.max(0.8, (span.durationMs / whole) * 100)}%`)
  const label = element('span', { class: 'name' }, name)
  label.style.setProperty('--depth', String(span.depth))
  const security = span.secure === undefined ? '' : span.secure ? words.mesh.mtls : words.mesh.plain
  return element(
    'li',
    { title: [span.method, span.path, span.details, security].filter(part => part !== '').join(' · ') },
    label,
    element('span', { class: 'lasting', 'aria-hidden': 'true' }, bar),
    element('span', { class: failed ? 'bad' : 'good' }, span.method === '-' ? 'TCP' : String(span.status)),
    element('span', { class: 'ms' }, fill(words.requests.tookMs, { ms: span.durationMs })),
    element(
      'span',
      { class: 'dim secure' },
      [span.flags === '-' ? '' : span.flags, security].join(' ').trim(),
    ),
  )
}

function why(reason: RouteReason): HTMLElement[] {
  const words = theWords().requests
  const { virtualService, destination, host } = reason
  const title = destination === '' ? words.whyNowhere : fill(words.why, { destination })
  const asked = element('p', {}, fill(words.whyHost, { host }))
  if (virtualService === undefined)
    return [element('h4', {}, title), asked, element('p', {}, fill(words.whyNone, { host }))]
  const name = virtualService.split('/')[1] ?? virtualService
  return [
    element('h4', {}, title),
    asked,
    element('p', {}, fill(words.whyRule, { name: virtualService })),
    element('ol', { class: 'requests-rules' }, ...reason.rules.map(rule => ruleRow(rule, reason.section))),
    ...(reason.changedSince ? [element('p', { class: 'warn' }, words.changedSince)] : []),
    element('details', { open: true }, element('summary', {}, fill(words.yaml, { name })), yaml(reason)),
  ]
}

type Rule = RouteReason['rules'][number]

function ruleRow(rule: Rule, section: string): HTMLElement {
  const words = theWords().requests
  const place = fill(words.rule, { section, index: rule.index, line: rule.line })
  const match = rule.match === '' ? words.matchAll : fill(words.match, { match: rule.match })
  return element(
    'li',
    { 'data-verdict': rule.verdict },
    element('p', {}, element('code', {}, rule.name === '' ? place : `${place} · ${rule.name}`), ` ${match}`),
    element(
      'p',
      { class: 'to' },
      rule.destinations.map(({ to, percent }) => `→ ${to} ${percent} %`).join('  '),
    ),
    element('p', { class: 'verdict' }, verdict(rule)),
  )
}

function verdict(rule: Rule): string {
  const words = theWords().requests
  const taken = rule.destinations.find(destination => destination.taken)
  const to = rule.destinations.map(destination => destination.to).join(', ')
  if (rule.verdict === 'chosen' && taken && taken.percent < 100)
    return fill(words.chosenShare, { to: taken.to, percent: taken.percent })
  if (rule.verdict === 'elsewhere') return fill(words.elsewhere, { to: to || '–' })
  if (rule.verdict === 'passed') return fill(words.passed, { against: rule.against })
  return words[rule.verdict]
}

/** The lines of the rule that decided stand out. */
function yaml({ yaml: { from, lines }, rules }: RouteReason): HTMLElement {
  const decided = rules.find(rule => rule.verdict === 'chosen' || rule.verdict === 'likely')
  const next = rules.find(rule => decided !== undefined && rule.index === decided.index + 1)
  const firstLine = decided?.line ?? Number.POSITIVE_INFINITY
  const isRule = (line: number, text: string): boolean =>
    line >= firstLine && (next ? line < next.line : /^ {2}[- ]/.test(text))
  const rows = lines.map((text, index) => {
    const line = from + index
    return element(
      'span',
      { class: isRule(line, text) ? 'line on' : 'line' },
      element('span', { class: 'count', 'aria-hidden': 'true' }, String(line)),
      `${text}\n`,
    )
  })
  return element('pre', { tabindex: '0' }, ...rows)
}
