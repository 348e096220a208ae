/** traffic: the requests that the sidecars recorded since the step began. */
import type { Check } from '../../protocol/lesson.ts'
import type { RequestRow } from '../../protocol/steps.ts'
import type { Disposable } from '../lifecycle.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import { binomialPValue, ERROR_RATE, fits, wilson } from './distribution.ts'
import { Double } from './expressions.ts'
import type { Observation } from './judge.ts'
import type { TimedRow } from './request-history.ts'

type TrafficCheck = Extract<Check, { kind: 'traffic' }>
const SHOWN_REQUESTS = 10
const COALESCE_MS = 40

export function watchTraffic(context: SourceContext<TrafficCheck>): CheckSource {
  const { check, view, observe } = context
  const look = () => {
    const after = context.after()
    const rows = after === undefined ? [] : view.requests.since(Math.max(context.startedAt, after))
    observe(
      trafficObservation(
        check,
        rows.filter(row => (row.namespace ?? view.ownNamespace) === view.namespace),
      ),
    )
  }
  // A burst of requests is judged once, not once each.
  let timer: Disposable | undefined
  const lookSoon = () => {
    timer ??= view.clock.after(COALESCE_MS, () => {
      timer = undefined
      look()
    })
  }
  const listening = view.requests.onAdd(lookSoon)
  look()
  return {
    afterChanged: look,
    dispose() {
      listening.dispose()
      timer?.dispose()
    },
  }
}

/** `rows` are those that count by time, oldest first. */
export function trafficObservation(check: TrafficCheck, rows: readonly TimedRow[]): Observation {
  const all = rows.map(({ row }) => row).filter(row => row.destination === check.destination)
  const mirrored = all.filter(row => row.mirrored).length
  const requests = all.filter(row => !row.mirrored && comesFrom(row, check))
  const byVersion = countBy(requests, row => row.version)
  const total = requests.length
  const share = Object.fromEntries(
    Object.entries(byVersion).map(([version, count]) => [version, new Double(count / total)]),
  )
  const bounds = Object.keys({ ...byVersion, ...check.distribution }).map(version => ({
    version,
    ...wilson(byVersion[version] ?? 0, total),
  }))
  return {
    facts: {
      requests: requests.map(row => ({ ...row, durationMs: new Double(row.durationMs) })),
      byVersion,
      byStatus: countBy(requests, row => String(row.status)),
      share,
      total,
      source: check.source ?? '',
      destination: check.destination,
      summary: Object.entries(byVersion)
        .map(([version, count]) => `${version || check.destination}: ${count}`)
        .join(', '),
      low: Object.fromEntries(bounds.map(({ version, low }) => [version, new Double(low)])),
      high: Object.fromEntries(bounds.map(({ version, high }) => [version, new Double(high)])),
      mirrored,
      fits:
        (check.distribution === undefined || fits(byVersion, check.distribution)) &&
        (check.mirrored === undefined ||
          (mirrored <= total && binomialPValue(mirrored, total, check.mirrored / 100) >= ERROR_RATE)),
    },
    evidence: total === 0 ? [] : [{ kind: 'requests', rows: requests.slice(-SHOWN_REQUESTS), total }],
    progress: { have: Math.min(total, check.atLeast), need: check.atLeast },
  }
}

const comesFrom = (row: RequestRow, check: TrafficCheck): boolean =>
  check.source === undefined || row.source === check.source

function countBy(rows: readonly RequestRow[], keyOf: (row: RequestRow) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const row of rows) counts[keyOf(row)] = (counts[keyOf(row)] ?? 0) + 1
  return counts
}
