/** Which links a failing check speaks of: taken from its evidence. Pure. */
import type { CheckReport, Evidence, StepReport } from '../../../sandbox-server/protocol/steps.ts'
import type { ToolDetails } from '../workspace/tools.ts'
import type { Link } from './graph.ts'

export type LinkWish = ToolDetails['mesh']

export interface Lit {
  message: string
  wishes: readonly LinkWish[]
}

/** Of every step that is being worked on; what has no evidence lights nothing. */
export function litByChecks(steps: Iterable<StepReport>): Lit[] {
  return [...steps]
    .filter(step => step.state === 'active')
    .flatMap(step => step.checks)
    .filter(check => check.state === 'failed')
    .map(check => ({ message: check.message, wishes: wishesOf(check) }))
    .filter(lit => lit.wishes.length > 0)
}

const wishesOf = (check: CheckReport): LinkWish[] => check.evidence.flatMap(linksOfEvidence)

/** Links that a piece of evidence is about. */
export function linksOfEvidence(evidence: Evidence): LinkWish[] {
  if (evidence.kind === 'requests')
    return unique(evidence.rows.map(({ source, destination, version }) => ({ source, destination, version })))
  if (evidence.kind === 'routes')
    return unique(
      evidence.rows.map(({ proxy, destination, subset }) => ({
        source: proxy,
        destination,
        version: subset,
      })),
    )
  return []
}

function unique(wishes: readonly LinkWish[]): LinkWish[] {
  return [...new Map(wishes.map(wish => [JSON.stringify(wish), wish])).values()]
}

/** `source` may be a workload or one of its pods. */
export function fits(link: Link, wish: LinkWish): boolean {
  const [, source = link.source] = link.source.split('/')
  const [namespace = '', target = link.target, version = ''] = link.target.split('/')
  const name = namespace === 'host' ? link.target.slice('host/'.length) : target
  const asked = wish.source ?? ''
  const [destination = '', itsNamespace] = (wish.destination ?? '').split('.')
  return (
    (asked === '' || asked === source || asked.startsWith(`${source}-`)) &&
    (destination === '' ||
      wish.destination === name ||
      (destination === name && (itsNamespace === undefined || itsNamespace === namespace))) &&
    (!wish.version || wish.version === version)
  )
}
