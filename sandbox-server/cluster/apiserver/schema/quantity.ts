/** Quantities (`100m`, `1Gi`, `1e3`): parsing, canonical text and arithmetic, after k8s.io/apimachinery's resource. */

export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const NANO = 1_000_000_000n

type Format = 'decimal' | 'binary' | 'exponent'

export interface Quantity {
  /** The value in billionths. */
  nano: bigint
  format: Format
}

/** Undefined when the text is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = QUANTITY.exec(text)
  if (!match) return undefined
  const [, sign = '', digits = '0', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  let numerator = BigInt(`${whole}${fraction}` || '0') * NANO
  let denominator = 10n ** BigInt(fraction.length)
  let format: Format = 'decimal'
  const binary = suffix === '' ? -1 : BINARY.indexOf(suffix)
  if (binary > 0) {
    numerator *= 1024n ** BigInt(binary)
    format = 'binary'
  } else if (/^[eE][+-]?\d/.test(suffix)) {
    const exponent = Number(suffix.slice(1))
    if (Math.abs(exponent) > 100) return undefined
    format = 'exponent'
    if (exponent >= 0) numerator *= 10n ** BigInt(exponent)
    else denominator *= 10n ** BigInt(-exponent)
  } else {
    const power = (DECIMAL.indexOf(suffix) - 3) * 3
    if (power >= 0) numerator *= 10n ** BigInt(power)
    else denominator *= 10n ** BigInt(-power)
  }
  let nano = numerator / denominator
  if (nano * denominator !== numerator) nano += 1n
  return { nano: sign === '-' ? -nano : nano, format }
}

/** The canonical text: the largest suffix without a fraction. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  if (format === 'binary' && nano % NANO === 0n) {
    let value = nano / NANO
    if (value >= 1024n || value <= -1024n || value % 1n === 0n) {
      let power = 0
      while (power < BINARY.length - 1 && value % 1024n === 0n) {
        value /= 1024n
        power++
      }
      return `${value}${BINARY[power]}`
    }
  }
  let value = nano
  let power = 0
  while (power < DECIMAL.length - 1 && value % 1000n === 0n) {
    value /= 1000n
    power++
  }
  if (format !== 'exponent') return `${value}${DECIMAL[power]}`
  const exponent = (power - 3) * 3
  return exponent === 0 ? `${value}` : `${value}e${exponent}`
}

/** The canonical text of a quantity, undefined when it is none. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text)
  return quantity && formatQuantity(quantity)
}

/** Billionths of a quantity's text; 0 when absent or unreadable. */
export const nanoOf = (text: unknown): bigint =>
  typeof text === 'string' ? (parseQuantity(text)?.nano ?? 0n) : 0n
