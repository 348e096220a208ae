/** Durations: Go's notation in Istio's configuration, seconds in proto3 JSON for Envoy. */

const UNIT_NANOSECONDS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}
const TERM = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Nanoseconds of a Go duration (`1h2m3s`, `0.5s`, `-1s`); undefined when it is none. */
export function parseNanoseconds(text: string): number | undefined {
  if (text === '0') return 0
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  let total = 0
  TERM.lastIndex = 0
  while (TERM.lastIndex < body.length) {
    const term = TERM.exec(body)
    if (!term) return undefined
    total += Number(term[1]) * (UNIT_NANOSECONDS[term[2] ?? ''] ?? 0)
  }
  if (body === '') return undefined
  return negative ? -Math.round(total) : Math.round(total)
}

/** Whole seconds of a Go duration, rounded down; undefined when it is none. */
export function wholeSeconds(text: string | undefined): number | undefined {
  const nanoseconds = text === undefined ? undefined : parseNanoseconds(text)
  return nanoseconds === undefined ? undefined : Math.trunc(nanoseconds / 1e9)
}

/** A Go duration as proto3 JSON (`3723s`, `0.500s`); undefined when it is none. */
export function protoDuration(text: string | undefined): string | undefined {
  const nanoseconds = text === undefined ? undefined : parseNanoseconds(text)
  if (nanoseconds === undefined) return undefined
  const sign = nanoseconds < 0 ? '-' : ''
  const absolute = Math.abs(nanoseconds)
  const seconds = Math.trunc(absolute / 1e9)
  const rest = absolute - seconds * 1e9
  if (rest === 0) return `${sign}${seconds}s`
  const digits = String(rest).padStart(9, '0')
  const width = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9
  return `${sign}${seconds}.${digits.slice(0, width)}s`
}
