/**
 * Addresses for the hosts of ServiceEntries that name none, written into their status
 * (`pilot/pkg/controllers/ipallocate` upstream): 240.240.0.n and 2001:2::n, n counting up.
 */
import type { Api, ApiObject, GroupResource } from '../../apiserver/api.ts'
import type { Disposable } from '../../lifecycle.ts'

const SERVICE_ENTRIES: GroupResource = { group: 'networking.istio.io', resource: 'serviceentries' }
const OPT_OUT_LABEL = 'networking.istio.io/enable-autoallocate-ip'
const LAST_NUMBER = 0xfffe
const AS_ISTIOD = { fieldManager: 'pilot-discovery' }

interface HostAddress {
  host: string
  value: string
}

/** Writes outside the watch's turn, so that whoever created the object has its answer first. */
export function startServiceEntryAddresses(api: Api, onWarning: (line: string) => void): Disposable {
  const numbers = new AddressNumbers()
  const waiting = new Set<string>()
  let scheduled: NodeJS.Immediate | undefined
  const reconcileAll = () => {
    scheduled = undefined
    for (const key of waiting) {
      waiting.delete(key)
      const [namespace = '', name = ''] = key.split('/')
      try {
        const entry = api.get(SERVICE_ENTRIES, namespace, name)
        const status = entry && statusWithAddresses(entry, numbers)
        if (entry && status) api.updateStatus(SERVICE_ENTRIES, { ...entry, status }, AS_ISTIOD)
      } catch (error) {
        onWarning(`no addresses for ServiceEntry ${key}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  const watch = api.watch(SERVICE_ENTRIES, ({ type, object }) => {
    numbers.take(addressesOf(object))
    if (type === 'DELETED') return
    waiting.add(`${object.metadata.namespace}/${object.metadata.name}`)
    scheduled ??= setImmediate(reconcileAll)
  })
  return {
    dispose() {
      watch.dispose()
      clearImmediate(scheduled)
    },
  }
}

/** Numbers that were given are not given again while this istiod runs. */
export class AddressNumbers {
  #taken = new Set<number>()
  #last = 0

  take(addresses: readonly HostAddress[]): void {
    for (const { value } of addresses) {
      const [, high, low] = /^240\.240\.(\d+)\.(\d+)$/.exec(value) ?? []
      if (high !== undefined) this.#taken.add(Number(high) * 256 + Number(low))
    }
  }

  /** undefined when the range is used up. */
  next(): number | undefined {
    while (this.#last < LAST_NUMBER) {
      if (!this.#taken.has(++this.#last)) return this.#last
    }
    return undefined
  }
}

/** The status to write; undefined when every host that should have an address has it. */
export function statusWithAddresses(
  entry: ApiObject,
  numbers: AddressNumbers,
): Record<string, unknown> | undefined {
  if (!wantsAddresses(entry)) return undefined
  const present = addressesOf(entry)
  const hosts = [...new Set(stringsOf(specOf(entry).hosts))].filter(host => !host.includes('*'))
  const wanted = hosts.flatMap(host => {
    const own = present.filter(address => address.host === host)
    return own.length > 0 ? own : newAddresses(host, numbers)
  })
  const same =
    wanted.length === present.length &&
    wanted.every(({ host, value }) => present.some(other => other.host === host && other.value === value))
  return same ? undefined : { ...mapOf(entry.status), addresses: wanted }
}

function newAddresses(host: string, numbers: AddressNumbers): HostAddress[] {
  const number = numbers.next()
  if (number === undefined) return []
  return [
    { host, value: `240.240.${number >> 8}.${number & 0xff}` },
    { host, value: `2001:2::${number.toString(16)}` },
  ]
}

/** An address cannot be honoured without resolution; one of the user's own, or the label, comes first. */
function wantsAddresses(entry: ApiObject): boolean {
  const { resolution = 'NONE', addresses } = specOf(entry)
  const optedOut = entry.metadata.labels?.[OPT_OUT_LABEL]?.toLowerCase() === 'false'
  return (
    resolution !== 'NONE' &&
    !optedOut &&
    stringsOf(addresses).length === 0 &&
    entry.metadata.deletionTimestamp === undefined
  )
}

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const specOf = (entry: ApiObject): Record<string, unknown> => mapOf(entry.spec)

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string') : []

function addressesOf(entry: ApiObject): HostAddress[] {
  const { addresses } = mapOf(entry.status)
  if (!Array.isArray(addresses)) return []
  return addresses
    .map(mapOf)
    .flatMap(({ host, value }) =>
      typeof host === 'string' && typeof value === 'string' ? [{ host, value }] : [],
    )
}
