/**
 * The string formats a CRD schema may ask for; unknown ones are ignored, as upstream strips them
 * (k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go).
 */
import { isIPv4, isIPv6 } from 'node:net'

const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)

const isCidr = (text: string): boolean => {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128)
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  cidr: isCidr,
  date: matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/),
  datetime: text => RFC3339.test(text) && !Number.isNaN(Date.parse(text)),
  duration: matches(/^[-+]?(\d+(\.\d+)?\s?(ns|us|µs|ms|s|m|h|d|w))+$/),
  email: matches(/^[^@\s]+@[^@\s]+$/),
  hostname: matches(/^[a-zA-Z0-9]([-a-zA-Z0-9]{0,62}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,62})?)*$/),
  ipv4: isIPv4,
  ipv6: isIPv6,
  mac: matches(/^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/),
  uri: text => URL.canParse(text) || text.startsWith('/'),
  uuid: matches(UUID),
  uuid3: matches(UUID),
  uuid4: matches(UUID),
  uuid5: matches(UUID),
}

/** True when the text has the format, or nobody knows the format. */
export const hasFormat = (format: string, text: string): boolean => {
  const name = format.replaceAll('-', '')
  return !Object.hasOwn(FORMATS, name) || FORMATS[name]?.(text) === true
}

/** Whether a schema with this format takes any string without looking at its type (kube-openapi's type validator). */
export const isStringFormat = (format: string): boolean => Object.hasOwn(FORMATS, format.replaceAll('-', ''))
