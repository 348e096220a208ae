/**
 * What the mesh costs a request: through two sidecars against one bare Envoy with the same route, in turns in one run.
 * Run it with `scripts/with-node tests/bench/mesh-traffic.ts`; it needs no server and no cluster.
 */
import { inNamespaces } from '../../sandbox-server/cluster/envoy/testing/in-namespaces.ts'
import type { LoadReport, Throughput } from '../../sandbox-server/cluster/envoy/testing/load-scenario.ts'
import { median } from './statistics.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10)
const MEASURE_MS = Number(process.env['BENCH_MEASURE_MS'] ?? 1000)
/** Changes of a route, in a mesh of so many more services with a sidecar each. */
const CHANGES = 60
const OTHERS = 50
/** A request passes the client's sidecar and the server's. */
const HOPS = 2
const SCENARIO = new URL('../../sandbox-server/cluster/envoy/testing/load-scenario.ts', import.meta.url)
  .pathname

const isReport = (value: unknown): value is LoadReport =>
  typeof value === 'object' && value !== null && 'bare' in value && 'mesh' in value

const of = (side: readonly Throughput[], field: keyof Throughput): number => median(side.map(t => t[field]))

const line = (name: string, side: readonly Throughput[]): string =>
  [
    name.padEnd(22),
    `${of(side, 'requestsPerSecond').toFixed(0).padStart(7)}/s`,
    `p50 ${of(side, 'p50Ms').toFixed(2)} ms`,
    `p99 ${of(side, 'p99Ms').toFixed(2)} ms`,
    `${of(side, 'envoyMicroseconds').toFixed(1)} µs of Envoy a request`,
  ].join('   ')

/** Measures and gives the lines to print. */
export async function meshTraffic(): Promise<string[]> {
  const { bare, mesh } = await inNamespaces(
    SCENARIO,
    { changes: 0, measureMs: MEASURE_MS, rounds: ROUNDS },
    isReport,
  )
  const { changeMs } = await inNamespaces(
    SCENARIO,
    { changes: CHANGES, measureMs: 0, rounds: 0, others: OTHERS, pauseMs: 2 },
    isReport,
  )
  const slowestMs = [...changeMs].sort((a, b) => a - b)[Math.ceil(changeMs.length * 0.95) - 1] ?? Number.NaN
  const perHop = (of(bare, 'envoyMicroseconds') * HOPS) / of(mesh, 'envoyMicroseconds')
  const throughput = (of(mesh, 'requestsPerSecond') * HOPS) / of(bare, 'requestsPerSecond')
  return [
    line('one bare Envoy', bare),
    line('through two sidecars', mesh),
    `a hop against the bare Envoy: ${throughput.toFixed(2)} × by requests a second, ${perHop.toFixed(2)} × by processor time`,
    `a changed route answers, with ${OTHERS} more services and sidecars: ${median(changeMs).toFixed(0)} ms, p95 ${slowestMs.toFixed(0)} ms (goal ≤ 150)`,
  ]
}

if (process.argv[1] === import.meta.filename) {
  for (const text of await meshTraffic()) process.stdout.write(`${text}\n`)
}
