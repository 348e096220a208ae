import { describe, expect, it } from 'vitest'
import { formatQuantity, parseQuantity, sumQuantities } from './quantity.ts'

const canonical = (text: string): string | undefined => {
  const quantity = parseQuantity(text)
  return quantity && formatQuantity(quantity)
}

describe('a quantity', () => {
  it.each([
    ['1', '1'],
    ['0', '0'],
    ['600m', '600m'],
    ['1000m', '1'],
    ['1.5', '1500m'],
    ['0.1', '100m'],
    ['128Mi', '128Mi'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000', '1k'],
    ['1500k', '1500k'],
    ['1e3', '1e3'],
    ['100', '100'],
    ['.5', '500m'],
    ['-250m', '-250m'],
    ['1n', '1n'],
  ])('%s is written %s', (text, expected) => expect(canonical(text)).toBe(expected))

  it.each(['', 'abc', '1.2.3', '1 Gi', 'Mi', '.'])('"%s" is none', text =>
    expect(parseQuantity(text)).toBeUndefined(),
  )

  it('sums keep the suffix family of the first', () => {
    expect(formatQuantity(sumQuantities(['600m', '400m', undefined]))).toBe('1')
    expect(formatQuantity(sumQuantities(['64Mi', '64Mi']))).toBe('128Mi')
    expect(formatQuantity(sumQuantities([]))).toBe('0')
  })
})
