/** Sums of resource quantities; parsing and the canonical text are the API server's. */
import { parseQuantity, type Quantity } from '../apiserver/schema/quantity.ts'

export { formatQuantity, parseQuantity, type Quantity } from '../apiserver/schema/quantity.ts'

export const NONE: Quantity = { nano: 0n, format: 'decimal' }

/** As upstream, a sum keeps the suffix family of what came first. */
export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nano: a.nano + b.nano,
  format: a.nano === 0n ? b.format : a.format,
})

/** Adds texts; what is no quantity counts nothing. */
export const sumQuantities = (texts: Iterable<string | undefined>): Quantity =>
  [...texts].reduce<Quantity>(
    (total, text) => addQuantities(total, (text === undefined ? undefined : parseQuantity(text)) ?? NONE),
    NONE,
  )
