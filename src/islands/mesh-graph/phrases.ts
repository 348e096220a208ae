/** Numbers and marks of the graph in the learner's words. */
import type { MeshLimit, MeshRule } from '../../../sandbox-server/protocol/mesh.ts'
import { fill } from '../../language/index.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import type { Card, Link } from './graph.ts'
import { latencyMs, type Totals } from './totals.ts'

export const number = (value: number): string => {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2
  return new Intl.NumberFormat(thisPage().language, { maximumFractionDigits: digits }).format(value)
}

/** `500 ms`, `7 s`, `3 min` */
export function time(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 120_000 ? `${number(ms / 1_000)} s` : `${number(ms / 60_000)} min`
}

/** Whole above ten: nobody compares 93.3 with 90. */
export const percent = (share: number): string =>
  number(share >= 0.1 ? Math.round(share * 100) : Math.round(share * 1000) / 10)

/** Few requests are counted, many are a rate. */
export function amount(totals: Totals, windowSeconds: number, isTcp = false): string {
  const words = theWords().mesh
  const rate = totals.requests / windowSeconds
  if (rate >= 1) return fill(words.rate, { rate: number(Math.round(rate * 10) / 10) })
  return fill(isTcp ? words.connections : words.requests, { count: totals.requests })
}

export const errorShare = (totals: Totals): number =>
  totals.requests === 0 ? 0 : totals.errors / totals.requests

export function latency(totals: Totals, share: number): string {
  const ms = latencyMs(totals, share)
  return ms === undefined ? '–' : time(ms)
}

export type Security = 'mtls' | 'plain' | 'mixed' | undefined
export const securityOf = ({ secure, plain }: Totals): Security =>
  secure > 0 ? (plain > 0 ? 'mixed' : 'mtls') : plain > 0 ? 'plain' : undefined

export function cardName(card: Pick<Card, 'kind' | 'name'>): string {
  return card.kind === 'outside' ? theWords().mesh.outside : card.name
}

/** `reviews v1` of a node's id. */
export function nodeName(id: string): string {
  if (id === 'outside') return theWords().mesh.outside
  const [first = '', name = '', version = ''] = id.split('/')
  if (first === 'host') return id.slice('host/'.length)
  return [name, version].filter(part => part !== '' && part !== 'latest').join(' ')
}

/** What a rule does besides choosing a version. */
export function ruleMarks(rule: MeshRule): string[] {
  const words = theWords().mesh
  const { delay, abort, mirror, timeoutMs } = rule
  return [
    ...(delay ? [fill(words.delay, { time: time(delay.ms), percent: number(delay.percent) })] : []),
    ...(abort ? [fill(words.abort, { status: abort.status, percent: number(abort.percent) })] : []),
    ...(timeoutMs === undefined ? [] : [fill(words.timeout, { time: time(timeoutMs) })]),
    ...(mirror
      ? [
          fill(words.mirrored, {
            percent: number(mirror.percent),
            target: mirror.nodes.map(nodeName).join(', ') || '–',
          }),
        ]
      : []),
  ]
}

export function limitMarks(limit: MeshLimit): string[] {
  const words = theWords().mesh
  const told = (phrase: string, count: number | undefined) =>
    count === undefined ? [] : [fill(phrase, { count })]
  return [
    ...told(words.limitConnections, limit.maxConnections),
    ...told(words.limitPending, limit.maxPending),
    ...told(words.limitRequests, limit.maxRequests),
    ...(limit.outlierDetection ? [words.outlier] : []),
  ]
}

/** Everything there is to remark on a link. */
export function linkMarks(link: Link): string[] {
  const words = theWords().mesh
  return [
    ...(link.isMirror ? [words.mirror] : []),
    ...link.matches,
    ...new Set(link.rules.flatMap(ruleMarks)),
    ...new Set(link.limits.flatMap(limitMarks)),
  ]
}

/** One line on the link itself; `isShort` where there is little room. */
export function linkText(link: Link, windowSeconds: number, isShort = false): string {
  const words = theWords().mesh
  const parts: string[] = []
  if (link.share !== undefined) parts.push(fill(words.sent, { percent: percent(link.share) }))
  else if (link.totals.requests > 0) parts.push(amount(link.totals, windowSeconds, link.protocol === 'tcp'))
  if (link.set !== undefined && !(isShort && parts.length > 0))
    parts.push(fill(words.set, { percent: number(link.set) }))
  const failed = errorShare(link.totals)
  if (failed > 0) parts.push(fill(words.errors, { percent: percent(failed) }))
  if (link.share === undefined && link.totals.requests > 0 && !isShort)
    parts.push(`p95 ${latency(link.totals, 0.95)}`)
  return parts.join(' · ')
}

/** In full, for those who hear it. */
export function spokenLink(link: Link, windowSeconds: number): string {
  const words = theWords().mesh
  const security = securityOf(link.totals)
  const what = [
    linkText(link, windowSeconds) || words.noTraffic,
    ...(security ? [words[security]] : []),
    ...linkMarks(link),
  ]
  return fill(words.linkLabel, {
    source: nodeName(link.source),
    target: nodeName(link.target),
    what: what.join(', '),
  })
}
