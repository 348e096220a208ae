/** Messages whose JSON form is not an object of their fields: times, quantities, numbers or text, raw JSON. */
import { JsonSyntaxError, parseJson } from '../decoding/go-json.ts'
import type { JsonObject } from '../json.ts'
import { WireError } from './wire.ts'

/** The second at which Go's zero time.Time stands: absence. */
const ZERO_TIME_SECONDS = -62_135_596_800
const LAST_SECOND = 253_402_300_799
const NANOSECONDS_PER_MICROSECOND = 1000

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** RFC 3339 with whole seconds; undefined for the zero time. Nanoseconds are dropped, as metav1.Time does. */
function time(message: JsonObject): string | undefined {
  // An empty message is the zero time; a message with a zero in it is 1970.
  if (message.seconds === undefined && message.nanos === undefined) return undefined
  const seconds = numberOf(message.seconds)
  if (seconds === ZERO_TIME_SECONDS) return undefined
  if (seconds < ZERO_TIME_SECONDS || seconds > LAST_SECOND) {
    throw new WireError('Time.MarshalJSON: year outside of range [0,9999]')
  }
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** RFC 3339 with microseconds, as metav1.MicroTime. */
function microTime(message: JsonObject): string | undefined {
  const extraSeconds = Math.floor(numberOf(message.nanos) / 1e9)
  const nanos = numberOf(message.nanos) - extraSeconds * 1e9
  const whole = time({ ...message, seconds: numberOf(message.seconds) + extraSeconds })
  if (message.seconds === undefined && message.nanos === undefined) return undefined
  const micros = Math.trunc(nanos / NANOSECONDS_PER_MICROSECOND)
  return whole?.replace('Z', `.${String(micros).padStart(6, '0')}Z`)
}

/** A number or a text; what is neither is refused as Go refuses to write it. */
function intOrString({ type = 0, intVal = 0, strVal = '' }: JsonObject): unknown {
  if (type === 0) return intVal
  if (type === 1) return strVal
  throw new WireError('impossible IntOrString.Type')
}

/** The JSON that travels as bytes; null for none. */
function rawJson({ raw = '' }: JsonObject): unknown {
  const text = Buffer.from(String(raw), 'base64').toString()
  if (text === '') return null
  try {
    return parseJson(text).value
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new WireError(error.message)
    throw error
  }
}

/** How a well-known message becomes JSON; undefined is absence. */
export const CONVERSIONS: ReadonlyMap<string, (message: JsonObject) => unknown> = new Map([
  ['Time', time],
  ['MicroTime', microTime],
  ['Quantity', ({ string = '0' }: JsonObject): unknown => string],
  ['IntOrString', intOrString],
  ['json', rawJson],
  ['RawExtension', rawJson],
])
