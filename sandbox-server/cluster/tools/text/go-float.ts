/** Floating point numbers as Go's fmt prints them. */

const SHORTEST_PRECISION = 6

/** `%g`, or `%.Ng` with a precision: exponents below -4 and from the precision (6 for the shortest form) on. */
export function goFloat(value: number, precision?: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return '0'
  const [mantissa = '', exponentText = '0'] = (
    precision === undefined ? value.toExponential() : value.toExponential(Math.max(precision, 1) - 1)
  ).split('e')
  const exponent = Number(exponentText)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '').replace(/0+$/, '') || '0'
  const isLarge = exponent >= (precision ?? SHORTEST_PRECISION)
  if (exponent < -4 || isLarge) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const power = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${digits.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${power}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}
