/**
 * Resource quantities (`100m`, `64Mi`, `1e3`) as exact numbers of nano-units, and back in the canonical form of
 * apimachinery's `resource.Quantity`: the suffix family of what was added first is kept.
 */
export type Format = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  nano: bigint
  format: Format
}

const NANO = 1_000_000_000n
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const DECIMAL: readonly [string, number][] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]
const SYNTAX = /^([+-]?)(\d+)?(?:\.(\d*))?((?:[KMGTPE]i|[numkMGTPE])|[eE][+-]?\d+)?$/

/** Undefined when the text is no quantity. Finer than nano is rounded up, as upstream. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const match = SYNTAX.exec(String(text))
  if (!match || (match[2] === undefined && !match[3])) return undefined
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  const digits = BigInt(whole + fraction)
  const negative = sign === '-' ? -1n : 1n
  const power = BINARY.indexOf(suffix)
  if (power >= 0)
    return {
      nano: negative * ceilDivide(digits * 1024n ** BigInt(power + 1) * NANO, 10n ** BigInt(fraction.length)),
      format: 'BinarySI',
    }
  const named = DECIMAL.find(([name]) => name === suffix)
  const exponent = (named ? named[1] : Number(suffix.slice(1))) + 9 - fraction.length
  const nano = exponent >= 0 ? digits * 10n ** BigInt(exponent) : ceilDivide(digits, 10n ** BigInt(-exponent))
  return { nano: negative * nano, format: named ? 'DecimalSI' : 'DecimalExponent' }
}

const ceilDivide = (value: bigint, by: bigint): bigint => (value + by - 1n) / by

export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  if (format === 'BinarySI' && nano % NANO === 0n) {
    let value = nano / NANO
    let power = 0
    while (value % 1024n === 0n && power < BINARY.length) {
      value /= 1024n
      power++
    }
    if (nano / NANO >= 1024n || nano / NANO <= -1024n)
      return `${value}${power === 0 ? '' : BINARY[power - 1]}`
  }
  let value = nano
  let exponent = -9
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n
    exponent += 3
  }
  if (format === 'DecimalExponent') return exponent === 0 ? String(value) : `${value}e${exponent}`
  return `${value}${DECIMAL.find(([, power]) => power === exponent)?.[0] ?? ''}`
}

export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nano: a.nano + b.nano,
  format: a.nano === 0n ? b.format : a.format,
})

/** Adds texts; what is no quantity counts nothing. */
export function sumQuantities(texts: Iterable<string | number | undefined>): Quantity {
  let total: Quantity = { nano: 0n, format: 'DecimalSI' }
  for (const text of texts) {
    const quantity = text === undefined ? undefined : parseQuantity(text)
    if (quantity) total = addQuantities(total, quantity)
  }
  return total
}
