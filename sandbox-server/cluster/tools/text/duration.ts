/** Durations as Go reads and writes them. */

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** `1h2m3.5s` in milliseconds; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0
  const sign = text.startsWith('-') ? -1 : 1
  const body = text.replace(/^[-+]/, '')
  if (!/^((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(body)) return undefined
  let sum = 0
  for (const [, number = '0', , unit = 's'] of body.matchAll(/(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * (UNITS_MS[unit] ?? 0)
  return sign * sum
}

/** Go's Duration.String of whole nanoseconds, e.g. `1.5s`, `309.418139ms`, `2m0s`. */
export function durationText(nanoseconds: number): string {
  const ns = Math.round(nanoseconds)
  if (ns === 0) return '0s'
  if (ns < 0) return `-${durationText(-ns)}`
  if (ns < 1e3) return `${ns}ns`
  if (ns < 1e6) return `${decimal(ns, 3)}µs`
  if (ns < 1e9) return `${decimal(ns, 6)}ms`
  const minutes = Math.floor(ns / 60e9)
  const seconds = `${decimal(ns - minutes * 60e9, 9)}s`
  if (minutes === 0) return seconds
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}

/** `value / 10^digits` without trailing zeros. */
function decimal(value: number, digits: number): string {
  const whole = Math.floor(value / 10 ** digits)
  const rest = String(value - whole * 10 ** digits)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return rest === '' ? String(whole) : `${whole}.${rest}`
}
