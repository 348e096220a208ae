/** Hands out the addresses of POD_CIDR, in order, so that a freed one is not reused at once (as host-local IPAM does). */
import { POD_CIDR, type PodIp } from './contract.ts'

const [base = '', prefixLength = ''] = POD_CIDR.split('/')
const FIRST = toNumber(base) + 2
const LAST = toNumber(base) + 2 ** (32 - Number(prefixLength)) - 2

/** The range is used up. */
export class AddressesExhaustedError extends Error {
  override readonly name = 'AddressesExhaustedError'
}

/** Pod uid → address. */
export class PodAddresses {
  #byUid = new Map<string, number>()
  #taken = new Set<number>()
  #next = FIRST

  /** The pod's address: the one it has, else `wanted` if that is free and in range, else the next free one. */
  allocate(podUid: string, wanted?: PodIp): PodIp {
    const held = this.#byUid.get(podUid)
    if (held !== undefined) return toAddress(held)
    const address = this.#pick(wanted === undefined ? undefined : toNumber(wanted))
    this.#byUid.set(podUid, address)
    this.#taken.add(address)
    return toAddress(address)
  }

  /** The freed address, or undefined if the pod had none. */
  release(podUid: string): PodIp | undefined {
    const address = this.#byUid.get(podUid)
    if (address === undefined) return undefined
    this.#byUid.delete(podUid)
    this.#taken.delete(address)
    return toAddress(address)
  }

  #pick(wanted: number | undefined): number {
    if (wanted !== undefined && wanted >= FIRST && wanted <= LAST && !this.#taken.has(wanted)) {
      this.#next = Math.max(this.#next, wanted + 1 > LAST ? FIRST : wanted + 1)
      return wanted
    }
    if (this.#taken.size > LAST - FIRST) {
      throw new AddressesExhaustedError(
        `no IP addresses available in range set: ${POD_CIDR}; delete some pods`,
      )
    }
    while (this.#taken.has(this.#next)) this.#next = this.#next >= LAST ? FIRST : this.#next + 1
    const address = this.#next
    this.#next = address >= LAST ? FIRST : address + 1
    return address
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
}
