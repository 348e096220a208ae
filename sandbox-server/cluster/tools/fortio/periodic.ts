/** Calls at a rate, or as fast as they go, from several threads at once (fortio periodic/periodic.go). */
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { durationText } from '../text/duration.ts'
import { goFloat } from '../text/go-float.ts'
import { Histogram, printed, targets } from './histogram.ts'
import type { Log } from './log.ts'

export interface PeriodicOptions {
  /** Per second, over all threads; not above 0: no waiting. */
  qps: number
  /** 0 or less: until stopped. */
  durationMs: number
  /** Calls; 0: as the duration says. */
  exactly: number
  threads: number
  /** Seconds of the smallest bucket. */
  resolution: number
  offsetSeconds: number
  percentiles: readonly number[]
  jitter: boolean
  uniform: boolean
  noCatchUp: boolean
  runId: number
  /** Aborts the run. */
  stop: AbortSignal
  out(text: string): void
  log: Log
  /** Whether the call went well. */
  call(thread: number): Promise<boolean>
}

export interface PeriodicResult {
  startMs: number
  requestedQps: string
  requestedDuration: string
  actualQps: number
  /** Nanoseconds. */
  elapsed: number
  threads: number
  durations: Histogram
  errors: Histogram
}

interface Plan {
  threads: number
  /** Of each thread; undefined: until the time is up or the run is stopped. */
  calls: number | undefined
  /** More for the first thread. */
  leftOver: number
  requestedDuration: string
}

const MAIN = 1
const PROCESSORS = availableParallelism()

export async function runPeriodically(options: PeriodicOptions): Promise<PeriodicResult> {
  const { qps, log, out, percentiles } = options
  const plan = qps > 0 ? planAtRate(options) : planAtMost(options)
  const startMs = Date.now()
  const start = performance.now()
  const runs = Array.from({ length: plan.threads }, (_, thread) => new Thread(thread, options, plan, start))
  await Promise.all(runs.map(run => run.loop()))
  const elapsed = Math.round((performance.now() - start) * 1e6)
  const merge = (of: (run: Thread) => Histogram, into: Histogram): Histogram => {
    for (const run of runs) into.add(of(run))
    return into
  }
  const durations = merge(run => run.durations, newHistogram(options))
  const errors = merge(run => run.errors, newHistogram(options))
  const sleeps = merge(run => run.sleeps, new Histogram(-0.001, 0.001))
  const { count } = durations.counter
  const actualQps = count / (elapsed / 1e9)
  if (log.isOn('Warning')) {
    out(`Ended after ${durationText(elapsed)} : ${count} calls. qps=${goFloat(actualQps, 5)}\n`)
    log.line('Info', { file: 'periodic.go', line: 581, routine: MAIN }, 'Run ended', {
      run: options.runId,
      elapsed,
      calls: count,
      qps: actualQps,
    })
  }
  if (qps > 0) out(sleepReport(sleeps, log))
  if (log.isOn('Warning')) {
    out(printed(durations.export(percentiles), 'Aggregated Function Time'))
    out(printed(errors.export(percentiles), 'Error cases'))
  } else {
    out(durations.counter.line('Aggregated Function Time') + targets(durations.export(percentiles)))
    out(errors.counter.line('Error cases'))
  }
  const interrupted = options.exactly > 0 && count !== options.exactly ? `, interrupted after ${count}` : ''
  return {
    startMs,
    requestedQps: qps > 0 ? goFloat(qps, 9) : 'max',
    requestedDuration: plan.requestedDuration + interrupted,
    actualQps,
    elapsed,
    threads: plan.threads,
    durations,
    errors,
  }
}

const newHistogram = ({ offsetSeconds, resolution }: PeriodicOptions) =>
  new Histogram(offsetSeconds, resolution)

const BEHIND_PERCENT = 5

function sleepReport(sleeps: Histogram, log: Log): string {
  const behind = (100 * sleeps.belowOffset) / sleeps.counter.count
  if (behind > BEHIND_PERCENT)
    return `${printed(sleeps.export([50]), 'Aggregated Sleep Time')}WARNING ${behind.toFixed(2)}% of sleep were falling behind\n`
  if (log.isOn('Verbose')) return printed(sleeps.export([50]), 'Aggregated Sleep Time')
  return log.isOn('Warning') ? sleeps.counter.line('Sleep times') : ''
}

const seconds = (ms: number): string => durationText(ms * 1e6)

function planAtRate({ qps, durationMs, exactly, threads, log, out }: PeriodicOptions): Plan {
  const say = (line: number, message: string) =>
    log.line('Warning', { file: 'periodic.go', line, routine: MAIN }, message)
  if (durationMs <= 0 && exactly <= 0) {
    out(`Starting at ${goFloat(qps)} qps with ${threads} thread(s) [gomax ${PROCESSORS}] until interrupted\n`)
    return { threads, calls: undefined, leftOver: 0, requestedDuration: 'until stop' }
  }
  let total = exactly > 0 ? exactly : Math.trunc((qps * durationMs) / 1000)
  let used = threads
  if (total < 2) {
    say(424, 'Increasing the number of calls to the minimum of 2 with 1 thread. total duration will increase')
    total = 2
    used = 1
  }
  if (2 * used > total) {
    const fewer = Math.floor(total / 2)
    say(430, `Lowering number of threads - total call ${total} -> lowering from ${used} to ${fewer} threads`)
    used = fewer
  }
  const calls = Math.floor(total / used)
  const leftOver = exactly > 0 ? exactly - calls * used : 0
  const start = `Starting at ${goFloat(qps)} qps with ${used} thread(s) [gomax ${PROCESSORS}]`
  if (log.isOn('Warning'))
    out(
      exactly > 0
        ? `${start} : exactly ${exactly}, ${calls} calls each (total ${calls * used} + ${leftOver})\n`
        : `${start} for ${seconds(durationMs)} : ${calls} calls each (total ${calls * used})\n`,
    )
  const requestedDuration = exactly > 0 ? `exactly ${total} calls` : seconds(durationMs)
  return { threads: used, calls, leftOver, requestedDuration }
}

