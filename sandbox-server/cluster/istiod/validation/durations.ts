/** Durations as Go's time.ParseDuration reads them, and what istiod wants of them. */
import type { GoError } from './go-error.ts'
import { q } from './go-error.ts'
import { isMessage, type Message } from './reading.ts'

/** Thrown for a value protobuf cannot decode; istiod answers `error decoding configuration: <message>`. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const invalidDuration = (text: string): DecodeError =>
  new DecodeError(`bad Duration: time: invalid duration ${q(text)}`)

/** Nanoseconds; throws a DecodeError in Go's words. */
export const parseDurationNs = (text: string): bigint => {
  let rest = text.replace(/^[-+]/, '')
  if (rest === '0') return 0n
  if (rest === '') throw invalidDuration(text)
  let total = 0n
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest)
    const [all = '', whole = '', fraction = '', unit = ''] = match ?? []
    if (whole === '' && fraction === '') throw invalidDuration(text)
    if (unit === '') throw new DecodeError(`bad Duration: time: missing unit in duration ${q(text)}`)
    const scale = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined
    if (scale === undefined) {
      throw new DecodeError(`bad Duration: time: unknown unit ${q(unit)} in duration ${q(text)}`)
    }
    total += BigInt(whole || '0') * scale
    const digits = fraction.slice(0, 18)
    if (digits !== '') total += (BigInt(digits) * scale) / 10n ** BigInt(digits.length)
    rest = rest.slice(all.length)
  }
  return text.startsWith('-') ? -total : total
}

/** Durations which the CRD does not check: the parent field and theirs. */
const UNCHECKED: Readonly<Record<string, readonly string[]>> = {
  backendUtilization: ['weightStabilizationPeriod', 'weightExpirationPeriod', 'weightUpdatePeriod'],
  http: ['idleTimeout'],
  httpCookie: ['ttl'],
  retryBudget: ['budgetInterval'],
  tcp: ['idleTimeout'],
}

/** Throws a DecodeError for a duration in the spec that the schema lets pass and protobuf does not. */
export const decodeDurations = (value: unknown, parent = ''): void => {
  if (Array.isArray(value)) {
    for (const item of value) decodeDurations(item, parent)
    return
  }
  if (!isMessage(value)) return
  const durations = Object.hasOwn(UNCHECKED, parent) ? UNCHECKED[parent] : undefined
  for (const field of durations ?? []) durationNs(value, field)
  for (const [field, part] of Object.entries(value)) decodeDurations(part, field)
}

/** The field's nanoseconds, undefined when it is absent. */
export const durationNs = (message: Message | undefined, field: string): bigint | undefined => {
  const value = message?.[field]
  return typeof value === 'string' ? parseDurationNs(value) : undefined
}

const MS = 1_000_000n

export const checkDuration = (ns: bigint | undefined): GoError => {
  if (ns === undefined) return undefined
  if (ns < MS) return 'duration must be greater than 1ms'
  return ns % MS === 0n ? undefined : 'only durations to ms precision are supported'
}
