/** Counters and histograms with fortio's buckets and percentiles (fortio stats/stats.go). */
import { goFloat } from '../text/go-float.ts'

const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step)

/** Upper ends of buckets, in multiples of the resolution. */
const ENDS: readonly number[] = [
  ...range(0, 12, 1),
  ...range(14, 20, 2),
  ...range(25, 50, 5),
  ...range(60, 100, 10),
  ...range(120, 200, 20),
  ...range(250, 500, 50),
  ...range(600, 1000, 100),
  ...[2000, 3000, 4000, 5000, 7500, 10_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000],
]
const LAST_END = ENDS.at(-1) ?? 0

export class Counter {
  count = 0
  min = 0
  max = 0
  sum = 0
  #squares = 0

  record(value: number): void {
    this.min = this.count === 0 ? value : Math.min(this.min, value)
    this.max = this.count === 0 ? value : Math.max(this.max, value)
    this.count++
    this.sum += value
    this.#squares += value * value
  }

  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  get deviation(): number {
    if (this.count === 0) return 0
    return Math.sqrt(Math.max(0, (this.#squares - (this.sum * this.sum) / this.count) / this.count))
  }

  add(other: Counter): void {
    if (other.count === 0) return
    this.min = this.count === 0 ? other.min : Math.min(this.min, other.min)
    this.max = this.count === 0 ? other.max : Math.max(this.max, other.max)
    this.count += other.count
    this.sum += other.sum
    this.#squares += other.#squares
  }

  line(title: string): string {
    return summary(title, {
      Count: this.count,
      Avg: this.average,
      StdDev: this.deviation,
      Min: this.min,
      Max: this.max,
      Sum: this.sum,
    })
  }
}

type Summary = Pick<HistogramData, 'Count' | 'Avg' | 'StdDev' | 'Min' | 'Max' | 'Sum'>

const summary = (title: string, { Count, Avg, StdDev, Min, Max, Sum }: Summary): string =>
  `${title} : count ${Count} avg ${goFloat(Avg, 8)} +/- ${goFloat(StdDev, 4)} min ${goFloat(Min)} max ${goFloat(Max)} sum ${goFloat(Sum, 9)}\n`

export interface Bucket {
  Start: number
  End: number
  /** Of all values, up to the bucket's end. */
  Percent: number
  Count: number
}

/** As fortio's JSON has it. */
export interface HistogramData {
  Count: number
  Min: number
  Max: number
  Sum: number
  Avg: number
  StdDev: number
  Data: Bucket[] | null
  Percentiles?: { Percentile: number; Value: number }[]
}

export class Histogram {
  readonly counter = new Counter()
  readonly #offset: number
  readonly #divider: number
  readonly #counts: number[] = Array.from({ length: ENDS.length + 1 }, () => 0)

  constructor(offset: number, divider: number) {
    this.#offset = offset
    this.#divider = divider
  }

  /** How many were not above the offset. */
  get belowOffset(): number {
    return this.#counts[0] ?? 0
  }

  record(value: number): void {
    this.counter.record(value)
    const index = this.#bucketOf((value - this.#offset) / this.#divider)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  /** A value on a bucket's end belongs to it. */
  #bucketOf(scaled: number): number {
    if (scaled <= 0) return 0
    if (scaled > LAST_END) return ENDS.length
    const whole = Math.floor(scaled)
    const inside = scaled - whole < 1e-12 ? whole - 1 : whole
    return ENDS.findIndex(end => end > inside)
  }

  add(other: Histogram): void {
    this.counter.add(other.counter)
    for (const [index, count] of other.#counts.entries())
      this.#counts[index] = (this.#counts[index] ?? 0) + count
  }

  export(percentiles: readonly number[] = []): HistogramData {
    const { count, min, max, sum, average, deviation } = this.counter
    const buckets = this.#buckets()
    const data: HistogramData = {
      Count: count,
      Min: min,
      Max: max,
      Sum: sum,
      Avg: average,
      StdDev: deviation,
      Data: buckets.length === 0 ? null : buckets,
    }
    if (count === 0 || percentiles.length === 0) return data
    return {
      ...data,
      Percentiles: percentiles.map(wanted => ({ Percentile: wanted, Value: percentile(data, wanted) })),
    }
  }

  #buckets(): Bucket[] {
    const { count, min, max } = this.counter
    const buckets: Bucket[] = []
    let total = 0
    let previous = ENDS[0] ?? 0
    for (const [index, own] of this.#counts.entries()) {
      const end = ENDS[index]
      if (own > 0) {
        total += own
        buckets.push({
          Start: buckets.length === 0 ? min : this.#divider * previous + this.#offset,
          End: end === undefined ? max : this.#divider * end + this.#offset,
          Percent: (100 * total) / count,
          Count: own,
        })
      }
      if (end !== undefined) previous = end
    }
    const last = buckets.at(-1)
    if (last) last.End = max
    return buckets
  }
}

/** Linear inside a bucket; the first value is the smallest one's share. */
export function percentile({ Count, Min, Max, Data }: HistogramData, wanted: number): number {
  if (wanted >= 100) return Max
  let before = 100 / Count
  if (wanted <= before) return Min
  for (const { Start, End, Percent } of Data ?? []) {
    if (wanted <= Percent) return Start + ((wanted - before) / (Percent - before)) * (End - Start)
    before = Percent
  }
  return Max
}

/** The histogram as text. */
export function printed(data: HistogramData, title: string): string {
  if (data.Data === null) return `${title} : no data\n`
  const buckets = data.Data.map(
    ({ Start, End, Percent, Count }, index) =>
      `${index === 0 ? '>=' : '>'} ${goFloat(Start, 6)} <= ${goFloat(End, 6)} , ${goFloat((Start + End) / 2, 6)} , ${Percent.toFixed(2)}, ${Count}\n`,
  )
  return `${summary(title, data)}# range, mid point, percentile, count\n${buckets.join('')}${targets(data)}`
}

export const targets = ({ Percentiles = [] }: HistogramData): string =>
  Percentiles.map(({ Percentile, Value }) => `# target ${goFloat(Percentile)}% ${goFloat(Value, 6)}\n`).join(
    '',
  )