function planAtMost({ durationMs, exactly, threads, log, out }: PeriodicOptions): Plan {
  const start = `Starting at max qps with ${threads} thread(s) [gomax ${PROCESSORS}]`
  if (durationMs <= 0 && exactly <= 0) {
    out(`${start} until interrupted\n`)
    return { threads, calls: undefined, leftOver: 0, requestedDuration: '' }
  }
  const [calls, leftOver] = [Math.floor(exactly / threads), exactly % threads]
  const requestedDuration = exactly > 0 ? `exactly ${exactly} calls` : seconds(durationMs)
  const each = exactly > 0 ? ` (${calls} per thread + ${leftOver})` : ''
  if (log.isOn('Warning')) out(`${start} for ${requestedDuration}${each}\n`)
  return { threads, calls: exactly > 0 ? calls : undefined, leftOver, requestedDuration }
}

/** Since a moment of performance.now(), in whole nanoseconds. */
const sinceSeconds = (startMs: number): number => Math.round((performance.now() - startMs) * 1e6) / 1e9

/** One thread's calls. */
class Thread {
  readonly durations: Histogram
  readonly errors: Histogram
  readonly sleeps = new Histogram(-0.001, 0.001)
  readonly #id: number
  readonly #options: PeriodicOptions
  readonly #calls: number | undefined
  readonly #qps: number
  #start: number
  #done = 0

  constructor(id: number, options: PeriodicOptions, plan: Plan, start: number) {
    this.#id = id
    this.#options = options
    this.#calls = plan.calls === undefined ? undefined : plan.calls + (id === 0 ? plan.leftOver : 0)
    this.#qps = options.qps > 0 ? options.qps / plan.threads : 0
    this.#start = start
    this.durations = newHistogram(options)
    this.errors = newHistogram(options)
    if (this.#qps > 0 && options.uniform) this.#start += (1000 / this.#qps / plan.threads) * id
  }

  async loop(): Promise<void> {
    const { log, stop } = this.#options
    await this.#wait(this.#start - performance.now())
    while (!stop.aborted && !this.#isTimeUp()) {
      const before = performance.now()
      const isOk = await this.#options.call(this.#id)
      const seconds = sinceSeconds(before)
      this.durations.record(seconds)
      if (!isOk) this.errors.record(seconds)
      this.#done++
      if (this.#calls !== undefined && this.#done >= this.#calls) break
      if (this.#qps > 0 && !(await this.#pause())) break
    }
    const elapsed = (performance.now() - this.#start) * 1e6
    log.line(
      'Info',
      { file: 'periodic.go', line: 851, routine: this.#id + 8 },
      `T${String(this.#id).padStart(3, '0')} ended after ${durationText(elapsed)} : ${this.#done} calls. qps=${goFloat(this.#done / (elapsed / 1e9))}`,
    )
  }

  #isTimeUp(): boolean {
    const { durationMs, exactly, log } = this.#options
    if (exactly > 0 || durationMs <= 0 || performance.now() < this.#start + durationMs) return false
    if (this.#qps === 0) return true
    // At a rate, at least two calls are made, and the last one of them all.
    if (this.#done < 2 || this.#done === (this.#calls ?? 0) - 1) return false
    const name = `T${String(this.#id).padStart(3, '0')}`
    log.line(
      'Warning',
      { file: 'periodic.go', line: 782, routine: this.#id + 8 },
      `${name} warning only did ${this.#done} out of ${this.#calls} calls before reaching ${seconds(durationMs)}`,
    )
    return true
  }

  /** Waits until the next call is due; false when there is none any more. */
  async #pause(): Promise<boolean> {
    const { durationMs, noCatchUp, jitter } = this.#options
    for (;;) {
      if (this.#calls !== undefined && this.#done >= this.#calls) return false
      const spread = durationMs > 0 && this.#calls !== undefined ? this.#done / (this.#calls - 1) : 0
      const dueMs = ((this.#done + spread) / this.#qps) * 1000
      let waitMs = dueMs - (performance.now() - this.#start)
      if (noCatchUp && waitMs < 0) {
        this.#done++
        continue
      }
      if (jitter) waitMs += waitMs * (Math.random() * 0.2 - 0.1)
      this.sleeps.record(waitMs / 1000)
      await this.#wait(waitMs)
      return true
    }
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0) return
    // Rejects when the run is stopped, which the loop sees for itself.
    await sleep(ms, undefined, { signal: this.#options.stop }).catch(() => undefined)
  }
}
