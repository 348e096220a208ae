/** `fortio load`: calls from several connections, and a report of their times (fortio fhttp/httprunner.go). */
import { writeFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { join } from 'node:path'
import { VERSION } from '../../images/fortio/version.ts'
import { durationText } from '../text/duration.ts'
import { goFloat } from '../text/go-float.ts'
import { Connection, isOk, ResolveError, type Target } from './connection.ts'
import type { Options } from './flags.ts'
import { Histogram, printed } from './histogram.ts'
import type { Log } from './log.ts'
import { runPeriodically } from './periodic.ts'
import { type LoadResult, resultJson } from './result.ts'
import { targetOf } from './target.ts'

export interface Output {
  stdout(text: string): void
  stderr(text: string): void
}

/** What is counted of each connection. */
export interface ThreadCounts {
  connection: Connection
  codes: Map<number, number>
  sizes: Histogram
  headerSizes: Histogram
}

/** Resolves with the exit status. */
export async function load(options: Options, log: Log, { stdout, stderr: out }: Output): Promise<number> {
  const qps = options.number('qps')
  const exactly = options.number('n')
  const durationMs = options.milliseconds('t')
  const percentiles = percentilesOf(options.text('p'))
  const target = targetOf(options, log)
  const text = displayed(options, target)
  const procs = availableParallelism()
  out(
    `Fortio ${VERSION} running at ${goFloat(qps)} queries per second, ${procs}->${procs} procs, ${span(exactly, durationMs)}: ${text}\n`,
  )
  log.line('Info', { file: 'httprunner.go', line: 121 }, 'Starting http test', {
    run: options.number('runid'),
    url: text,
    threads: options.number('c'),
    qps: (qps <= 0 ? -1 : qps).toFixed(1),
    warmup: options.bool('sequential-warmup') ? 'sequential' : 'parallel',
    'conn-reuse': '',
  })
  const threads = Array.from({ length: Math.max(1, options.number('c')) }, (_, id) =>
    newThread(id, target, log),
  )
  const problem = await prepare(threads, options, text)
  if (problem !== undefined) {
    out(`Aborting because of ${problem}\n`)
    for (const { connection } of threads) connection.close()
    return 1
  }
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const abortOn = options.number('abort-on')
  const run = await runPeriodically({
    qps: qps <= 0 ? -1 : qps,
    durationMs,
    exactly,
    threads: threads.length,
    resolution: options.number('r'),
    offsetSeconds: options.milliseconds('offset') / 1000,
    percentiles,
    jitter: options.bool('jitter'),
    uniform: options.bool('uniform'),
    noCatchUp: options.bool('nocatchup'),
    runId: options.number('runid'),
    stop: stop.signal,
    out,
    log,
    async call(thread) {
      const counts = threads[thread]
      if (!counts) return false
      const code = await call(counts)
      if (abortOn !== 0 && code === abortOn) stop.abort()
      return isOk(code)
    },
  })
  const result = {
    ...summary(threads.slice(0, run.threads), target),
    run,
    labels: labelsOf(options, text),
    id: '',
  }
  result.id = resultId(result.labels, run.startMs, options.number('runid'))
  for (const { connection } of threads) connection.close()
  report(result, threads, options, log, out)
  const average = (1000 * run.durations.counter.average).toFixed(3)
  const warmup = exactly > 0 ? 0 : options.number('c')
  out(
    `All done ${run.durations.counter.count} calls (plus ${warmup} warmup) ${average} ms avg, ${run.actualQps.toFixed(1)} qps\n`,
  )
  saveJson(result, options, percentiles, { stdout, stderr: out })
  return 0
}

const span = (exactly: number, durationMs: number): string => {
  if (exactly > 0) return `for ${exactly} calls`
  return durationMs <= 0 ? 'until interrupted' : `for ${durationText(durationMs * 1e6)}`
}

/** The URL as the user wrote it. */
function displayed(options: Options, { url }: Target): string {
  const given = (options.args[0] ?? '').trim()
  return /^https?:\/\//i.test(given) ? given : url.href
}

function percentilesOf(text: string): number[] {
  const words = text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
  return words.map(word => {
    const value = Number(word)
    if (!(value > 0 && value < 100))
      throw new Error(`Unable to extract percentiles from -p: percentile ${word} must be > 0 and < 100`)
    return value
  })
}

const newThread = (id: number, target: Target, log: Log): ThreadCounts => ({
  connection: new Connection(id, target, log),
  codes: new Map(),
  sizes: new Histogram(0, 100),
  headerSizes: new Histogram(0, 5),
})

/** Names are looked up, and with a duration each connection makes a call that does not count. The text is why not to go on. */
async function prepare(
  threads: readonly ThreadCounts[],
  options: Options,
  url: string,
): Promise<string | undefined> {
  try {
    for (const { connection } of threads) await connection.resolve()
  } catch (error) {
    if (error instanceof ResolveError) return error.message
    throw error
  }
  if (options.number('n') > 0) return undefined
  const warm = async ({ connection }: ThreadCounts): Promise<string | undefined> => {
    const { code, size } = await connection.fetch()
    if (isOk(code) || options.bool('allow-initial-errors')) return undefined
    return `error ${code} for ${url} (${size} bytes)`
  }
  if (!options.bool('sequential-warmup')) return (await Promise.all(threads.map(warm))).find(Boolean)
  for (const thread of threads) {
    const problem = await warm(thread)
    if (problem !== undefined) return problem
  }
  return undefined
}

async function call({ connection, codes, sizes, headerSizes }: ThreadCounts): Promise<number> {
  const { code, size, headerLength } = await connection.fetch()
  codes.set(code, (codes.get(code) ?? 0) + 1)
  sizes.record(size)
  headerSizes.record(headerLength)
  return code
}

function summary(
  threads: readonly ThreadCounts[],
  target: Target,
): Omit<LoadResult, 'run' | 'labels' | 'id'> {
  const codes = new Map<number, number>()
  const addresses = new Map<string, number>()
  const connectTimes = new Histogram(target.offset, target.resolution)
  const sizes = new Histogram(0, 100)
  const headerSizes = new Histogram(0, 5)
  for (const thread of threads) {
    for (const [code, count] of thread.codes) codes.set(code, (codes.get(code) ?? 0) + count)
    for (const [address, count] of thread.connection.addresses)
      addresses.set(address, (addresses.get(address) ?? 0) + count)
    connectTimes.add(thread.connection.connectTimes)
    sizes.add(thread.sizes)
    headerSizes.add(thread.headerSizes)
  }
  const sockets = threads.map(({ connection }) => connection.connectTimes.counter.count)
  return { target, codes, addresses, sockets, connectTimes, sizes, headerSizes }
}

function report(
  result: LoadResult,
  threads: readonly ThreadCounts[],
  options: Options,
  log: Log,
  out: (text: string) => void,
): void {
  const { run, connectTimes, sizes, headerSizes, codes } = result
  out('# Socket and IP used for each connection:\n')
  for (const { connection } of threads.slice(0, run.threads)) {
    const { counter } = connection.connectTimes
    out(
      `[${connection.id}] ${String(counter.count).padStart(3)} socket used, resolved to ${addressText(connection.addresses)}${counter.line(', connection timing')}`,
    )
  }
  if (log.isOn('Info'))
    out(printed(connectTimes.export(percentilesOf(options.text('p'))), 'Connection time histogram (s)'))
  else if (log.isOn('Warning')) out(connectTimes.counter.line('Connection time (s)'))
  const total = result.sockets.reduce((sum, count) => sum + count, 0)
  out(`Sockets used: ${total} (for perfect keepalive, would be ${run.threads})\n`)
  out(
    `Uniform: ${options.bool('uniform')}, Jitter: ${options.bool('jitter')}, Catchup allowed: ${!options.bool('nocatchup')}\n`,
  )
  out('IP addresses distribution:\n')
  for (const [address, count] of [...result.addresses].sort(([, a], [, b]) => b - a))
    out(`${address}: ${count}\n`)
  for (const [code, count] of [...codes].sort(([a], [b]) => a - b)) {
    const share = ((100 * count) / run.durations.counter.count).toFixed(1)
    out(`Code ${String(code).padStart(3)} : ${count} (${share} %)\n`)
  }
  if (log.isOn('Verbose')) {
    out(printed(headerSizes.export(), 'Response Header Sizes Histogram'))
    out(printed(sizes.export(), 'Response Body/Total Sizes Histogram'))
  } else if (log.isOn('Warning')) {
    out(headerSizes.counter.line('Response Header Sizes'))
    out(sizes.counter.line('Response Body/Total Sizes'))
  }
}

const addressText = (addresses: ReadonlyMap<string, number>): string => {
  const all = [...addresses]
  if (all.length === 1) return all[0]?.[0] ?? ''
  return `[${all.map(([address, count]) => `${address} (${count})`).join(', ')}]`
}

const labelsOf = (options: Options, url: string): string =>
  options.text('labels') || `${url.replace(/^https?:\/\//i, '')} , ${hostname().split('.')[0]}`

const MAX_ID_LENGTH = 96

/** `2026-11-23-191025_127_0_0_1_18099_vm` */
function resultId(labels: string, startMs: number, runId: number): string {
  const at = new Date(startMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`
  const words = `_${labels}`.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')
  return `${date}${runId === 0 ? '' : `_${runId}`}${words}`.slice(0, MAX_ID_LENGTH)
}

function saveJson(
  result: LoadResult,
  options: Options,
  percentiles: readonly number[],
  { stdout, stderr }: Output,
): void {
  const given = options.text('json')
  if (given === '' && !options.bool('a')) return
  const text = `${resultJson(result, options, percentiles)}\n`
  const file = given === '' ? join(options.text('data-dir'), `${result.id}.json`) : given
  if (file === '-') stdout(text)
  else writeFileSync(file, text)
  stderr(
    `Successfully wrote ${Buffer.byteLength(text)} bytes of Json data to ${file === '-' ? 'stdout' : file}\n`,
  )
}
