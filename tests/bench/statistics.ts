/** Medians and spreads of repeated measurements, as a table for people. */

export interface Measurement {
  name: string
  unit: 'ms' | 'MB' | '%'
  values: readonly number[]
  /** What we want; the table says by how much it is missed. */
  goal?: number
}

const DIGITS = { ms: 0, MB: 1, '%': 2 }

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function formatMeasurement({ name, unit, values, goal }: Measurement): string {
  const middle = median(values)
  const verdict = goal === undefined ? '' : middle <= goal ? `goal ≤ ${goal} met` : `goal ≤ ${goal} MISSED`
  const number = (value: number) => value.toFixed(DIGITS[unit]).padStart(7)
  return `${name.padEnd(44)} ${number(middle)} ${unit}  (${number(Math.min(...values)).trim()} – ${number(Math.max(...values)).trim()}, n=${values.length})  ${verdict}`
}
