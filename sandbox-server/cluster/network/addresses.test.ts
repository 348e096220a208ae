import { describe, expect, it } from 'vitest'
import { PodAddresses } from './addresses.ts'

describe('pod addresses', () => {
  it('does not hand out a released address before the range has come round', () => {
    const addresses = new PodAddresses()
    expect(addresses.allocate('a')).toBe('10.244.0.2')
    expect(addresses.release('a')).toBe('10.244.0.2')
    expect(addresses.allocate('b')).toBe('10.244.0.3')
  })

  it('gives another address when the wanted one is taken or outside the range', () => {
    const addresses = new PodAddresses()
    addresses.allocate('a', '10.244.3.4')
    expect(addresses.allocate('b', '10.244.3.4')).toBe('10.244.3.5')
    expect(addresses.allocate('c', '192.0.2.1')).toBe('10.244.3.6')
  })

  it('uses every address of the range once, then says that it is used up', () => {
    const addresses = new PodAddresses()
    const given = new Set<string>()
    for (let pod = 0; pod < 65_533; pod++)
      given.add(addresses.allocate(`pod-${pod}`, pod === 0 ? '10.244.9.9' : undefined))
    expect(given.size).toBe(65_533)
    expect(() => addresses.allocate('one-more')).toThrow(
      'no IP addresses available in range set: 10.244.0.0/16',
    )
  })
})
