import { describe, expect, it } from 'vitest'
import { formatQuantity, sumQuantities } from './quantity.ts'

describe('a sum of quantities', () => {
  it('is written with the suffix family of the first', () => {
    expect(formatQuantity(sumQuantities(['600m', '400m', undefined]))).toBe('1')
    expect(formatQuantity(sumQuantities(['600m', '600m']))).toBe('1200m')
    expect(formatQuantity(sumQuantities(['64Mi', '64Mi']))).toBe('128Mi')
    expect(formatQuantity(sumQuantities([]))).toBe('0')
  })

  it('leaves out what is no quantity', () => {
    expect(formatQuantity(sumQuantities(['1', 'many', '2']))).toBe('3')
  })
})
